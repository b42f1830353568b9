import Crypto
package import FoundationEssentials
package import TrialModel

/// The hashes that make journals tamper-evident. docs/protocol.md gives the same formulas for other programs.
package enum Chain {
    /// ChangeID = the first 16 bytes of SHA-256("trialsync change v1" ‖ 0 ‖ bytes).
    package static func changeID(of bytes: Data) -> ChangeID {
        ChangeID(prefixOf: labelled("trialsync change v1", bytes))
    }

    /// JournalID = the first 16 bytes of SHA-256("trialsync journal v1" ‖ 0 ‖ header).
    package static func journalID(ofHeader header: Data) -> JournalID {
        JournalID(prefixOf: labelled("trialsync journal v1", header))
    }

    /// The name of a segment: the same over the journal's id, the place just before it and the chain hash
    /// there, and its first entry's hash.
    package static func segmentID(of journal: JournalID, after n: UInt64, first: ChainHash) -> JournalID {
        var bytes = Data(journal.bytes)
        bytes.append(bigEndian: n)
        bytes.append(first.data)
        return JournalID(prefixOf: labelled("trialsync segment v1", bytes))
    }

    /// The hash of entry `n`: SHA-256(journal ‖ n (8 bytes, big-endian) ‖ previous hash ‖ bytes). Entry 0 is
    /// the header.
    package static func hash(journal: JournalID, n: UInt64, previous: ChainHash, bytes: Data) -> ChainHash {
        var prefix: [UInt8] = journal.bytes
        prefix.reserveCapacity(56)
        for shift in stride(from: 56, through: 0, by: -8) {
            prefix.append(UInt8(truncatingIfNeeded: n >> UInt64(shift)))
        }
        previous.withBytes { prefix.append(contentsOf: $0) }
        var hash = SHA256()
        hash.update(data: prefix)
        hash.update(data: bytes)
        return ChainHash(hash.finalize())
    }

    /// v(n) = SHA-256(v(n-1) ‖ entry hash ‖ kind (1 byte) ‖ code length (1 byte) ‖ code ‖ received-at ms (8
    /// bytes)).
    package static func verdict(
        previous: ChainHash, entry: ChainHash, verdict: Verdict, receivedMilliseconds: Int64
    ) -> ChainHash {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(96)
        previous.withBytes { bytes.append(contentsOf: $0) }
        entry.withBytes { bytes.append(contentsOf: $0) }
        let code = Array(verdict.code.utf8.prefix(255))
        bytes.append(verdict.kind.rawValue)
        bytes.append(UInt8(code.count))
        bytes += code
        let moment = UInt64(bitPattern: receivedMilliseconds)
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: moment >> UInt64(shift)))
        }
        return ChainHash(SHA256.hash(data: bytes))
    }

    private static func labelled(_ label: String, _ bytes: Data) -> SHA256Digest {
        var hash = SHA256()
        hash.update(data: Array(label.utf8) + [0])
        hash.update(data: bytes)
        return hash.finalize()
    }
}

extension Data {
    /// Appends eight bytes, the most significant first.
    package mutating func append(bigEndian number: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }
}
