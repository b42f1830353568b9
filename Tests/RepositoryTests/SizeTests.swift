import Testing

@Suite("How long things are")
struct SizeTests {
    @Test("Files, functions and lines keep within their limits", arguments: Repository.places)
    func sizesKeepWithinLimits(place: String) {
        expectNone(Repository.sources.filter { $0.path.hasPrefix(place + "/") }.flatMap(SizeRule.findings))
    }

    @Test("A file, a function and a line at the limit pass, and one more is found")
    func oneMoreThanTheLimitIsFound() {
        func findings(_ text: String) -> [Int] {
            SizeRule.findings(in: SourceFile(path: "Sources/TrialModel/A.swift", text: text)).map(\.line)
        }
        #expect(findings(String(repeating: "\n", count: SizeRule.fileLimitLines)) == [])
        #expect(findings(String(repeating: "\n", count: SizeRule.fileLimitLines + 1)) == [1])

        let line = String(repeating: "é", count: SizeRule.lineLimitCharacters)
        #expect(findings("\n" + line) == [])
        #expect(findings("\n" + line + "e") == [2])

        let body = String(repeating: "\n", count: SizeRule.functionLimitLines - 1)
        #expect(findings("\nfunc a() {\(body)}") == [])
        #expect(findings("\nfunc a() {\(body)\n}") == [2])
    }

    @Test("Functions are measured from keyword to closing brace, whatever stands between")
    func functionsAreMeasured() {
        let text = """
            protocol P {
                func none()
                init(a: Int)
                var b: Int { get }
            }
            struct S {
                func `init`() {}
                func closure(_ body: () -> Void = { print("}") }) async throws(Problem) -> [Int: Int] {
                    // }
                    let text = "\\(list.map { "{" }.joined())}"
                    return [1: list.first { $0 > 1 }]
                }
                init(_ a: Int) { self.init(a: a) }
                subscript(i: Int) -> Int {
                    0
                }
            }
            """
        let functions = FunctionScanner.functions(in: SourceFile(path: "A.swift", text: text))
        #expect(functions.map(\.name) == ["`init`", "closure", "init", "subscript"])
        #expect(functions.map(\.line) == [7, 8, 13, 14])
        #expect(functions.map(\.lineCount) == [1, 5, 1, 3])
    }
}
