import Foundation
import SyncProtocol
package import TrialModel
import TrialStore

/// The last backup, as the centre remembers it: when, where, and what the walk over the copy found.
package struct BackupRecord: Codable, Hashable, Sendable {
    package let file: String
    package let sha256: String
    package let entries: Int
    /// How many problems the walk over the copy found: none in a sound one.
    package let problems: Int
    let milliseconds: Int64

    package var at: DeviceTime { DeviceTime(milliseconds: milliseconds, offsetMinutes: 0) }
}

extension Centre {
    private static let backupSetting = "last-backup"

    /// The last backup that `backup` finished; `nil` before the first. Whether the file is still there, and
    /// what another program copies, the centre does not know.
    package func lastBackup() async throws -> BackupRecord? {
        guard let bytes = try await replica.setting(Self.backupSetting) else { return nil }
        do { return try JSONDecoder().decode(BackupRecord.self, from: bytes) } catch {
            throw Problem(.storeDamaged, "the record of the last backup cannot be read")
        }
    }

    func note(_ report: BackupReport) async throws {
        let record = BackupRecord(
            file: URL(fileURLWithPath: report.file).path, sha256: report.sha256,
            entries: report.check.entries, problems: report.check.problems.count,
            milliseconds: environment.now())
        try await replica.set(Self.backupSetting, to: try JSONEncoder().encode(record))
    }
}
