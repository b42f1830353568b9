import Testing

@Suite("Which room imports what")
struct ImportTests {
    @Test("Each room imports only what is listed for it", arguments: Repository.rooms)
    func roomsImportWhatIsListed(room: String) {
        let files = (Repository.sources + Repository.generated).filter { $0.room == room }
        expectNone(files.flatMap(ImportRule.findings))
    }

    @Test(
        "An import that is not listed is found",
        arguments: [
            ("SyncClient", "import GRDB", "GRDB"),
            ("SyncProtocol", "package import TrialStore", "TrialStore"),
            ("TrialStore", "@preconcurrency internal import struct Hummingbird.Router", "Hummingbird"),
            ("trialsync", "import HummingbirdTLS", "HummingbirdTLS"),
            (
                "TrialModel", "import Foundation",
                "Foundation outside #else of #if canImport(FoundationEssentials)"
            ),
        ])
    func unlistedImportsAreFound(room: String, code: String, module: String) {
        let file = SourceFile(path: "Sources/\(room)/A.swift", text: "\n\(code)\n")
        let message = "\(room) may not import \(module)"
        #expect(ImportRule.findings(in: file) == [Finding(file.path, 2, message)])
    }

    @Test("Foundation may stand in for FoundationEssentials, and nowhere else in a pure room")
    func foundationIsAFallback() {
        let fallback = """
            #if canImport(FoundationEssentials)
            package import FoundationEssentials
            #else
            package import Foundation
            #endif
            """
        #expect(
            ImportRule.findings(in: SourceFile(path: "Sources/TrialModel/A.swift", text: fallback)).isEmpty)
        let after = SourceFile(path: "Sources/TrialModel/A.swift", text: fallback + "\nimport Foundation")
        #expect(ImportRule.findings(in: after).map(\.line) == [6])
        let other = fallback.replacing("FoundationEssentials)", with: "Glibc)")
        #expect(
            ImportRule.findings(in: SourceFile(path: "Sources/TrialModel/A.swift", text: other)).map(\.line)
                == [4])
    }

    @Test("A star covers the modules that begin so, and imports in comments and texts are none")
    func whatIsListedPasses() {
        let file = SourceFile(
            path: "Sources/SyncServer/A.swift",
            text: """
                import HummingbirdHTTP2
                public import NIOCore
                // import GRDB
                let text = "import GRDB"
                """)
        #expect(ImportRule.findings(in: file).isEmpty)
    }

    @Test("A room without a rule is found")
    func roomsNeedARule() {
        let file = SourceFile(path: "Sources/Attic/A.swift", text: "")
        #expect(ImportRule.findings(in: file).count == 1)
    }
}
