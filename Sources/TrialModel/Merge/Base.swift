/// What a person was shown of a record when the form was opened, and so what a save from it replaces,
/// whatever has come in since.
public struct Base: Hashable, Sendable {
    /// Of one register: the versions shown, and what those without a verdict replace, recursively.
    public struct Register: Hashable, Sendable {
        public var shown: [ChangeID]
        public var through: [ChangeID]

        public init(shown: [ChangeID], through: [ChangeID] = []) {
            (self.shown, self.through) = (shown, through)
        }
    }

    public var registers: [String: Register]
    /// The lock and void versions shown.
    public var guards: [ChangeID]

    public init(registers: [String: Register] = [:], guards: [ChangeID] = []) {
        (self.registers, self.guards) = (registers, guards)
    }
}

/// A record as a laptop shows it: the confirmed state with pending and borrowed changes merged on top.
public struct RecordView: Hashable, Sendable {
    /// Confirmed and unconfirmed together.
    public var state: RecordState
    /// The changes without a verdict that are part of this view, in the order they were merged.
    public private(set) var unconfirmed: [ChangeID: Change] = [:]

    public init(confirmed: RecordState) { state = confirmed }

    /// Merges a pending or borrowed change on top; a change that is part of the view already is passed over.
    public mutating func overlay<Failure>(
        _ change: Change, id: ChangeID, wasApplied: (ChangeID) throws(Failure) -> Bool
    ) throws(Failure) {
        guard unconfirmed[id] == nil, try !wasApplied(id) else { return }
        let known = unconfirmed
        try state.apply(change, id: id) { (other) throws(Failure) in
            if known[other] != nil { return true }
            return try wasApplied(other)
        }
        unconfirmed[id] = change
    }

    /// What a save from this view replaces. For each shown version without a verdict it also names, as
    /// `through`, what that version replaces, down to confirmed versions: if the pending one comes to
    /// nothing, the old value must not come back beside the new one.
    public var base: Base {
        var base = Base()
        for (name, register) in state.registers {
            let shown = register.live.map(\.id)
            var through: Set<ChangeID> = []
            var open = shown
            while let next = open.popLast() {
                guard let write = unconfirmed[next]?.writes.first(where: { $0.register == name }) else {
                    continue
                }
                for id in write.replaces + write.through where through.insert(id).inserted { open.append(id) }
            }
            base.registers[name] = Base.Register(shown: shown, through: through.subtracting(shown).sorted())
        }
        base.guards = (state[RegisterName.lock].live + state[RegisterName.void].live).map(\.id).sorted()
        return base
    }
}
