/// A value of a register with the change that wrote it.
public struct Version: Hashable, Sendable {
    public let id: ChangeID
    /// Sorted by item.
    public let values: [ItemValue]
    /// The lock and void versions that the author of the change was shown; of a void, the data versions.
    public let guards: [ChangeID]

    public init(id: ChangeID, values: [ItemValue], guards: [ChangeID] = []) {
        (self.id, self.values, self.guards) = (id, values, guards)
    }

    /// The item's value, or `.empty` if this version says nothing of it.
    public func value(of item: String) -> Value { values.first { $0.item == item }?.value ?? .empty }

    /// Whether both say the same of every item.
    public func agrees(with other: Version) -> Bool {
        let items = Set(values.map(\.item)).union(other.values.map(\.item))
        return items.allSatisfy { value(of: $0).agrees(with: other.value(of: $0)) }
    }
}

/// One register of a record: its live versions, and the ids it waits for.
public struct RegisterState: Hashable, Sendable {
    /// The versions that no applied change says it replaces, sorted by id. More than one: siblings.
    public var live: [Version] = []
    /// Ids that were replaced before they were seen: they are dead on arrival. Sorted.
    public var awaited: [ChangeID] = []

    public init(live: [Version] = [], awaited: [ChangeID] = []) {
        (self.live, self.awaited) = (live, awaited)
    }

    /// Whether siblings differ, so that there is no agreed value.
    public var isInConflict: Bool {
        guard live.count > 1, let first = live.first else { return false }
        return live.dropFirst().contains { !$0.agrees(with: first) }
    }

    /// The version everybody agrees on; of equal siblings the one with the smallest id. `nil` in conflict or
    /// before any.
    public var agreed: Version? { isInConflict ? nil : live.first }
}

/// The merged state of one record: a pure function of the set of changes applied to it.
public struct RecordState: Hashable, Sendable {
    public let key: RecordKey
    /// By register name.
    public var registers: [String: RegisterState] = [:]
    /// Changes with verdict `held-lock` that no change cites yet. Sorted.
    public var held: [ChangeID] = []
    /// Cited changes that have not been applied. Sorted.
    public var cited: [ChangeID] = []

    public init(key: RecordKey) { self.key = key }

    public subscript(register: String) -> RegisterState { registers[register] ?? RegisterState() }

    /// The registers in the order of their names.
    public var sortedRegisters: [(name: String, state: RegisterState)] {
        registers.sorted { $0.key < $1.key }.map { (name: $0.key, state: $0.value) }
    }
}
