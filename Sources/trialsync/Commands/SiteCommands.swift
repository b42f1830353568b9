import ArgumentParser
import Foundation
import SyncClient
import SyncProtocol
import TrialCommand
import TrialModel
import TrialStore

struct Enroll: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "Join this laptop to a site with a one-time link, and log in.",
        discussion:
            "Example: trialsync enroll 'trialsync://centre.example:8443/PKU/…#…' --name ward-3 --user nurse-1"
    )

    @Argument(help: "The link that the coordinator gave.") var link: String
    @Option(help: "What this laptop is called.") var name: String?
    @OptionGroup var options: StoreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        let user = try options.person()
        let store = try await SiteStore.enroll(
            link, at: options.places, device: name ?? ProcessInfo.processInfo.hostName, user: user,
            password: try PasswordPrompt.ask(user))
        let study = try await store.study()
        await store.close()
        out.answer(
            .keyed([
                "site": .string(store.site.text), "device": .string(store.deviceName),
                "study": .string(study.oid),
            ]),
            "this laptop is \(store.deviceName) of site \(store.site), study \(study.oid)")
    }
}

struct Status: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "What waits, when this laptop last was in step, what needs a person.",
        discussion: "Example: trialsync status --user nurse-1")

    @OptionGroup var options: StoreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        try await SiteStore.using(options) { store in
            let status = try await store.status()
            out.answer(
                .keyed([
                    "site": .string(store.site.text), "device": .string(store.deviceName),
                    "pending": .int(status.pending), "carried": .int(status.carried),
                    "lost": .int(status.lost), "missing": .int(status.missingCount),
                    "safeSince": .optional(status.safeSince),
                    "stoppedBy": .optional(status.stoppedBy?.rawValue),
                    "lastSync": .optional(status.lastSync), "openConflicts": .int(status.openConflicts),
                    "openQueries": .int(status.openQueries), "inStep": .bool(status.inStep),
                    "numbersLeft": .int(status.numbersLeft),
                    "clockOffsetSeconds": status.clockOffsetSeconds.map { .int($0) } ?? .null,
                    "clockBackSeconds": status.clockBackSeconds.map { .int($0) } ?? .null,
                    "copied": .bool(store.isCopied), "historyLeft": .int(status.historyLeft),
                    "repaired": .int(status.repaired), "quarantined": .int(status.quarantined),
                ]), text(status, store, out))
        }
    }

    private func text(_ status: SiteStatus, _ store: SiteStore, _ out: CommandOutput) -> String {
        var lines = ["site \(store.site), \(store.deviceName)"]
        lines += status.whereDataIs(out)
        if status.quarantined > 0 {
            let saves = Texts.count(status.quarantined, "save")
            lines.append(
                out.attention("\(saves) of this site kept in quarantine at the centre: ask the coordinator"))
        }
        if status.openConflicts > 0 {
            lines.append(out.attention(Texts.count(status.openConflicts, "open conflict")))
        }
        if status.openQueries > 0 {
            lines.append(out.attention(Texts.count(status.openQueries, "open query", "open queries")))
        }
        if let offset = status.clockOffsetSeconds, abs(offset) > ClockTolerance.seconds {
            lines.append(
                out.attention("this laptop's clock was \(abs(offset)) s \(offset > 0 ? "ahead" : "behind")"))
        }
        if let back = status.clockBackSeconds {
            lines.append(out.attention("this laptop's clock ran backwards by \(back) s: set it"))
        }
        if status.historyLeft > 0 {
            let left = Texts.count(status.historyLeft, "entry", "entries")
            lines.append("\(left) of the history still to come: sync again")
        }
        if status.repaired > 0 {
            lines.append(
                out.attention("\(Texts.count(status.repaired, "record")) had to be repaired by a sync"))
        }
        if store.isCopied {
            lines.append(out.attention("this store was copied or put back: it writes a new journal"))
        }
        lines.append("\(Texts.count(status.numbersLeft, "participant number")) left")
        return lines.joined(separator: "\n")
    }
}

