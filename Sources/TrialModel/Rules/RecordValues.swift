/// What one record says of the study's items: agreed values, and what stands against what.
public struct RecordValues: Hashable, Sendable {
    /// The agreed values by item OID; items of registers in conflict have none.
    public let agreed: [String: Value]
    /// The live versions of each register in conflict, by register.
    public let conflicts: [String: [Version]]

    public init(agreed: [String: Value] = [:], conflicts: [String: [Version]] = [:]) {
        (self.agreed, self.conflicts) = (agreed, conflicts)
    }

    /// The values of the data registers of a record; registers of the record itself (`@lock`, `signature/…`)
    /// are left out.
    public init(_ state: RecordState) {
        var agreed: [String: Value] = [:]
        var conflicts: [String: [Version]] = [:]
        for (name, register) in state.registers where RegisterName.isData(name) {
            if register.isInConflict { conflicts[name] = register.live }
            for entry in register.agreed?.values ?? [] { agreed[entry.item] = entry.value }
        }
        self.init(agreed: agreed, conflicts: conflicts)
    }

    /// The agreed value of an item; ``Value/empty`` if there is none.
    public func value(of item: String) -> Value { agreed[item] ?? .empty }

    /// Whether people disagree on the item.
    public func isInConflict(_ item: Item) -> Bool { conflicts[item.register] != nil }

    /// The values that the item may come to have: the agreed one, or in conflict those of the versions, each
    /// once, in the order of the versions. Versions that differ in another item may have one value of this.
    public func candidates(of item: Item) -> [Value] {
        guard let versions = conflicts[item.register] else { return [value(of: item.oid)] }
        var values: [Value] = []
        for version in versions where !values.contains(version.value(of: item.oid)) {
            values.append(version.value(of: item.oid))
        }
        return values
    }

    /// Whether nothing was ever saved.
    public var isEmpty: Bool { agreed.isEmpty && conflicts.isEmpty }
}
