import ArgumentParser
import Foundation
import SyncProtocol
import SyncServer
import TrialCommand
import TrialModel

struct SiteCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "site", abstract: "Add and list sites.", subcommands: [Add.self, List.self])

    struct Add: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a field site.", discussion: "Example: trialsyncd site add PKU 'Peking University'")

        @Argument(help: "2 to 12 capital letters and digits.") var code: String
        @Argument(help: "What people call it.") var name: String
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let site = try await centre.addSite(code, name: name)
                out.answer(site.json, "added site \(site.code)")
            }
        }
    }

    struct List: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "All sites.", discussion: "Example: trialsyncd site list")

        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let sites = try await centre.sites()
                out.answer(
                    .array(sites.map(\.json)),
                    out.table(["SITE", "NAME"], sites.map { [$0.code.text, $0.name] }, none: "no sites"))
            }
        }
    }
}

struct Invite: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a one-time link that joins one laptop to a site.",
        discussion: "Example: trialsyncd invite --site PKU --expires 72h --url https://trial.example.org:8443"
    )

    @Option(help: "The site the laptop will belong to.") var site: String
    @Option(help: "How long the link can be used: 45m, 72h, 7d.") var expires = "72h"
    @Option(help: "The address laptops reach the daemon at; without it where it last listened.") var url:
        String?
    @OptionGroup var options: CentreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        let seconds = try Self.seconds(expires)
        try await Centre.using(options) { centre in
            let invite = try await centre.invite(site: site, expiresSeconds: seconds, server: url)
            out.answer(
                .keyed([
                    "link": .string(invite.link.description), "site": .string(invite.link.site.text),
                    "expires": .string(invite.expires.iso8601),
                ]),
                "\(invite.link)\nfor one laptop of site \(invite.link.site), until \(invite.expires.iso8601)")
        }
    }

    static func seconds(_ text: String) throws(Problem) -> Int64 {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let last = text.last, let unit = units[last], let count = Int64(text.dropLast()),
            (0...366 * 86_400).contains(count.multipliedReportingOverflow(by: unit).partialValue),
            count < 100_000_000
        else { throw Problem(.usage, "\(text) is not a time like 45m, 72h or 7d", remedy: "use up to 366d") }
        return count * unit
    }
}

struct DeviceCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device", abstract: "The laptops of the trial.",
        subcommands: [List.self, Revoke.self, Readmit.self])

    struct List: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "All laptops; what waits on them is as they last reported.",
            discussion: "Example: trialsyncd device list")

        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let devices = try await centre.devices()
                let rows = devices.map { device in
                    let marks = (device.isRevoked ? ["revoked"] : []) + (device.isCopied ? ["copied"] : [])
                    return [
                        device.shortID, device.site, device.name, device.lastSeen ?? "never",
                        "\(device.pending)",
                        marks.joined(separator: " "),
                    ]
                }
                out.answer(
                    .array(devices.map(\.json)),
                    out.table(
                        ["DEVICE", "SITE", "NAME", "LAST SEEN", "PENDING", ""], rows, none: "no laptops"))
            }
        }
    }

    struct Revoke: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a laptop's access: it can only push, into quarantine.",
            discussion: "Example: trialsyncd device revoke ward-3")

        @Argument(help: "The name, or the start of the id.") var device: String
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let device = try await centre.setRevoked(true, device: device)
                out.answer(device.json, "revoked \(device.name)")
            }
        }
    }

    struct Readmit: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a laptop its access back.",
            discussion: "Example: trialsyncd device readmit ward-3")

        @Argument(help: "The name, or the start of the id.") var device: String
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let device = try await centre.setRevoked(false, device: device)
                out.answer(device.json, "readmitted \(device.name)")
            }
        }
    }
}
