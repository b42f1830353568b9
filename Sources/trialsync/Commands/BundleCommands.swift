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

                With --rescue it is what no receipt shows to be at the centre, as far as it can be read: \
                of a store that is damaged, or on a disk that is full or cannot be written. Nothing is \
                written where the store lies; name a file on another disk, with room for a copy of the store.

                Example: trialsync bundle export /media/stick/ward-3.bundle --user nurse-1
                """)

        @Argument(help: "A file that does not exist yet.") var file: String
        @Flag(
            help:
                "Bring out what is not at the centre, of a store that does not open: exit code 4 if not all.")
        var rescue = false
        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            if rescue { return try await bringOut(out) }
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

        private func bringOut(_ out: CommandOutput) async throws {
            let user = try options.person()
            let report = try await SiteStore.rescue(
                at: options.places, to: file, user: user, password: try PasswordPrompt.ask(user))
            var lines = [
                "\(Texts.count(report.written, "save")) not known to be at the centre written to \(file)"
            ]
            if report.carried > 0 { lines[0] += ", \(report.carried) of them of other laptops" }
            if report.unreadable > 0 {
                let saves = Texts.count(report.unreadable, "save")
                lines.append(
                    out.attention(
                        "\(saves) could not be read: to be entered again from paper, once it is known "
                            + "which are missing at the centre"))
            }
            if report.unreadBlocks > 0 {
                let blocks = Texts.count(report.unreadBlocks, "block")
                lines.append(
                    out.attention(
                        "the disk did not give \(blocks) of the store, and more saves may be missing: "
                            + "keep the disk, and run this again with it in another computer"))
            }
            lines.append(
                "take it with `trialsyncd bundle import` at the centre, or `trialsync bundle import`")
            out.answer(
                .keyed([
                    "pushed": .int(report.written), "own": .int(report.own), "carried": .int(report.carried),
                    "unreadable": .int(report.unreadable), "unreadBlocks": .int(report.unreadBlocks),
                    "bytesSent": .int(report.bytes),
                ]), lines.joined(separator: "\n"))
            if !report.isWhole { throw ExitStatus.needsPerson }
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
