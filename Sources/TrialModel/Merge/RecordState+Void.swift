extension Version {
    /// Of a lock or void register: whether this version says that the record is locked or void.
    package var saysYes: Bool { values.contains { $0.value == .yesNo(true) } }
}

extension RegisterState {
    /// Of a lock or void register: the versions that say yes. There are several only after they were made
    /// apart.
    package var standings: [ChangeID] { live.filter(\.saysYes).map(\.id) }

    /// Of a lock or void register: a version that says yes, if one does.
    package var standing: ChangeID? { live.first(where: \.saysYes)?.id }
}

extension RecordState {
    /// The changes that wrote what is live in the data registers, each once, sorted: what a person who sees
    /// the record sees of it, and what a void cites.
    public var liveData: [ChangeID] {
        var ids: Set<ChangeID> = []
        for (name, register) in registers where RegisterName.isData(name) {
            ids.formUnion(register.live.lazy.map(\.id))
        }
        return ids.sorted()
    }

    /// The void and the live edits that did not see each other, if there are any: one decision, whatever the
    /// number of edits.
    ///
    /// A version of the void register keeps as its guards the data versions that its author was shown, any
    /// other version the lock and void versions. Direct ids are enough: an edit that the author of a void
    /// knew and that is live now was live then.
    var editVersusVoid: Conflict? {
        let voids = self[RegisterName.void].live.filter(\.saysYes)
        guard !voids.isEmpty else { return nil }
        var siblings: Set<ChangeID> = []
        for (name, register) in registers where RegisterName.isData(name) {
            for edit in register.live {
                for void in voids where !void.guards.contains(edit.id) && !edit.guards.contains(void.id) {
                    siblings.formUnion([void.id, edit.id])
                }
            }
        }
        guard !siblings.isEmpty else { return nil }
        return Conflict(
            kind: .editVersusVoid, record: key, register: RegisterName.void, siblings: siblings.sorted())
    }
}
