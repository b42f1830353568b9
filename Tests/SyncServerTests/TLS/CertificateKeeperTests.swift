import Foundation
@testable import SyncServer
import Synchronization
import Testing
import TrialModel

/// A clock whose pauses take no time.
private struct HastyClock: Clock {
    typealias Instant = ContinuousClock.Instant
    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}

@Suite("The certificate while the daemon runs", .timeLimit(.minutes(10)))
struct CertificateKeeperTests {
    private static let start = Date(timeIntervalSince1970: 1_790_000_000)

    @Test("It is renewed when less than thirty days are left, and not before", arguments: [300.0, 340.0])
    func renews(days: Double) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "keeper-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let made = try TLSFiles.create(in: directory, names: ["a.example"], now: Self.start)
        let live = try LiveCertificate(made)
        let today = Mutex(Self.start.addingTimeInterval(days * 86_400))
        let log = LogLines()
        let keeper = CertificateKeeper(
            directory: directory, live: live, logger: log.logger, clock: HastyClock(),
            now: { today.withLock { $0 } })
        let running = Task { try await keeper.run() }
        if days < 335 {
            // Somebody renews it by hand: that is taken up, so what is shown moves for this reason alone.
            #expect(log.all.isEmpty)
            try TLSFiles.renew(in: directory, now: Self.start.addingTimeInterval(86_400))
        }
        while live.files.notValidAfter == made.notValidAfter { await Task.yield() }
        running.cancel()
        try await running.value
        #expect(live.files.names == made.names && live.files.fingerprint == made.fingerprint)
        #expect(log.all.contains { $0.hasPrefix("the certificate was renewed") } == (days > 335))
        #expect(log.all.contains { $0.hasPrefix("a new certificate is shown") })
    }

    @Test(
        "One that a clock ten years ahead has signed is renewed while the daemon runs on with the right one")
    func clockAhead() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "keeper-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try TLSFiles.create(in: directory, names: [], now: Self.start)
        let wrong = try TLSFiles.renew(
            in: directory, now: Self.start.addingTimeInterval(3_650 * 86_400))
        let live = try LiveCertificate(wrong)
        let log = LogLines()
        let keeper = CertificateKeeper(
            directory: directory, live: live, logger: log.logger, clock: HastyClock(), now: { Self.start })
        let running = Task { try await keeper.run() }
        while live.files.notValidAfter == wrong.notValidAfter { await Task.yield() }
        running.cancel()
        try await running.value
        #expect(live.files.notValidBefore < Self.start)
        #expect(log.all.contains { $0.hasPrefix("the certificate was renewed") })
    }
}
