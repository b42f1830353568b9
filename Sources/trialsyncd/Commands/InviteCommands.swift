import ArgumentParser
import SyncProtocol
import SyncServer
import TrialCommand
import TrialModel
import TrialStore

struct InviteCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite", abstract: "One-time links that join laptops to sites.",
        subcommands: [Make.self, List.self, Revoke.self], defaultSubcommand: Make.self)

    struct Make: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a one-time link that joins one laptop to a site.",
            discussion:
                "Example: trialsyncd invite --site PKU --expires 72h --url https://trial.example.org:8443"
        )

        @Option(help: "The site the laptop will belong to.") var site: String
        @Option(help: "How long the link can be used: 45m, 72h, 7d.") var expires = "72h"
        @Option(help: "The address laptops reach the daemon at; without it where it last listened.")
        var url: String?
        @Flag(help: "Trust the laptop's own authorities: for a certificate that a public authority signed.")
        var systemTrust = false
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            let seconds = try Self.seconds(expires)
            try await Centre.using(options) { centre in
                let invite = try await centre.invite(
                    site: site, expiresSeconds: seconds, server: url,
                    trust: systemTrust ? .system : .ownAuthority)
                out.answer(
                    .keyed([
                        "link": .string(invite.link.description), "site": .string(invite.link.site.text),
                        "expires": .string(invite.expires.iso8601),
                    ]),
                    "\(invite.link)\nfor one laptop of site \(invite.link.site), "
                        + "until \(invite.expires.iso8601)")
            }
        }

        static func seconds(_ text: String) throws(Problem) -> Int64 {
            let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
            guard let last = text.last, let unit = units[last], let count = Int64(text.dropLast()),
                (0...366 * 86_400).contains(count.multipliedReportingOverflow(by: unit).partialValue),
                count < 100_000_000
            else {
                throw Problem(.usage, "\(text) is not a time like 45m, 72h or 7d", remedy: "use up to 366d")
            }
            return count * unit
        }
    }

    struct List: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "All links that were made; never the secret in them.",
            discussion: "Example: trialsyncd invite list")

        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let invites = try await centre.invites()
                let rows = invites.map {
                    [$0.shortID, $0.site.text, $0.made, $0.expires, $0.status.rawValue]
                }
                out.answer(
                    .array(invites.map(\.json)),
                    out.table(["LINK", "SITE", "MADE", "EXPIRES", "STATUS"], rows, none: "no links"))
            }
        }
    }

    struct Revoke: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a link back that nobody has used.",
            discussion: "Example: trialsyncd invite revoke 3f2a90bc")

        @Argument(help: "The start of the link's id, as `invite list` gives it.") var invite: String
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let invite = try await centre.revokeInvite(invite)
                out.answer(invite.json, "the link \(invite.shortID) can no longer be used")
            }
        }
    }
}
