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
