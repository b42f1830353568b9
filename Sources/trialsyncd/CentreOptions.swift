import ArgumentParser
import Foundation
public import SyncServer
public import TrialCommand
import TrialModel

/// The option that every server command takes.
struct CentreOptions: ParsableArguments {
    @Option(help: "The server's directory (default /var/lib/trialsync, or TRIALSYNC_DATA).")
    var data: String?

    var directory: DataDirectory {
        DataDirectory(data ?? ProcessInfo.processInfo.environment["TRIALSYNC_DATA"] ?? "/var/lib/trialsync")
    }
}

/// The person who acts, for commands that change data.
struct ActorOptions: ParsableArguments {
    @Option(help: "The person who acts; the password is asked for, or read from TRIALSYNC_PASSWORD.")
    var user: String

    @OptionGroup var options: CentreOptions

    /// Runs a body on the opened centre for the person who acts, if the role may do such things.
    func acting<Result>(
        may action: Action, _ body: (Centre, Centre.Actor) async throws -> Result
    ) async throws -> Result {
        try await Centre.using(options) { centre in
            try await body(
                centre, try await centre.actor(user, password: try PasswordPrompt.ask(user), may: action))
        }
    }
}

extension Centre: CaseReader {}

extension CentreOptions: CasePlace {
    static let program = "trialsyncd"
    static let exampleOptions = ""

    func reading<Result: Sendable>(_ body: (any CaseReader) async throws -> Result) async throws -> Result {
        try await Centre.using(self) { try await body($0) }
    }
}

extension Centre {
    /// Runs a body on the opened centre and closes it whatever happens.
    static func using<Result>(_ options: CentreOptions, _ body: (Centre) async throws -> Result) async throws
        -> Result
    {
        let centre = try Centre.open(options.directory)
        defer { centre.close() }
        try await centre.applyRevocations()
        do {
            let result = try await body(centre)
            await centre.mark()
            return result
        } catch {
            await centre.mark()
            throw error
        }
    }
}
