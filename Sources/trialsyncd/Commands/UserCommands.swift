import ArgumentParser
import Foundation
import SyncProtocol
import SyncServer
import TrialCommand
import TrialModel
import TrialStore

struct UserCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "People, their roles and passwords.",
        subcommands: [
            Add.self, List.self, Show.self, Grant.self, Disable.self, Enable.self, ChangePassword.self,
            ResetPassword.self,
        ])

    /// - Throws: `Problem(.usage)` with the roles there are.
    static func role(_ name: String) throws(Problem) -> Role {
        guard let role = Role(name: name) else {
            let roles = Role.ofPeople.map(\.name).joined(separator: ", ")
            throw Problem(.usage, "there is no role \(name)", remedy: "choose one of \(roles)")
        }
        return role
    }

    struct Add: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a person; without --password-stdin a password is made up and printed once.",
            discussion: "Example: trialsyncd user add nurse-1 --role dataEntry --site PKU")

        @Argument(help: "1 to 64 letters, digits, . _ -") var name: String
        @Option(help: "dataEntry, investigator, monitor, dataManager, coordinator, statistician or admin.")
        var role: String
        @Option(parsing: .upToNextOption, help: "The sites of the person.") var site: [String] = []
        @Flag(help: "Read the password from standard input.") var passwordStdin = false
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            let role = try UserCommands.role(role)
            let password = passwordStdin ? try PasswordPrompt.readFromInput() : nil
            try await Centre.using(options) { centre in
                let added = try await centre.addPerson(name, role: role, sites: site, password: password)
                let made = added.password.map { "\npassword (shown once): \($0)" } ?? ""
                out.answer(
                    added.grant.json(password: added.password), "added \(name), \(role.name)\(made)")
            }
        }
    }

    struct List: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "All people.", discussion: "Example: trialsyncd user list")

        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let people = try await centre.people()
                let rows = people.map { person in
                    [
                        person.grant.name, person.grant.role.name,
                        person.grant.sites.map(\.text).joined(separator: " "),
                        person.grant.isDisabled ? "disabled" : "", person.attempts.text,
                    ]
                }
                out.answer(
                    .array(people.map(\.json)),
                    out.table(["USER", "ROLE", "SITES", "", "LOG-INS"], rows, none: "no users"))
            }
        }
    }

    struct Show: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "A person's role and sites, now or on a day, and how they came about.",
            discussion: "Example: trialsyncd user show nurse-1 --on 2026-03-02")

        @Argument(help: "The person.") var name: String
        @Option(help: "The rights at the end of this day: 2026-03-02.") var on: String?
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            let day = try on.map { text throws(Problem) in try Self.day(text) }
            try await Centre.using(options) { centre in
                let person = try await centre.show(person: name, on: day)
                out.answer(person.json, text(person, out))
            }
        }

        private static func day(_ text: String) throws(Problem) -> CalendarDate {
            guard let day = CalendarDate(text), day.isFull else {
                throw Problem(.usage, "\(text) is no day", remedy: "give it as 2026-03-02")
            }
            return day
        }

        private func text(_ person: PersonView, _ out: CommandOutput) -> String {
            let moment = on.map { "on \($0)" } ?? "now"
            let rights = person.grant?.text ?? "no access"
            let earlier = [nil] + person.history.map(\.grant.generation)
            let rows = zip(person.history, earlier).map { rights, before in
                let isNew = before.map { $0 < rights.grant.generation } ?? false
                return [rights.at.iso8601, rights.by, rights.grant.text, isNew ? "new password" : ""]
            }
            return """
                \(person.name), \(moment): \(rights)
                \(person.attempts.text.isEmpty ? "no log-in was refused" : person.attempts.text)
                \(out.table(["SINCE", "BY", "RIGHTS", ""], rows, none: ""))
                """
        }
    }

    struct Grant: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a person another role, or other sites.",
            discussion: "Example: trialsyncd user grant monitor-1 --site PKU SHA")

        @Argument(help: "The person.") var name: String
        @Option(help: "The role from now on; without it the role stays.") var role: String?
        @Option(parsing: .upToNextOption, help: "All sites from now on; without it they stay.")
        var site: [String] = []
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            guard role != nil || !site.isEmpty else {
                throw Problem(
                    .usage, "nothing is to be changed", remedy: "give --role ROLE or --site CODE ...")
            }
            let role = try role.map { name throws(Problem) in try UserCommands.role(name) }
            try await Centre.using(options) { centre in
                let grant = try await centre.setRights(of: name, role: role, sites: site)
                out.answer(grant.json(password: nil), "\(name): \(grant.text)")
            }
        }
    }

    struct Disable: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a person's access: here at once, on each laptop at its next contact.",
            discussion: "Example: trialsyncd user disable nurse-1")

        @Argument(help: "The person.") var name: String
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let grant = try await centre.setDisabled(true, person: name)
                out.answer(
                    grant.json(password: nil), "\(name) has no access; laptops learn it at their next contact"
                )
            }
        }
    }

    struct Enable: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a person's access back; the next log-in on a laptop needs a connection.",
            discussion: "Example: trialsyncd user enable nurse-1")

        @Argument(help: "The person.") var name: String
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let grant = try await centre.setDisabled(false, person: name)
                out.answer(grant.json(password: nil), "\(name): \(grant.text)")
            }
        }
    }
}

extension LoginAttempts.Standing {
    /// Empty if none was refused.
    fileprivate var text: String {
        guard let lastRefused else { return "" }
        let row = failed.count > 0 ? "; \(failed.count) wrong in a row" : ""
        return "\(Texts.count(refused, "log-in")) refused, last at \(lastRefused)\(row)"
    }
}

extension PersonGrant {
    fileprivate var text: String {
        let places =
            sites.isEmpty ? (role.isBoundToSites ? "" : ", all sites") : sites.map { " \($0)" }.joined()
        return role.name + places + (isDisabled ? ", disabled" : "")
    }
}
