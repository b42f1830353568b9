import Testing

@Suite("What the rooms keep to themselves")
struct PurityTests {
    @Test("Pure rooms take clock, ids and randomness as parameters", arguments: HiddenInputRule.pureRooms)
    func pureRoomsHaveNoHiddenInputs(room: String) {
        expectNone(Repository.sources.filter { $0.room == room }.flatMap(HiddenInputRule.findings))
    }

    @Test(
        "A hidden input is found",
        arguments: [
            "let now = Date()", "let id = UUID().uuidString", "try await Task.sleep(for: delay)", "Date.now",
            "var random = SystemRandomNumberGenerator()", "ProcessInfo.processInfo.environment",
        ])
    func hiddenInputsAreFound(code: String) {
        let pure = SourceFile(path: "Sources/SyncProtocol/A.swift", text: code)
        #expect(HiddenInputRule.findings(in: pure).map(\.line) == [1])
        let other = SourceFile(path: "Sources/SyncClient/A.swift", text: code)
        #expect(HiddenInputRule.findings(in: other).isEmpty)
    }

    @Test(
        "A type whose name ends like a hidden input is none",
        arguments: ["CalendarDate()", "/// Never `Date()`."])
    func likeNamesPass(code: String) {
        let file = SourceFile(path: "Sources/TrialModel/A.swift", text: code)
        #expect(HiddenInputRule.findings(in: file).isEmpty)
    }

    @Test("SQL stands in TrialStore alone", arguments: Repository.rooms)
    func sqlStandsInTheStore(room: String) {
        expectNone(Repository.sources.filter { $0.room == room }.flatMap(SQLRule.findings))
    }

    @Test(
        "SQL in a string is found outside TrialStore",
        arguments: [
            #"try run("SELECT name FROM people")"#, #"let text = "INSERT OR REPLACE INTO a VALUES (1)""#,
            #"run("UPDATE \(table) SET a = 1")"#, #"run("DELETE FROM a")"#, #"run("CREATE TABLE a (b)")"#,
            "let text = \"\"\"\n    SELECT *\n    FROM a\n    \"\"\"",
        ])
    func sqlIsFound(code: String) {
        let server = SourceFile(path: "Sources/SyncServer/A.swift", text: code)
        #expect(SQLRule.findings(in: server).map(\.line) == [1])
        let store = SourceFile(path: "Sources/TrialStore/A.swift", text: code)
        #expect(SQLRule.findings(in: store).isEmpty)
    }

    @Test(
        "Prose is no SQL",
        arguments: [#""Select a form FROM the list""#, #""UPDATED""#, "// SELECT a FROM b"])
    func prosePasses(code: String) {
        let file = SourceFile(path: "Sources/SyncServer/A.swift", text: code)
        #expect(SQLRule.findings(in: file).isEmpty)
    }
}
