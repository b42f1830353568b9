import ArgumentParser
import Foundation
import SyncServer
import TrialCommand
import TrialModel
import TrialStore

extension UserCommands {
    struct ChangePassword: TrialCommand {
        static let configuration = CommandConfiguration(
            commandName: "password", abstract: "Change a person's password; needs the old one.",
            discussion: "Example: trialsyncd user password coordinator-1")

        @Argument(help: "The person.") var name: String
        @Flag(help: "Read the new password from standard input; the old one is in TRIALSYNC_PASSWORD.")
        var passwordStdin = false
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            let old = try PasswordPrompt.ask(name)
            let new = try PasswordPrompt.askNew(name, fromInput: passwordStdin)
            try await Centre.using(options) { centre in
                try await centre.changePassword(of: name, from: old, to: new)
                out.answer(.keyed(["user": .string(name)]), "the password of \(name) was changed")
            }
        }
    }

    struct ResetPassword: TrialCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset-password",
            abstract: "Give a person who forgot the password a new one; the signing key stays the person's.",
            discussion: """
                Example: trialsyncd user reset-password nurse-1
                For a laptop that is offline: trialsyncd user reset-password nurse-1 --file slot.bin \
                and there: trialsync password --file slot.bin --user nurse-1
                """)

        @Argument(help: "The person.") var name: String
        @Flag(help: "Read the new password from standard input; without it one is made up and printed once.")
        var passwordStdin = false
        @Option(help: "Write a key slot for a laptop that is offline; it opens with the new password only.")
        var file: String?
        @Option(help: "The site of that laptop, if the person has several.") var site: String?
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            if file == nil, site != nil {
                throw Problem(.usage, "--site says whose laptop a file is for", remedy: "give --file FILE")
            }
            if let file, FileManager.default.fileExists(atPath: file) {
                throw Problem(.alreadyExists, "\(file) exists", remedy: "name another file")
            }
            let wanted = passwordStdin ? try PasswordPrompt.readFromInput() : nil
            try await Centre.using(options) { centre in
                let place = file == nil ? nil : try await centre.siteOfSlotFile(for: name, site)
                let reset = try await centre.resetPassword(of: name, to: wanted)
                if let file, let place {
                    let slot = try await centre.slotFile(
                        of: reset.grant, reset.key, password: reset.password ?? wanted ?? "", site: place)
                    try write(slot, to: file)
                }
                let made = reset.password.map { "\npassword (shown once): \($0)" } ?? ""
                let key = reset.isNewKey ? ", and a new signing key: the former one was not here" : ""
                let slot = file.map { "\nfor a laptop of site \(place?.text ?? ""): \($0)" } ?? ""
                out.answer(
                    .keyed([
                        "user": .string(name), "password": reset.password.map(JSON.string),
                        "file": file.map(JSON.string), "site": (place?.text).map(JSON.string),
                    ]), "\(name) has a new password\(key)\(made)\(slot)")
            }
        }

        private func write(_ slot: Data, to path: String) throws(Problem) {
            let isWritten = FileManager.default.createFile(
                atPath: path, contents: slot, attributes: [.posixPermissions: 0o600])
            guard isWritten else {
                throw Problem(
                    .fileUnreadable, "\(path) cannot be written; the password was reset all the same",
                    remedy: "name a file that can be written, and reset it once more")
            }
            try DurableNames.flush(directoryOf: path)
        }
    }
}
