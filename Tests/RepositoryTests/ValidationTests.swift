import Testing

@Suite("The tests that the requirements table names")
struct ValidationTests {
    private static let page = "docs/validation.md"
    private static let tests = Repository.sources.filter { $0.path.hasPrefix("Tests/") }.compactMap {
        Repository.text(of: $0.path)
    }

    @Test("Each is there")
    func namedTestsExist() throws {
        let text = try #require(Repository.text(of: Self.page))
        #expect(ValidationRule.names(in: text).count > 40)
        expectNone(ValidationRule.findings(in: text, at: Self.page, tests: Self.tests))
    }

    @Test("One that is gone, or stands in another suite, is found")
    func missingTestsAreFound() {
        let tests = ["struct ATests {\n func one() {}", "struct BTests {\n func two() {}"]
        func lines(_ text: String) -> [Int] {
            ValidationRule.findings(in: text, at: "p.md", tests: tests).map(\.line)
        }
        #expect(lines("`ATests/one` and `BTests/two`, `docs/one`, ATests/three") == [])
        #expect(lines("x\n`ATests/two`") == [2])
        #expect(lines("`CTests/one` `ATests/none`") == [1, 1])
    }
}
