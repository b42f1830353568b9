import Testing

@Suite("Names and places")
struct NameTests {
    @Test("The rules see the tree, so that none of them passes on nothing")
    func treeIsSeen() {
        #expect(Repository.rooms.contains("TrialModel"))
        #expect(Repository.sources.contains { $0.room == "TrialModel" })
        #expect(Repository.sources.contains { $0.path == "Tests/RepositoryTests/NameTests.swift" })
    }

    @Test("Nothing is called Utils, Helpers, Manager or Common", arguments: Repository.places)
    func namesSayWhatThingsAreFor(place: String) {
        expectNone(Repository.sources.filter { $0.path.hasPrefix(place + "/") }.flatMap(NameRule.findings))
    }

    @Test(
        "An empty name is found in files, folders and types",
        arguments: [
            ("Sources/SyncClient/StringUtils.swift", ""),
            ("Sources/SyncClient/String+Helpers.swift", ""),
            ("Sources/SyncClient/Common/A.swift", ""),
            ("Sources/SyncClient/A.swift", "public final class SyncManager {}"),
            ("Sources/SyncClient/A.swift", "typealias TestHelper = Int"),
        ])
    func emptyNamesAreFound(path: String, code: String) {
        #expect(NameRule.findings(in: SourceFile(path: path, text: code)).map(\.line) == [1])
    }

    @Test("Types of other people may be extended and used")
    func foreignTypesPass() {
        let file = SourceFile(
            path: "Sources/A/FileManager+Copy.swift", text: "extension FileManager {}\nstruct Commons {}")
        #expect(NameRule.findings(in: file).isEmpty)
    }

    @Test("Every room has its tests in Tests/ROOMTests, and every test folder its room")
    func testsMirrorSources() {
        expectNone(MirrorRule.findings(rooms: Repository.rooms, tests: Repository.folders(in: "Tests")))
    }

    @Test("A room without tests and tests without a room are found")
    func brokenMirrorsAreFound() {
        let findings = MirrorRule.findings(
            rooms: ["TrialModel", "Attic", "CZstd"],
            tests: ["TrialModelTests", "CellarTests", "EndToEndTests"])
        #expect(findings.map(\.path) == ["Sources/Attic", "Tests/CellarTests"])
    }
}
