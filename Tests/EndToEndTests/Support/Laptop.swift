import Foundation
import Testing

/// A laptop of a trial: a store, and the person who sits there.
struct Laptop: Sendable {
    let trial: Trial
    let name: String
    let user: String
    var password: String?
    var state: URL?
    var clock: FalseClock?
    var disk: FailingDisk?

    init(trial: Trial, name: String, user: String) {
        (self.trial, self.name, self.user) = (trial, name, user)
    }

    var store: URL { trial.folder.appending(path: name) }

    /// The same laptop with another person at it.
    func with(user: String) -> Laptop { Laptop(trial: trial, name: name, user: user) }

    func start(
        _ arguments: [String], asUser: Bool = true, isFollowed: Bool = false, input: String = "/dev/null"
    ) throws -> Running {
        var environment = trial.environment(user: user, store: store)
        if let password { environment["TRIALSYNC_PASSWORD"] = password }
        if let state { environment["TRIALSYNC_STATE"] = state.path }
        if let clock { environment.merge(clock.environment) { $1 } }
        if let disk { environment.merge(disk.environment) { $1 } }
        return try trial.run(
            Program.trialsync.url(), arguments + (asUser ? ["--user", user] : []) + ["--json"],
            environment: environment, input: input, isFollowed: isFollowed)
    }

    /// The same laptop and person with another password.
    func with(password: String) -> Laptop {
        var other = self
        other.password = password
        return other
    }

    /// The bytes of the store's files, open or closed.
    func files() throws -> [Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: store.path)
        #expect(names.contains("store.db"))
        return try names.map { try Data(contentsOf: store.appending(path: $0)) }
    }

    func reply(_ arguments: [String]) async throws -> Reply { await (try start(arguments)).reply() }

    /// Runs a command of `trialsync` that must end well.
    @discardableResult
    func callAsFunction(_ arguments: String...) async throws -> JSONNode { try await reply(arguments).done() }

    /// Runs a command of `trialsync` that must be refused.
    func refuses(
        _ code: String, _ arguments: String..., exit: Int32 = 1, asUser: Bool = true,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let reply = await (try start(arguments, asUser: asUser)).reply()
        expectRefusal(reply, code, exit, at: location)
    }

    /// Starts a sync, and waits until the daemon's log shows it or it has ended.
    func startSession(_ options: String...) async throws -> Running {
        let daemon = try trial.running
        @Sendable func sessions() -> Int { daemon.errors.components(separatedBy: "/v1/session").count }
        let before = sessions()
        let sync = try start(["sync"] + options)
        try await within(seconds: 60, "a session") {
            while sync.isRunning, sessions() == before { try await Task.sleep(for: .milliseconds(1)) }
        }
        return sync
    }

    /// Syncs, and expects to be in step.
    @discardableResult
    func sync(at location: SourceLocation = #_sourceLocation) async throws -> JSONNode {
        let totals = try await self("sync")
        #expect(totals["inStep"] == true, sourceLocation: location)
        return totals
    }

    func digest() async throws -> JSONNode {
        guard case .object(let sites) = try await self("digest"), let site = sites.values.first,
            sites.count == 1
        else { throw Failure("a laptop has one site") }
        return site
    }

    /// Imports visits; the file is written first.
    @discardableResult
    func importing(_ csv: String) async throws -> Reply {
        let file = trial.folder.appending(path: "\(name)-\(UUID().uuidString).csv")
        try Data(csv.utf8).write(to: file)
        return try await reply(["import", file.path])
    }
}

/// Expects a refusal as commands.md promises it: one line on stderr, one document on stdout, one exit code.
func expectRefusal(
    _ reply: Reply, _ code: String, _ exit: Int32 = 1, at location: SourceLocation = #_sourceLocation
) {
    let comment = Comment(rawValue: "\(reply.command): \(reply.out.prefix(300)) \(reply.err.prefix(300))")
    #expect(reply.exit == exit, comment, sourceLocation: location)
    let error = (try? reply.json())?["error"] ?? .null
    #expect(error["code"].text == code, comment, sourceLocation: location)
    #expect(
        Set(error.keys).subtracting(["choices"]) == ["code", "message", "remedy"], comment,
        sourceLocation: location)
    #expect(
        !error["message"].text.isEmpty && !error["remedy"].text.isEmpty, comment, sourceLocation: location)
    let lines = reply.err.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 2 && lines.last == "", comment, sourceLocation: location)
    #expect(reply.err.hasPrefix("error: \(code): "), comment, sourceLocation: location)
}

/// Expects that the centre and laptops of one site hold the same, nothing is amiss in any of them, and
/// nothing waits.
func expectInStep(
    _ trial: Trial, _ laptops: [Laptop], site: String = "PKU", at location: SourceLocation = #_sourceLocation
) async throws {
    let digest = try await trial.digest(site)
    #expect(digest.keys == ["records", "entries", "digest"], sourceLocation: location)
    let report = try await trial.centre("verify")
    #expect(report["problems"].list.isEmpty, "centre: \(report["problems"])", sourceLocation: location)
    for laptop in laptops {
        #expect(try await laptop.digest() == digest, "\(laptop.name)", sourceLocation: location)
        let report = try await laptop("verify")
        #expect(report["problems"].list.isEmpty, "\(laptop.name): \(report)", sourceLocation: location)
        #expect(try await laptop("status")["pending"] == 0, "\(laptop.name)", sourceLocation: location)
    }
}
