import ArgumentParser
import Foundation
public import SyncClient
public import TrialCommand
import TrialModel

/// The options that every laptop command takes.
struct StoreOptions: ParsableArguments {
    @Option(help: "The laptop's store (default ~/.local/share/trialsync, or TRIALSYNC_STORE).")
    var store: String?

    @Option(help: "The person who acts; the password is asked for, or read from TRIALSYNC_PASSWORD.")
    var user: String?

    var places: SiteStore.Places {
        let environment = ProcessInfo.processInfo.environment
        // Foundation asks the list of accounts, and not what the person has set.
        let named = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let home = URL(fileURLWithPath: named ?? NSHomeDirectory())
        let store = store ?? environment["TRIALSYNC_STORE"]
        let state = environment["TRIALSYNC_STATE"] ?? environment["XDG_STATE_HOME"].map { $0 + "/trialsync" }
        return SiteStore.Places(
            store: store.map { URL(fileURLWithPath: $0) } ?? home.appending(path: ".local/share/trialsync"),
            state: state.map { URL(fileURLWithPath: $0) } ?? home.appending(path: ".local/state/trialsync"))
    }

    func person() throws(Problem) -> String {
        guard let user else { throw Problem(.usage, "who acts is not said", remedy: "give --user NAME") }
        return user
    }

    func open() async throws -> SiteStore {
        let user = try person()
        // A command is no screen: it ends by itself.
        return try await SiteStore.open(
            at: places, user: user, password: try PasswordPrompt.ask(user), lockAfterSeconds: nil)
    }
}

extension SiteStore: CaseReader {}

extension StoreOptions: CasePlace {
    static let program = "trialsync"
    static let exampleOptions = " --user nurse-1"

    func reading<Result: Sendable>(_ body: (any CaseReader) async throws -> Result) async throws -> Result {
        try await SiteStore.using(self) { try await body($0) }
    }
}

extension SiteStore {
    /// Runs a body on an opened store and closes it whatever happens.
    static func using<Result>(_ options: StoreOptions, _ body: (SiteStore) async throws -> Result)
        async throws -> Result
    {
        let store = try await options.open()
        do {
            let result = try await body(store)
            await store.close()
            return result
        } catch {
            await store.close()
            guard let problem = error as? Problem else { throw error }
            throw SiteStore.explained(problem, at: options.places)
        }
    }
}
