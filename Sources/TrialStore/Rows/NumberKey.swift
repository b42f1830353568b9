import FoundationEssentials
package import TrialModel

/// A number that people use, within what it is unique in: a participant's in the trial, a repeat's in its
/// participant's event. Two records with the same number key are in conflict.
package struct NumberKey: Hashable, Sendable {
    let bytes: [UInt8]

    package static func participant(_ number: String) -> NumberKey {
        NumberKey(bytes: [1] + Array(number.utf8))
    }

    package static func visit(_ participant: EnrolmentID, event: String, number: Int) -> NumberKey {
        NumberKey(bytes: [2] + participant.bytes + Array("\(event) \(number)".utf8))
    }

    /// The number of a record, as it is displayed.
    init?(_ key: RecordKey, number: String) {
        switch (key.kind, key.participant) {
        case (.participant, _): self = .participant(number)
        case (.unscheduledVisit, let participant?):
            bytes = [2] + participant.bytes + Array("\(key.name) \(number)".utf8)
        default: return nil
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    init?(_ state: RecordState) {
        guard let number = state.number else { return nil }
        self.init(state.key, number: number)
    }

    /// The number that a change gives its record, if it gives one.
    init?(_ change: Change) {
        guard let write = change.writes.first(where: { $0.register == RegisterName.number }),
            case .text(let number)? = write.values.first?.value
        else { return nil }
        self.init(change.record, number: number)
    }
}
