import Crypto

/// A person's signature on a record.
public struct Signature: Hashable, Sendable {
    public let user: String
    /// What the person meant by it: "reviewed", "approved".
    public let meaning: String
    /// Of the data that was signed: ``RecordState/dataHash``.
    public let hash: String
    /// The change that carries it, and the person's Ed25519 signature over its bytes.
    public let id: ChangeID

    /// The items of the register's values.
    private static let (meaningItem, hashItem) = ("meaning", "hash")

    /// What a signature of this record writes.
    public static func values(meaning: String, of state: RecordState) -> [ItemValue] {
        [ItemValue(meaningItem, .text(meaning)), ItemValue(hashItem, .text(state.dataHash))]
    }

    fileprivate init?(_ version: Version, register: String) {
        guard let user = RegisterName.signer(register),
            case .text(let hash) = version.value(of: Self.hashItem)
        else { return nil }
        var meaning = ""
        if case .text(let text) = version.value(of: Self.meaningItem) { meaning = text }
        (self.user, self.meaning, self.hash, id) = (user, meaning, hash, version.id)
    }

    /// Whether the record's data is still exactly what was signed.
    public func isValid(on state: RecordState) -> Bool { hash == state.dataHash }
}

extension RecordState {
    /// The signatures that no later one of the same person replaces, in the order of the persons.
    public var signatures: [Signature] {
        sortedRegisters.flatMap { name, register in
            register.live.compactMap { Signature($0, register: name) }
        }
    }

    /// Names what is live in the data registers: SHA-256 over a label, the record's key and, sorted, each
    /// data register with its live ids, in hexadecimal. Locks, confirmations and signatures do not count.
    public var dataHash: String {
        var hash = SHA256()
        hash.update(data: Array("trialsync signature v1".utf8))
        hash.update(lengthPrefixed: key.bytes)
        for (name, register) in sortedRegisters where RegisterName.isData(name) && !register.live.isEmpty {
            hash.update(lengthPrefixed: Array(name.utf8))
            hash.update(lengthPrefixed: register.live.flatMap(\.id.bytes))
        }
        return Hex.encode(hash.finalize())
    }
}
