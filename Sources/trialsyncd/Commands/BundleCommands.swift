import ArgumentParser
import SyncServer
import TrialCommand
import TrialModel
import TrialStore

struct BundleCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle", abstract: "Sync without a network: a sealed file on a stick.",
        discussion: "Example: trialsyncd bundle import /media/stick/ward-3.bundle",
        subcommands: [Export.self, Import.self])

    struct Export: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write all that the centre holds of a site to a file for its laptops.",
            discussion: "Example: trialsyncd bundle export --site PKU /media/stick/centre.bundle")

        @Option(help: "The site; only its laptops can open the file.") var site: String
        @Argument(help: "A file that does not exist yet.") var file: String
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let totals = try await centre.exportBundle(of: site, to: file) { done in
                    out.progress(done, of: done, "writing")
                }
                out.endProgress()
                let conflicts = try await centre.conflicts(site: site).count
                out.answer(
                    totals.json(pushed: totals.exported, conflicts: conflicts),
                    "\(Texts.count(totals.exported, "entry", "entries")) of \(site) written to \(file)")
            }
        }
    }

    struct Import: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a laptop's bundle: every entry is judged as if it had been sent.",
            discussion: "Example: trialsyncd bundle import /media/stick/ward-3.bundle")

        @Argument(help: "A file of `trialsync bundle export`.") var file: String
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let (site, totals) = try await centre.importBundle(file)
                let conflicts = try await centre.conflicts(site: site.text).count
                var text = "\(Texts.count(totals.imported, "new entry", "new entries")) of \(site)"
                if totals.quarantined > 0 {
                    text += out.attention("; \(totals.quarantined) kept in quarantine")
                }
                if conflicts > 0 { text += out.attention("; " + Texts.count(conflicts, "open conflict")) }
                out.answer(totals.json(pulled: totals.imported, conflicts: conflicts), text)
            }
        }
    }
}

extension BundleTotals {
    /// As `sync` answers; no request is made, and whether a laptop is in step is not known here.
    fileprivate func json(pushed: Int = 0, pulled: Int = 0, conflicts: Int) -> JSON {
        .keyed([
            "pushed": .int(pushed), "pulled": .int(pulled), "conflicts": .int(conflicts),
            "quarantined": .int(quarantined), "bytesSent": .int(exported > 0 ? bytes : 0),
            "bytesReceived": .int(exported > 0 ? 0 : bytes), "roundTrips": .int(0), "inStep": .bool(false),
        ])
    }
}
