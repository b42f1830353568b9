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
            sync what they hold and the backup does not.

            Example: trialsyncd restore /mnt/backup/centre-2026-11-23.backup
            """)

    @Argument(help: "A file that `backup` wrote.") var file: String
    @Flag(help: "Only check the backup and its passphrase; change nothing.") var dryRun = false
    @OptionGroup var options: CentreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        let passphrase = try PasswordPrompt.askPassphrase(new: false)
        guard !dryRun else {
            let report = try await Centre.check(file, in: options.directory, passphrase: passphrase)
            out.answer(
                report.json,
                "\(report.file) is sound: \(report.check.entries) entries\nsha256 \(report.sha256)"
                    + report.warning(out))
            guard report.check.problems.isEmpty else { throw ExitStatus.needsPerson }
            return
        }
        let done = try await Centre.restore(file, in: options.directory, passphrase: passphrase)
        let kept = done.replaced.map { "\nwhat was there is in \($0)" } ?? ""
        out.answer(
            done.report.json.adding([
                "epoch": .string(Hex.encode(done.epoch)), "replaced": .optional(done.replaced),
            ]),
            "restored \(done.report.check.entries) entries from \(done.report.file)\(kept)"
                + "\nstart the daemon: laptops bring back what came after the backup"
                + done.report.warning(out))
        guard done.report.check.problems.isEmpty else { throw ExitStatus.needsPerson }
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
