import Synchronization
import TrialModel

/// Study definitions that were read, by the change that published them: a definition never changes, so this
/// can not go stale.
final class StudyCache: Sendable {
    private let definitions = Mutex<[ChangeID: StudyDefinition]>([:])
    private static let limit = 16

    /// The definition in a study's record, or `nil` if it has none that all agree on.
    func definition(in record: RecordState) throws(Problem) -> StudyDefinition? {
        guard let version = record["@definition"].agreed else { return nil }
        if let known = definitions.withLock({ $0[version.id] }) { return known }
        guard case .text(let json) = version.value(of: "@definition") else { return nil }
        let definition = try StudyDefinition(json: Array(json.utf8))
        definitions.withLock { known in
            if known.count >= Self.limit { known.removeAll() }
            known[version.id] = definition
        }
        return definition
    }
}
