package import SyncProtocol
package import TrialModel
import TrialStore

extension Centre {
    /// A version of the study, as it was published.
    package struct StudyVersion: Hashable, Sendable {
        package let version: Int
        package let at: DeviceTime
        package let by: String
        package let reason: String
    }

    /// Every version of the study, the one in force first.
    package func studyVersions() async throws -> [StudyVersion] {
        var filter = RecordFilter()
        (filter.site, filter.kinds) = (.all, [.study])
        var versions: [StudyVersion] = []
        for entry in try await replica.views(filter) {
            let key = entry.view.state.key
            let history = try await replica.history(of: key)
            guard let number = Int(key.name),
                let change = history.first(where: { $0.judgement?.verdict.kind == .applied })?.change
            else { continue }
            versions.append(
                StudyVersion(version: number, at: change.at, by: change.author, reason: change.reason))
        }
        return versions.sorted { $0.version > $1.version }
    }

    /// Laptops with access that have not been in contact since a version came into force, and so still run
    /// an older one.
    package func laptops(before version: StudyVersion) async throws -> [DeviceStatus] {
        try await devices().filter {
            $0.access == .admitted && ($0.device.lastSeenMilliseconds ?? 0) < version.at.milliseconds
        }
    }
}
