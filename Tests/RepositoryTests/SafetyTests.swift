import Testing

@Suite("What is taken on trust")
struct SafetyTests {
    @Test("No try! outside tests, no unexplained @unchecked Sendable", arguments: Repository.places)
    func nothingIsTakenOnTrust(place: String) {
        expectNone(Repository.sources.filter { $0.path.hasPrefix(place + "/") }.flatMap(SafetyRule.findings))
    }

    @Test("try! is found where it ships, and passes in a test")
    func forcedTriesAreFound() {
        let code = "\nlet a = try! b()"
        #expect(
            SafetyRule.findings(in: SourceFile(path: "Sources/SyncClient/A.swift", text: code)).map(\.line)
                == [2])
        #expect(
            SafetyRule.findings(in: SourceFile(path: "Tests/SyncClientTests/A.swift", text: code)).isEmpty)
    }

    @Test(
        "@unchecked Sendable needs its reason on the same line or the line before",
        arguments: [
            ("\n\nfinal class A: @unchecked Sendable {}", [3]),
            ("// Why.\n\nfinal class A: @unchecked Sendable {}", [3]),
            ("// Guarded by a lock.\nfinal class A: @unchecked Sendable {}", []),
            ("final class A: @unchecked Sendable {}  // Guarded by a lock.", []),
            ("let text = \"@unchecked Sendable\"", []),
        ])
    func uncheckedSendableNeedsAReason(code: String, lines: [Int]) {
        let file = SourceFile(path: "Tests/A.swift", text: code)
        #expect(SafetyRule.findings(in: file).map(\.line) == lines)
    }
}
