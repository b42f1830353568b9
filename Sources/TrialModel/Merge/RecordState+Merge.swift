extension RecordState {
    /// Merges one change: **a version is live unless some change says that it replaces it**. That is the
    /// whole rule.
    ///
    /// The caller gives each ChangeID effect once. Then any order and grouping of the same changes gives the
    /// same state: a replaced id that has not been applied yet is remembered until it arrives, and is dead on
    /// arrival.
    ///
    /// - Parameters:
    ///   - wasApplied: whether a change has been applied to this record already. Asked only of replaced ids
    ///     that are not live, which is rare.
    /// - Complexity: O(registers written x siblings).
    public mutating func apply<Failure>(
        _ change: Change, id: ChangeID, wasApplied: (ChangeID) throws(Failure) -> Bool
    ) throws(Failure) {
        _ = held.remove(sorted: id)
        _ = cited.remove(sorted: id)
        for (name, register) in registers where register.awaited.contains(id) {
            // Whoever replaced it in a register that it never wrote waits for nothing.
            if !change.writes.contains(where: { $0.register == name }) { registers[name]?.forget(id) }
        }
        for write in change.writes {
            var register = registers[write.register] ?? RegisterState()
            for replaced in write.replaces { try register.replace(replaced, wasApplied: wasApplied) }
            for replaced in write.through { try register.replace(replaced, wasApplied: wasApplied) }
            register.add(Version(write, of: change, id: id))
            registers[write.register] = register
        }
        // A query's message cites what its author was shown; that decides nothing.
        guard change.kind != .query else { return }
        for other in change.cites { try settle(other, wasApplied: wasApplied) }
    }

    /// Keeps a change that the centre took and did not apply because the record was locked.
    public mutating func hold(_ id: ChangeID) {
        guard !cited.contains(id) else { return }
        held.insert(sorted: id)
    }

    /// Marks a version as replaced before it is seen: it is dead on arrival.
    package mutating func expectReplaced(_ id: ChangeID, in register: String) {
        guard let known = registers[register], !known.live.contains(where: { $0.id == id }) else { return }
        registers[register]?.awaited.insert(sorted: id)
    }

    private mutating func settle<Failure>(
        _ id: ChangeID, wasApplied: (ChangeID) throws(Failure) -> Bool
    ) throws(Failure) {
        _ = held.remove(sorted: id)
        if try !wasApplied(id) { cited.insert(sorted: id) }
    }
}

extension Version {
    /// The version that a change writes. A void keeps the data versions that its author was shown.
    package init(_ write: RegisterWrite, of change: Change, id: ChangeID) {
        let guards = write.register == RegisterName.void ? change.cites : change.guards
        self.init(id: id, values: write.values, guards: guards)
    }
}

extension RegisterState {
    fileprivate mutating func replace<Failure>(
        _ id: ChangeID, wasApplied: (ChangeID) throws(Failure) -> Bool
    ) throws(Failure) {
        if let index = live.firstIndex(where: { $0.id == id }) {
            live.remove(at: index)
        } else if !awaited.contains(id), try !wasApplied(id) {
            awaited.insert(sorted: id)
        }
    }

    fileprivate mutating func forget(_ id: ChangeID) { _ = awaited.remove(sorted: id) }

    fileprivate mutating func add(_ version: Version) {
        if awaited.remove(sorted: version.id) { return }
        let index = live.firstIndex { $0.id > version.id } ?? live.endIndex
        live.insert(version, at: index)
    }
}

extension [ChangeID] {
    /// Keeps the order and holds each id once.
    fileprivate mutating func insert(sorted id: ChangeID) {
        let index = firstIndex { $0 >= id } ?? endIndex
        if index == endIndex || self[index] != id { insert(id, at: index) }
    }

    /// - Returns: whether the id was there.
    fileprivate mutating func remove(sorted id: ChangeID) -> Bool {
        guard let index = firstIndex(of: id) else { return false }
        remove(at: index)
        return true
    }
}
