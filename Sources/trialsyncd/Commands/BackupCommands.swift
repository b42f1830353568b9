import ArgumentParser
import SyncServer
import TrialCommand
import TrialModel
import TrialStore

struct Backup: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a whole, checked copy of the centre into one file, while it runs.",
        discussion: """
            The keys in it are sealed under a passphrase, which is asked for or read from \
            TRIALSYNC_PASSPHRASE. Without it the backup is worthless: keep it apart from the file.

            Example: trialsyncd backup /mnt/backup/centre-2026-11-23.backup
            """)

    @Argument(help: "A file that does not exist yet.") var file: String
    @OptionGroup var options: CentreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        let passphrase = try PasswordPrompt.askPassphrase(new: true)
        let report = try await Centre.using(options) { try await $0.backup(to: file, passphrase: passphrase) }
        out.answer(
            report.json,
            "backed up \(report.check.entries) entries to \(report.file)\nsha256 \(report.sha256)"
                + report.warning(out))
        guard report.check.problems.isEmpty else { throw ExitStatus.needsPerson }
    }
}

struct Restore: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a backup in the place of what the directory holds; the daemon must not run.",
        discussion: """
            What was there moves to replaced-TIME in the directory. Laptops bring back at their next \
            sync what they hold and the backup does not. What the centre itself wrote since is named, if the \
            store that is replaced can be read; --keep-newer brings it in, if that store verifies.

            Example: trialsyncd restore /mnt/backup/centre-2026-11-23.backup
            """)

    @Argument(help: "A file that `backup` wrote.") var file: String
    @Flag(help: "Only check the backup and its passphrase; change nothing.") var dryRun = false
    @Flag(help: "Bring in what the store that is replaced holds and the backup does not.")
    var keepNewer = false
    @OptionGroup var options: CentreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        let passphrase = try PasswordPrompt.askPassphrase(new: false)
        guard !dryRun else { return try await check(passphrase, out) }
        let done = try await Centre.restore(
            file, in: options.directory, passphrase: passphrase, keepsNewer: keepNewer)
        var lines = ["restored \(done.backup.check.entries) entries from \(done.backup.file)"]
        lines += done.replaced.map { ["what was there is in \($0)"] } ?? []
        lines += done.newer.lines(
            done.backup, out, broughtIn: done.broughtIn, remedy: done.replaced.map(Self.remedy) ?? "")
        lines += Self.lines(done.endings, out)
        lines.append("start the daemon: laptops bring back what came after the backup")
        out.answer(
            done.backup.json.adding([
                "epoch": .string(Hex.encode(done.epoch)), "replaced": .optional(done.replaced),
                "newest": .optional(done.backup.newest), "notInBackup": done.newer.json,
                "broughtIn": done.broughtIn.map { JSON.int($0) },
                "accessEnded": .array((done.endings ?? []).map(JSON.string)),
            ]),
            lines.joined(separator: "\n") + done.backup.warning(out))
        guard done.backup.check.problems.isEmpty else { throw ExitStatus.needsPerson }
    }

    private func check(_ passphrase: String, _ out: CommandOutput) async throws {
        let (report, newer) = try await Centre.check(file, in: options.directory, passphrase: passphrase)
        let isSound = report.check.problems.isEmpty
        let head =
            isSound
            ? "\(report.file) is sound: \(report.check.entries) entries"
            : "\(report.file) opens, and is not sound: \(report.check.entries) entries"
        let lines =
            ["\(head)\nsha256 \(report.sha256)"]
            + newer.lines(
                report, out, remedy: "`restore --keep-newer` brings it in")
        out.answer(
            report.json.adding(["newest": .optional(report.newest), "notInBackup": newer.json]),
            lines.joined(separator: "\n") + report.warning(out))
        guard isSound else { throw ExitStatus.needsPerson }
    }

    private static func remedy(_ replaced: String) -> String {
        "`trialsyncd bring-in \(replaced)` brings it in; or it is to be done again where no laptop had got it"
    }

    /// What holds on of the access that was ended since the backup; or that somebody has to look.
    private static func lines(_ endings: [String]?, _ out: CommandOutput) -> [String] {
        guard let endings else {
            return [
                out.attention(
                    "whose access was ended since the backup is not known: see `device list` and `user list`")
            ]
        }
        guard !endings.isEmpty else { return [] }
        return ["access that was ended or given back since the backup, and stays so:"]
            + endings.map { "  " + $0 }
    }
}