struct Sync: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring this laptop and the centre in step.",
        discussion: "Example: trialsync sync --user nurse-1")

    @Flag(help: "Keep in step until interrupted.") var watch = false
    @Flag(help: "End with exit code 4 if conflicts are open.") var strict = false
    @OptionGroup var options: StoreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        try await SiteStore.using(options) { store in
            if watch {
                let progress = store.watch { out.remark(Self.remark($0)) }
                for try await step in progress { try await report(step.totals, store, out) }
                return
            }
            let before = try await store.standing().pending
            var totals = SyncTotals()
            for try await progress in store.sync() {
                totals = progress.totals
                let totals = progress.totals
                if totals.historyLeft > 0 {
                    out.progress(totals.pulled, of: totals.pulled + totals.historyLeft, "filling in history")
                } else {
                    out.progress(totals.pushed, of: max(before, totals.pushed), "sending")
                }
            }
            out.endProgress()
            let conflicts = try await report(totals, store, out)
            if strict, conflicts > 0 { throw ExitStatus.needsPerson }
        }
    }

    /// What is said when nothing goes to and fro any more, and when it does again.
    private static func remark(_ problem: Problem?) -> String {
        guard let problem else { return "in touch with the centre again" }
        // What it answers it was reached for.
        guard problem.code == .serverUnreachable else {
            return "the centre cannot take anything now: \(problem)"
        }
        return "not in touch with the centre: \(problem)"
    }

    @discardableResult
    private func report(_ totals: SyncTotals, _ store: SiteStore, _ out: CommandOutput) async throws -> Int {
        let conflicts = try await store.conflicts().count
        var text =
            "\(totals.pushed) sent, \(totals.pulled) received, " + (totals.inStep ? "in step" : "not in step")
        if totals.broughtBack > 0 {
            text +=
                "; brought back \(Texts.count(totals.broughtBack, "entry", "entries")) that the centre lacked"
        }
        if totals.passedOn > 0 {
            text += "; passed on \(Texts.count(totals.passedOn, "entry", "entries")) of other laptops"
        }
        if conflicts > 0 { text += out.attention("; " + Texts.count(conflicts, "open conflict")) }
        if totals.quarantined > 0 { text += out.attention("; \(totals.quarantined) kept in quarantine") }
        if totals.repaired > 0 {
            text += out.attention("; \(Texts.count(totals.repaired, "record")) repaired")
        }
        if !totals.inStep { text += "\n" + out.attention(SiteStatus.whatDiffers) }
        let missing = try await store.standing().missing
        if missing > 0 {
            text += "\n" + out.attention("\(SiteStatus.missingText(missing)): see `trialsync status`")
        }
        out.answer(
            .keyed([
                "pushed": .int(totals.pushed), "pulled": .int(totals.pulled), "conflicts": .int(conflicts),
                "quarantined": .int(totals.quarantined), "bytesSent": .int(totals.bytesSent),
                "bytesReceived": .int(totals.bytesReceived), "roundTrips": .int(totals.roundTrips),
                "inStep": .bool(totals.inStep), "repaired": .int(totals.repaired),
                "broughtBack": .int(totals.broughtBack), "passedOn": .int(totals.passedOn),
                "missing": .int(missing),
            ]), text)
        return conflicts
    }
}

struct DigestCommand: TrialCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest",
        abstract: "The digest of this site's merged state, to compare with the centre's.",
        discussion: "Example: trialsync digest --user nurse-1")

    @OptionGroup var options: StoreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        try await SiteStore.using(options) { store in
            let found = try await store.digest()
            out.answer(
                .object([
                    .init(
                        store.site.text,
                        .keyed([
                            "records": .int(found.records), "entries": .int(found.entries),
                            "digest": .string(found.digest),
                        ]))
                ]),
                "\(store.site)  \(Texts.count(found.records, "record"))  "
                    + "\(Texts.count(found.entries, "entry", "entries"))  \(found.digest)")
        }
    }
}

struct Verify: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "Walk every journal, signature and receipt, and merge every record anew.",
        discussion: """
            Saves that are named as `store-rolled-back` and that nobody has any more are acknowledged as \
            lost, with a reason, which is kept. A record that is not what its entries give, though these are \
            whole, is written anew from them with --repair; entries are never altered.

            Example: trialsync verify --user nurse-1
            Example: trialsync verify --acknowledge 09ab/4 --reason 'disk replaced' --user nurse-1
            Example: trialsync verify --repair --user nurse-1
            """)

    @Option(help: "JOURNAL/N of a save that is lost for good: it is not named any more.")
    var acknowledge: String?
    @Option(help: "Why, with --acknowledge.") var reason: String?
    @Flag(help: "Write records and sums anew that do not follow from the entries.") var repair = false
    @OptionGroup var options: StoreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        guard (acknowledge == nil) == (reason == nil) else {
            throw Problem(
                .usage, "--acknowledge and --reason belong together", remedy: "give both or neither")
        }
        let report: VerifyReport
        do {
            report = try await SiteStore.using(options) { store in
                if let acknowledge, let reason { try await store.acknowledge(acknowledge, reason: reason) }
                return try await store.verify(repairing: repair)
            }
        } catch let problem as Problem where problem.code == .sealBroken {
            guard acknowledge == nil else {
                throw Problem(
                    .sealBroken, "\(problem.message): before the store opens nothing can be acknowledged",
                    remedy: "run `trialsync verify` without --acknowledge: it names the place")
            }
            // Something that is needed to open the store: what, and where, is found without it.
            let user = try options.person()
            report = try await SiteStore.verify(
                at: options.places, user: user, password: try PasswordPrompt.ask(user), repairing: repair)
            guard !report.problems.isEmpty || report.rebuilt?.isEmpty == false else { throw problem }
        }
        let damages: [ProblemCode] = [.sealBroken, .chainBroken, .storeDamaged]
        let isDamaged = !report.canRebuild && report.problems.contains { damages.contains($0.code) }
        out.answer(report.json, report.text + (isDamaged ? "\n" + Self.wayOutOfDamage : ""))
        if !report.problems.isEmpty { throw ExitStatus.failed }
    }

    private static let wayOutOfDamage =
        "this store is damaged or was altered: `trialsync bundle export FILE --rescue` brings out what was "
        + "not sent, as far as it can be read; then set its directory aside, enrol anew, and tell the "
        + "coordinator"
}
