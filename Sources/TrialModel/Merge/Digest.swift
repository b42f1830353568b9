import Crypto

extension SHA256 {
    /// Adds a length (4 bytes, big-endian) and that many bytes, so that no two lists of parts look alike.
    mutating func update(lengthPrefixed bytes: [UInt8]) {
        let count = UInt32(bytes.count)
        update(data: [
            UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255),
        ])
        update(data: bytes)
    }
}

/// The digest of a set of records: the sum modulo 2^256 of their own digests, so that it moves with each
/// record at the cost of one hash and does not depend on any order.
public struct StateDigest: Hashable, Sendable {
    /// Little-endian words.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// The digest of no records.
    public init() {}

    /// - Returns: `nil` unless there are exactly 32 bytes, the most significant first.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var parts: [UInt64] = [0, 0, 0, 0]
        for (index, byte) in bytes.enumerated() {
            parts[3 - index / 8] = parts[3 - index / 8] << 8 | UInt64(byte)
        }
        words = (parts[0], parts[1], parts[2], parts[3])
    }

    /// 32 bytes, the most significant first.
    public var bytes: [UInt8] {
        [words.3, words.2, words.1, words.0].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
        }
    }

    public var hex: String { Hex.encode(bytes) }

    public mutating func add(_ other: StateDigest) {
        var carry: UInt64 = 0
        words.0 = Self.sum(words.0, other.words.0, &carry)
        words.1 = Self.sum(words.1, other.words.1, &carry)
        words.2 = Self.sum(words.2, other.words.2, &carry)
        words.3 = Self.sum(words.3, other.words.3, &carry)
    }

    public mutating func subtract(_ other: StateDigest) {
        var negated = StateDigest()
        negated.words = (~other.words.0, ~other.words.1, ~other.words.2, ~other.words.3)
        var one = StateDigest()
        one.words.0 = 1
        negated.add(one)
        add(negated)
    }

    private static func sum(_ left: UInt64, _ right: UInt64, _ carry: inout UInt64) -> UInt64 {
        let (partial, first) = left.addingReportingOverflow(right)
        let (total, second) = partial.addingReportingOverflow(carry)
        carry = first || second ? 1 : 0
        return total
    }

    public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.3)
    }
}

extension RecordState {
    /// SHA-256 over the key, the sorted registers with their sorted live ids, and the sorted open held ids.
    /// A record without a live version and without a held change counts for nothing (all zero).
    public var digest: StateDigest {
        guard !held.isEmpty || registers.values.contains(where: { !$0.live.isEmpty }) else {
            return StateDigest()
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64 + 40 * registers.count)
        for (name, register) in sortedRegisters where !register.live.isEmpty {
            bytes.append(UInt8(clamping: name.utf8.count))
            bytes += Array(name.utf8)
            bytes.append(contentsOf: [
                UInt8(truncatingIfNeeded: register.live.count >> 8),
                UInt8(truncatingIfNeeded: register.live.count),
            ])
            for version in register.live { bytes += version.id.bytes }
        }
        bytes.append(0)
        for id in held { bytes += id.bytes }
        var hash = SHA256()
        hash.update(lengthPrefixed: key.bytes)
        hash.update(data: bytes)
        return StateDigest(bytes: Array(hash.finalize())) ?? StateDigest()
    }
}
