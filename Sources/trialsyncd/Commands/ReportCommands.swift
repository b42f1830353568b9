import ArgumentParser
import SyncServer
import TrialCommand
import TrialModel

struct ReportCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Derived results, computed from what is here now.",
        subcommands: [Endpoints.self, Dosing.self, Schedule.self, Reconcile.self])

    struct Endpoints: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Response, relapse, remission and PGA, with exact intervals.",
            discussion: "Example: trialsyncd report endpoints")

        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let report = try await centre.endpoints()
                out.answer(report.json, Texts.endpoints(report, out))
            }
        }
    }

    struct Dosing: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Days on which the dose taken was not the dose planned.",
            discussion: "Example: trialsyncd report dosing")

        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let report = try await centre.dosing()
                out.answer(report.json, Texts.dosing(report, out))
            }
        }
    }

    struct Schedule: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Visits of all participants: due, late, missed, done.",
            discussion: "Example: trialsyncd report schedule")

        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let report = try await centre.schedule()
                let texts = report.schedules.map { Texts.visits($0, out) }
                out.answer(report.json, texts.joined(separator: "\n"))
            }
        }
    }

    struct Reconcile: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "What each laptop has made against what is here.",
            discussion: "Example: trialsyncd report reconcile")

        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let rows = try await centre.reconcile()
                let header = [
                    "SITE", "LAPTOP", "MADE", "RECEIPTED", "PENDING", "QUARANTINED", "DIGEST", "LAST CONTACT",
                ]
                let table = rows.map { row in
                    [
                        row.site.text, row.device, "\(row.made)", "\(row.receipted)", "\(row.pending)",
                        "\(row.quarantined)", row.digestText,
                        row.lastContact ?? "never",
                    ]
                }
                let restored = try await centre.restored().map { restored in
                    restored.isWhole ? restored.text : out.attention(restored.text)
                }
                let text = [restored, out.table(header, table, none: "no laptops yet")]
                out.answer(
                    .array(rows.map(\.json)), text.compactMap(\.self).joined(separator: "\n"))
            }
        }
    }
}
