import ArgumentParser
import Foundation
import SyncClient
import TrialCommand
import TrialModel

struct Password: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "Change one's password, online; or take in a file with a new one, offline.",
        discussion: """
            Example: trialsync password --user nurse-1
            After a reset, offline: trialsync password --file slot.bin --user nurse-1
            """)

    @Flag(help: "Read the new password from standard input; the old one is in TRIALSYNC_PASSWORD.")
    var passwordStdin = false
    @Option(help: "The file that `trialsyncd user reset-password NAME --file FILE` wrote.") var file: String?
    @OptionGroup var options: StoreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        if let file { return try await takeIn(file, out) }
        let user = try options.person()
        let old = try PasswordPrompt.ask(user)
        let new = try PasswordPrompt.askNew(user, fromInput: passwordStdin)
        let store = try await SiteStore.open(
            at: options.places, user: user, password: old, lockAfterSeconds: nil)
        do {
            try await store.changePassword(from: old, to: new)
            await store.close()
        } catch {
            await store.close()
            throw error
        }
        out.answer(
            .keyed(["user": .string(user), "site": .string(store.site.text)]),
            "the password of \(user) was changed, here and at the centre")
    }

    private func takeIn(_ file: String, _ out: CommandOutput) async throws {
        guard !passwordStdin else {
            throw Problem(
                .usage, "a file brings its own new password", remedy: "give either --file or --password-stdin"
            )
        }
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw Problem(.fileUnreadable, "\(file) cannot be read")
        }
        let user = try options.person()
        let store = try await SiteStore.takeIn(
            slotFile: bytes, at: options.places, user: user, password: try PasswordPrompt.ask(user))
        await store.close()
        out.answer(
            .keyed(["user": .string(user), "site": .string(store.site.text)]),
            "\(user) can log in on this laptop with the new password")
    }
}
