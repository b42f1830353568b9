import Foundation
import Testing
import TrialModel
import TrialSyncTesting

extension Tag {
    @Tag static var unit: Self
}

/// The kept corpus, and seeded mutations of it, fed to every reader.
///
/// Files called `seed-…` are written by `make golden`; those with a hash for a name libFuzzer made up, and
/// they reached something (`MERGE=1 scripts/fuzz`); the others once broke a reader: their names say how.
@Suite("Hostile bytes", .tags(.unit), .timeLimit(.minutes(10))) struct FuzzTests {
    @Test("Every kept file is read or refused", arguments: FuzzTarget.allCases)
    func corpus(target: FuzzTarget) async throws {
        let files = try Corpus.files(of: target)
        #expect(!files.isEmpty)
        for file in files { try await target.feed(file) }
    }

    @Test("A kept table goes all the way to values, so that mutations begin there")
    func tables() throws {
        let study = try StudyDefinition.shipped()
        let tables = try Corpus.files(of: .csv).compactMap {
            try? ImportTable(Data($0), study: study, participants: ["PKU-001", "PKU-002"])
        }
        #expect(tables.contains { $0.problems.isEmpty && $0.lines.map(\.values.count) == [5, 3] })
    }

    @Test("Mutations of kept files are read or refused", arguments: FuzzTarget.allCases)
    func mutations(target: FuzzTarget) async throws {
        var mutator = Mutator(seed: 5, files: try Corpus.files(of: target))
        let executions = target == .study ? 150 : target.meetsStore ? 400 : 10_000
        for _ in 0..<executions {
            let bytes = mutator.next()
            do { try await target.feed(bytes) } catch {
                // To be kept in the corpus.
                Issue.record("\(error): \(Data(bytes).base64EncodedString())")
                return
            }
        }
    }
}
