import ArgumentParser
import Foundation
import SyncServer
import TrialCommand
import TrialModel

struct ExportCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Complete copies, for people and for other programs.",
        subcommands: [Audit.self])

    struct Audit: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "The audit trail: every save, with old and new values, whatever became of it.",
            discussion: "Example: trialsyncd export audit audit.csv --participant PKU-007 --from 2026-03-01")

        @Argument(help: "The file to write; it must not exist.") var file: String
        @Option(help: "Only of this participant: PKU-007") var participant: String?
        @Option(help: "Only of this site; `*` is the trial itself.") var site: String?
        @Option(help: "Only what this person saved.") var person: String?
        @Option(help: "Only what reached the centre on this day (UTC) or later: 2026-03-01") var from: String?
        @Option(help: "Only what reached the centre on this day (UTC) or earlier.") var to: String?
        @Option(help: "csv or json (default: by the file's ending, else csv).") var format:
            AuditRequest.Format?
        @Flag(help: "Replace the file if there is one.") var force = false
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            var request = AuditRequest()
            (request.participant, request.site, request.person) = (participant, site, person)
            (request.from, request.to, request.replaces) = (from, to, force)
            request.format = format ?? (file.lowercased().hasSuffix(".json") ? .json : .csv)
            let made = try await Centre.using(options) { [request] centre in
                try await centre.exportAudit(to: file, request) { done, total in
                    out.progress(done, of: total, "exporting")
                }
            }
            out.endProgress()
            out.answer(
                .keyed(["files": .array([made.json])]),
                "\(made.path): \(made.rows) rows\nsha256 \(made.sha256)")
        }
    }
}

extension AuditRequest.Format: ExpressibleByArgument {}
