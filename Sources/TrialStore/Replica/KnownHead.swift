package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// A place in a journal that something outside the store remembers: a store that does not hold it is older
/// than that, or was put back.
package struct KnownHead: Hashable, Sendable {
    package let journal: JournalID
    package let n: UInt64
    package let hash: ChainHash

    package init(journal: JournalID, n: UInt64, hash: ChainHash) {
        (self.journal, self.n, self.hash) = (journal, n, hash)
    }

    private static let byteCount = 56

    /// JournalID (16) ‖ n (8) ‖ hash (32).
    package var bytes: Data {
        var bytes = Data(journal.bytes)
        bytes.append(bigEndian: n)
        return bytes + hash.data
    }

    package init?(bytes: Data) {
        let bytes = Data(bytes)
        guard bytes.count == Self.byteCount, let journal = JournalID(bytes: bytes[..<16]),
            let hash = ChainHash(Data(bytes[24...]))
        else { return nil }
        self.init(journal: journal, n: bytes[16..<24].reduce(0) { $0 << 8 | UInt64($1) }, hash: hash)
    }

    fileprivate static func list(_ bytes: Data) -> [KnownHead] {
        stride(from: 0, to: bytes.count, by: byteCount).compactMap {
            KnownHead(bytes: Data(bytes.dropFirst($0).prefix(byteCount)))
        }
    }
}

extension SQLiteReplica {
    /// The entry that each site took last.
    package func newestHeads() async throws -> [KnownHead] {
        try await read { store in
            try store.rows(
                """
                SELECT j.name, e.n, e.hash, max(e.seq) FROM journal j
                JOIN entry e ON e.journal = j.id AND e.n = j.n GROUP BY j.site ORDER BY j.site
                """
            ).compactMap { row in
                guard let journal = JournalID(bytes: row[0] as Data), let hash = ChainHash(row[2] as Data),
                    let n = UInt64(exactly: row[1] as Int64)
                else { return nil }
                return KnownHead(journal: journal, n: n, hash: hash)
            }
        }
    }

    /// Those of the heads whose entry is not here, in whatever journal.
    package func missing(of heads: [KnownHead]) async throws -> [KnownHead] {
        try await read { store in try heads.filter { try !store.holds($0) } }
    }

    /// Remembers a head that this store should have and has not, until it comes back: `verify` says so.
    package func noteMissing(_ head: KnownHead) async throws {
        try await write { store in
            var heads = try store.missingHeads()
            guard !heads.contains(head) else { return }
            heads.append(head)
            try store.set(StoreTransaction.missingSetting, to: heads.reduce(Data()) { $0 + $1.bytes })
        }
    }
}

extension StoreTransaction {
    fileprivate static let missingSetting = "missing-heads"

    fileprivate func missingHeads() throws -> [KnownHead] {
        KnownHead.list(try setting(Self.missingSetting) ?? Data())
    }

    /// Whether the entry is here: at its place, waiting, issued anew, or in a segment of another name.
    fileprivate func holds(_ head: KnownHead) throws -> Bool {
        if try isFormerHead(journal: head.journal, n: head.n, hash: head.hash) { return true }
        let place = try journal(head.journal).flatMap { journal in
            try row(
                """
                SELECT hash FROM entry WHERE journal = ?1 AND n = ?2
                UNION ALL SELECT hash FROM pending WHERE journal = ?1 AND n = ?2
                """, [journal.rowID, Int64(head.n)])
        }
        if place.map({ $0[0] as Data }) == head.hash.data { return true }
        return try row("SELECT 1 FROM entry WHERE hash = ? LIMIT 1", [head.hash.data]) != nil
    }
}

extension StoreCheck {
    /// - Parameter heads: what something outside the store remembers of it, besides what it noted itself.
    mutating func walkKnownHeads(_ heads: [KnownHead]) throws {
        let noted = (try? store.missingHeads()) ?? []
        for head in noted + heads.filter({ !noted.contains($0) }) where try !store.holds(head) {
            add(
                .storeRolledBack, "\(head.journal.hex.prefix(8))/\(head.n)",
                "this entry stood here once, and the store is from before it")
        }
    }
}
