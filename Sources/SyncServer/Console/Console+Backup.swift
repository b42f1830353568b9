import TrialModel
import TrialPages
import TrialStore

/// How the last backup stands.
struct BackupModel: Sendable {
    let mark: String
    let standing: String
    let made: String
    let file: String
    let sha256: String
    /// Whether there is one at all.
    let isMade: Bool
}

extension Console {
    /// The last backup: when, and what its check found; before the first, that there is none.
    func backup(_ words: Words) async throws -> BackupModel {
        guard let record = try await centre.lastBackup() else {
            return BackupModel(
                mark: "attention", standing: words("noBackup"), made: "", file: "", sha256: "", isMade: false)
        }
        let hours = Int(max(0, centre.environment.now() - record.at.milliseconds) / 3_600_000)
        return BackupModel(
            mark: record.problems == 0 ? "agreed" : "attention",
            standing: record.problems == 0
                ? words("backupSound") : words("backupProblems", n: record.problems),
            made: words("backupMade", n: hours, ["time": words.time(record.at.iso8601)]),
            file: record.file, sha256: record.sha256, isMade: true)
    }
}
