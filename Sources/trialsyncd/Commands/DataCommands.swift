import ArgumentParser
import Foundation
import SyncServer
import TrialCommand
import TrialModel
import TrialStore

struct Status: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "The whole trial at a glance.", discussion: "Example: trialsyncd status")

    @OptionGroup var options: CentreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        try await Centre.using(options) { centre in
            let status = try await centre.status()
            let rows = status.sites.map { site in
                [
                    site.site.text, "\(site.participants)", "\(site.standings.enrolled)", "\(site.devices)",
                    site.lastSync ?? "never",
                    "\(site.openConflicts)", "\(site.openQueries)",
                ]
            }
            let head =
                "\(status.study.oid) version \(status.study.version): \(status.standings.enrolled) of "
                + "\(status.study.target) enrolled, "
                + "\(Texts.count(status.participants, "participant")) in all, "
                + "\(Texts.count(status.openConflicts, "open conflict")), "
                + "\(Texts.count(status.openQueries, "open query", "open queries")), "
                + "\(status.quarantined) in quarantine"
            let table = out.table(
                ["SITE", "PARTICIPANTS", "ENROLLED", "LAPTOPS", "LAST SYNC", "CONFLICTS", "QUERIES"], rows,
                none: "no sites yet")
            let events = status.seriousEvents.map { out.attention(Texts.seriousEvent($0)) }
            let clocks = status.wrongClocks.map { device in
                out.attention("clock of \(device.name) (\(device.site)): \(device.clockTrouble ?? "")")
            }
            let standings = status.participants > 0 ? [status.standings.text] : []
            let target = status.targetNote.map { [out.attention($0)] } ?? []
            // What a restored centre lacks is told until it is whole.
            let restored = status.restored.flatMap { $0.isWhole ? nil : [out.attention($0.text)] } ?? []
            let notes = restored + standings + target
            out.answer(
                status.json, ([head] + notes + events + clocks + [table]).joined(separator: "\n"))
        }
    }
}

struct Conflicts: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open conflicts.", discussion: "Example: trialsyncd conflicts --site PKU")

    @Option(help: "Of one site only.") var site: String?
    @OptionGroup var options: CentreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        try await Centre.using(options) { centre in
            let conflicts = try await centre.conflicts(site: site)
            out.answer(.array(conflicts.map(\.json)), Texts.conflicts(conflicts, out))
        }
    }
}

struct ConflictCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflict", abstract: "Look at a conflict, or decide it.",
        subcommands: [ShowConflict<CentreOptions>.self, Resolve.self])

    struct Resolve: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide a conflict.",
            discussion:
                "Example: trialsyncd conflict resolve 3fa8 --take 09ab/4 --reason 're-weighed' --user coord-1"
        )

        @Argument(help: "The id, or the start of it.") var id: String
        @OptionGroup var decision: DecisionOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await actor.acting(may: .resolve) { centre, person in
                let conflict = try await centre.resolve(
                    id, take: decision.take, set: decision.set, reason: decision.reason, by: person)
                out.answer(conflict.json, Texts.conflict(conflict, out))
            }
        }
    }
}

struct VisitCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "visit", abstract: "Look at visits.",
        subcommands: [ShowVisit<CentreOptions>.self, Renumber.self])
}

struct QuarantineCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine", abstract: "What was kept but not applied.",
        subcommands: [List.self, Release.self])

    struct List: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Entries in quarantine, and why.", discussion: "Example: trialsyncd quarantine list")

        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                try print(await centre.quarantined(), out)
            }
        }
    }

    struct Release: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Admit what entries in quarantine say, as a new save that cites them.",
            discussion:
                "Example: trialsyncd quarantine release 09ab/4 --reason 'laptop was found' --user coord-1"
        )

        @Argument(help: "JOURNAL/N ...") var entries: [String]
        @Option(help: "Why.") var reason: String
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await actor.acting(may: .release) { centre, person in
                let released = try await centre.release(entries, reason: reason, by: person)
                let count = Texts.count(released.count, "entry", "entries")
                try print(released, out, after: "\(count) released, each as a new save that cites it:")
            }
        }
    }

    private static func print(
        _ entries: [QuarantinedView], _ out: CommandOutput, after done: String? = nil
    ) throws {
        let rows = entries.map {
            [Texts.short($0.entry), $0.code, $0.author, $0.device, $0.site, $0.at, $0.record]
        }
        out.answer(
            .array(entries.map(\.json)),
            (done.map { $0 + "\n" } ?? "")
                + out.table(
                    ["ENTRY", "CODE", "AUTHOR", "DEVICE", "SITE", "AT", "RECORD"], rows,
                    none: "nothing is in quarantine"))
    }
}

struct DigestCommand: TrialCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest",
        abstract: "The digest of each site's merged state, to compare with its laptops'.",
        discussion: "Example: trialsyncd digest --site PKU")

    @Option(help: "Of one site only.") var site: String?
    @OptionGroup var options: CentreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        try await Centre.using(options) { centre in
            let digests = try await centre.digests(site: site)
            let json = digests.map { found in
                JSON.Member(
                    found.site.text,
                    .keyed([
                        "records": .int(found.records), "entries": .int(found.entries),
                        "digest": .string(found.digest),
                    ]))
            }
            out.answer(
                .object(json),
                out.table(
                    ["SITE", "RECORDS", "ENTRIES", "DIGEST"],
                    digests.map { [$0.site.text, "\($0.records)", "\($0.entries)", $0.digest] },
                    none: "no sites"))
        }
    }
}

struct Verify: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "Walk every journal, signature and receipt, and merge every record anew.",
        discussion: """
            An entry that is named as `store-rolled-back` and that no laptop can bring back is acknowledged \
            as lost, with a reason, which the audit trail keeps. A record that is not what its entries give, \
            though these are whole, is written anew from them with --repair, also while the daemon runs; \
            entries are never altered.

            Example: trialsyncd verify
            Example: trialsyncd verify --repair
            Example: trialsyncd verify --acknowledge 09ab/4 --reason 'disk replaced' --user coord-1
            """)

    @Flag(help: "Write records and sums anew that do not follow from the entries.") var repair = false
    @Option(help: "JOURNAL/N of an entry that is lost for good: it is not named any more.")
    var acknowledge: String?
    @Option(help: "Why, with --acknowledge.") var reason: String?
    @Option(help: "The person who acknowledges; the password is asked for, or read from TRIALSYNC_PASSWORD.")
    var user: String?
    @OptionGroup var options: CentreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        guard (acknowledge == nil) == (reason == nil), (acknowledge == nil) == (user == nil) else {
            throw Problem(
                .usage, "--acknowledge, --reason and --user belong together", remedy: "give all three or none"
            )
        }
        try await Centre.using(options) { centre in
            if let acknowledge, let reason, let user {
                let person = try await centre.actor(
                    user, password: try PasswordPrompt.ask(user), may: .administer)
                try await centre.acknowledge(acknowledge, reason: reason, by: person)
            }
            let report = try await centre.verify(repairing: repair)
            out.answer(report.json, report.text)
            if !report.problems.isEmpty { throw ExitStatus.failed }
        }
    }
}
