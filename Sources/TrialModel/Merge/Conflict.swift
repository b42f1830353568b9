import Crypto

/// The kinds of conflict, by the names that commands.md gives them.
public enum ConflictKind: String, Hashable, Sendable, CaseIterable {
    /// Versions of one register that were written apart and differ.
    case concurrentEdit
    /// An edit and a void that did not see each other.
    case editVersusVoid
    /// An edit that came in after a lock it had not seen.
    case editAfterLock
    /// Two records with one number.
    case duplicateNumber
}

/// A fact derived from a record's state, the same on every replica: something a person must decide.
public struct Conflict: Hashable, Sendable {
    public let id: ConflictID
    public let kind: ConflictKind
    public let record: RecordKey
    public let register: String
    /// The versions that stand against each other, sorted by id.
    public let siblings: [ChangeID]

    public init(kind: ConflictKind, record: RecordKey, register: String, siblings: [ChangeID]) {
        (self.kind, self.record, self.register) = (kind, record, register)
        self.siblings = siblings.sorted()
        id = Self.id(kind: kind, record: record, register: register, sorted: self.siblings)
    }

    /// The conflict of a change that came after a lock it had not seen.
    public static func editAfterLock(_ held: ChangeID, on record: RecordKey) -> Conflict {
        Conflict(kind: .editAfterLock, record: record, register: RegisterName.lock, siblings: [held])
    }

    /// The first 16 bytes of SHA-256 over a label, record, register, kind and the sorted sibling ids, each
    /// with its length.
    private static func id(
        kind: ConflictKind, record: RecordKey, register: String, sorted siblings: [ChangeID]
    ) -> ConflictID {
        var hash = SHA256()
        hash.update(data: Array("trialsync conflict v1".utf8))
        for part in [record.bytes, Array(register.utf8), Array(kind.rawValue.utf8)] {
            hash.update(lengthPrefixed: part)
        }
        for sibling in siblings { hash.update(data: sibling.bytes) }
        return ConflictID(prefixOf: hash.finalize())
    }
}

extension RecordState {
    /// The conflicts within this record, in the order of their registers. (`duplicateNumber` lies between
    /// records.)
    public var conflicts: [Conflict] {
        var found: [Conflict] = []
        for (name, register) in registers where awaitsDecision(name, register) {
            let siblings = register.live.map(\.id)
            found.append(Conflict(kind: .concurrentEdit, record: key, register: name, siblings: siblings))
        }
        if let conflict = editVersusVoid { found.append(conflict) }
        for id in held {
            found.append(.editAfterLock(id, on: key))
        }
        return found.sorted { ($0.register, $0.id) < ($1.register, $1.id) }
    }

    /// Whether anything in this record awaits a person's decision: cheaper than listing it.
    public var hasConflict: Bool {
        !held.isEmpty || registers.contains { awaitsDecision($0.key, $0.value) } || editVersusVoid != nil
    }

    /// Closing a query and opening it again apart is no conflict for a person: it is not closed.
    private func awaitsDecision(_ name: String, _ register: RegisterState) -> Bool {
        key.kind != .query && register.isInConflict && !RegisterName.isSideBySide(name)
    }
}
