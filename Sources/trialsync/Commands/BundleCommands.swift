import ArgumentParser
import SyncClient
import TrialCommand
import TrialModel

struct BundleCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle", abstract: "Sync without a network: a sealed file on a stick.",
        discussion: "Example: trialsync bundle export /media/stick/ward-3.bundle --user nurse-1",
        subcommands: [Export.self, Import.self])

    struct Export: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write all that this laptop holds, unsent saves too, to a file.",
            discussion: """
                Another laptop of the site takes it with `trialsync bundle import`, the centre with \
                `trialsyncd bundle import`; nobody else can open it.

                Example: trialsync bundle export /media/stick/ward-3.bundle --user nurse-1
                """)

        @Argument(help: "A file that does not exist yet.") var file: String
        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                let total = try await store.status()
                let report = try await store.exportBundle(to: file) { done in
                    out.progress(done, of: max(done, total.entries + total.pending), "writing")
                }
                out.endProgress()
                let conflicts = try await store.conflicts().count
                out.answer(
                    report.json(conflicts: conflicts),
                    "\(Texts.count(report.exported, "entry", "entries")) written to \(file)")
            }
        }
    }

    struct Import: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take over a bundle of this site, from another laptop or from the centre.",
            discussion: "Example: trialsync bundle import /media/stick/centre.bundle --user nurse-1")

        @Argument(help: "A file of `bundle export`.") var file: String
        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                let report = try await store.importBundle(file)
                let conflicts = try await store.conflicts().count
                var text = "\(Texts.count(report.imported, "new entry", "new entries"))"
                if report.confirmed > 0 {
                    text += ", \(Texts.count(report.confirmed, "save")) confirmed by the centre"
                }
                if conflicts > 0 { text += out.attention("; " + Texts.count(conflicts, "open conflict")) }
                out.answer(report.json(conflicts: conflicts), text)
            }
        }
    }
}

extension SiteStore.BundleReport {
    /// As `sync` answers; no request is made, and the digests cannot be compared.
    fileprivate func json(conflicts: Int) -> JSON {
        .keyed([
            "pushed": .int(exported), "pulled": .int(imported), "confirmed": .int(confirmed),
            "conflicts": .int(conflicts), "quarantined": .int(0),
            "bytesSent": .int(exported > 0 ? bytes : 0), "bytesReceived": .int(exported > 0 ? 0 : bytes),
            "roundTrips": .int(0), "inStep": .bool(isNothingWaiting),
        ])
    }
}
