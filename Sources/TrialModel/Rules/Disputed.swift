/// Records on which an edit stands against a lock or a void.
///
/// Until a person decides, the record stands as the lock or the void left it, and nobody knows what it will
/// say. So a report takes the headline from the record as it stands, and bounds it by the record in dispute.
extension ParticipantCase {
    /// The participant with every visit in dispute shown as in conflict, and none of those void; `nil` if no
    /// visit is in dispute.
    var inDispute: ParticipantCase? {
        guard visits.contains(where: { $0.disputed != nil }) else { return nil }
        let visits = visits.map { visit in
            visit.disputed.map {
                CaseVisit(
                    event: visit.event, occurrence: visit.occurrence, values: $0, shortID: visit.shortID)
            } ?? visit
        }
        return ParticipantCase(participant: participant, site: site, visits: visits, lines: lines)
    }
}

extension RecordValues {
    /// The values of a record with what a lock or a void stands against shown as in conflict.
    ///
    /// A change that a lock holds puts the registers that it wrote in conflict, beside what is live in them.
    /// A void that an edit stands against puts every register in conflict, beside nothing at all: either the
    /// whole record counts, or none of it.
    ///
    /// - Parameter held: the changes that ``RecordState/held`` names.
    /// - Returns: `nil` if nothing is in dispute.
    public init?(disputed state: RecordState, held: [(id: ChangeID, change: Change)]) {
        var versions: [String: [Version]] = [:]
        for (id, change) in held {
            for write in change.writes where RegisterName.isData(write.register) {
                let live = state[write.register].live
                let before = live.isEmpty ? [Version(id: id, values: [])] : live
                versions[write.register, default: before].append(Version(write, of: change, id: id))
            }
        }
        if let void = state.editVersusVoid?.siblings.first {
            for (name, register) in state.registers where RegisterName.isData(name) {
                versions[name, default: register.live].append(Version(id: void, values: []))
            }
        }
        guard !versions.isEmpty else { return nil }
        let settled = RecordValues(state)
        let items = Set(versions.values.flatMap { $0 }.flatMap(\.values).map(\.item))
        self.init(
            agreed: settled.agreed.filter { !items.contains($0.key) },
            conflicts: settled.conflicts.merging(versions) { $1 })
    }
}