struct BringIn: TrialCommand {
    static let configuration = CommandConfiguration(
        commandName: "bring-in",
        abstract: "Take in what the store that a restore replaced holds and this one does not.",
        discussion: """
            That store must verify, and be this centre's. What it says of entries that are here already \
            changes nothing. The daemon may run.

            Example: trialsyncd bring-in /var/lib/trialsync/replaced-20261123T024500Z
            """)

    @Argument(help: "A directory that `restore` made.") var replaced: String
    @OptionGroup var options: CentreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        try await Centre.using(options) { centre in
            let count = try await centre.bringIn(DataDirectory(replaced))
            out.answer(
                .keyed(["broughtIn": .int(count)]),
                "brought in \(Texts.count(count, "entry", "entries")) from \(replaced)")
        }
    }
}

extension NewerThanBackup {
    /// `null` if it is not known.
    fileprivate var json: JSON {
        guard case .written(let written) = self else {
            return if case .nothingReplaced = self { .keyed(["count": .int(0), "first": .array([])]) } else {
                .null
            }
        }
        let first = written.first.map { entry in
            JSON.keyed([
                "entry": .string(entry.stamp.entry), "kind": .string(entry.kind),
                "site": .string(entry.stamp.site), "participant": .string(entry.participant),
                "record": .string(entry.place), "subject": .string(written.subject(of: entry)),
                "act": .string(entry.act), "author": .string(entry.stamp.author),
                "at": .string(entry.stamp.at),
            ])
        }
        return .keyed(["count": .int(written.count), "first": .array(first)])
    }

    /// - Parameter remedy: what brings it back.
    fileprivate func lines(
        _ backup: Centre.BackupReport, _ out: CommandOutput, broughtIn: Int? = nil, remedy: String
    ) -> [String] {
        switch self {
        case .nothingReplaced: return []
        case .unknown(let why):
            let newest = backup.newest.map { " (its newest entry is of \($0))" } ?? ""
            return [
                out.attention(
                    "what the centre itself wrote since the backup\(newest) is not known: \(why)")
            ]
        case .written(let written):
            guard written.count > 0 else { return [] }
            let entries = Texts.count(written.count, "entry", "entries")
            let head = "\(entries) that the centre itself wrote after the backup:"
            let named = written.first.map { entry in
                let subject = written.subject(of: entry)
                let what = entry.act.isEmpty ? "\(entry.kind) \(subject)" : "\(subject): \(entry.act)"
                return "  \(entry.stamp.at)  \(entry.stamp.author)  \(what)"
            }
            let rest = written.count - written.first.count
            let more = rest > 0 ? ["  and \(rest) more"] : []
            let end = broughtIn.map { "brought in \($0) entries, these among them" } ?? remedy
            return [out.attention(head)] + named + more + (end.isEmpty ? [] : [end])
        }
    }
}

extension Centre.BackupReport {
    fileprivate var json: JSON {
        .keyed([
            "file": .string(file), "entries": .int(check.entries), "sha256": .string(sha256),
            "problems": .int(check.problems.count),
        ])
    }

    fileprivate func warning(_ out: CommandOutput) -> String {
        guard !check.problems.isEmpty else { return "" }
        return "\n" + out.attention("verify finds \(Texts.count(check.problems.count, "problem")) in it")
            + "\n" + check.text
    }
}
