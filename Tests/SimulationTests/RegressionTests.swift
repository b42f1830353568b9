import Foundation
import Testing
import TrialSyncTesting

/// Runs in which the simulator once found something wrong with the product, shrunk and kept.
@Suite(.tags(.simulation), .timeLimit(.minutes(10))) struct RegressionTests {
    static let files: [URL] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Regressions")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().map { folder.appending(path: $0) }
    }()

    @Test("Every kept run is found and played")
    func isThere() { #expect(Self.files.count >= 10) }

    @Test("What was found once is not found again", arguments: files)
    func replay(file: URL) async throws {
        let run = try FailedRun(decoding: Data(contentsOf: file))
        let report = try await run.play()
        #expect(report.problem == nil, "once: \(run.found)")
    }
}
