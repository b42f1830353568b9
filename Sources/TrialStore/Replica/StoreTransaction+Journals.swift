import FoundationEssentials
import GRDB
import SyncProtocol
import TrialModel

extension StoreTransaction {
    func journal(_ id: JournalID) throws -> JournalRow? {
        try row("SELECT \(JournalRow.columns) FROM journal WHERE name = ?", [Data(id.bytes)]).map(
            JournalRow.init)
    }

    func journals(site: Int64) throws -> [JournalRow] {
        try rows("SELECT \(JournalRow.columns) FROM journal WHERE site = ? ORDER BY id", [site]).map(
            JournalRow.init)
    }

    /// The journal that this replica writes for a site, if one is open.
    func openJournal(site: Int64) throws -> JournalRow? {
        try row(
            "SELECT \(JournalRow.columns) FROM journal WHERE site = ? AND open = 1 ORDER BY id DESC LIMIT 1",
            [site]
        )
        .map(JournalRow.init)
    }

    func insert(_ introduction: JournalIntroduction, site: Int64, own: Bool = false) throws -> JournalRow {
        try execute(
            """
            INSERT INTO journal (name, site, header, segment, device, hash, verdict_hash, own, open)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                Data(introduction.id.bytes), site, introduction.header,
                JournalRow.encode(introduction.segment),
                Data(introduction.certificate.device.bytes), introduction.root.data, ChainHash.zero.data, own,
                own,
            ])
        guard let row = try journal(introduction.id) else {
            throw Problem(.storeFailed, "a journal was not written")
        }
        return row
    }

    /// Writes the head of what is confirmed. The centre, too, holds what is confirmed.
    func update(_ journal: JournalRow) throws {
        try execute(
            "UPDATE journal SET n = ?, hash = ?, verdict_hash = ?, centre_n = ?, open = ? WHERE id = ?",
            [
                Int64(journal.n), journal.hash.data, journal.verdictHash.data, Int64(journal.centreN),
                journal.isOpen,
                journal.rowID,
            ])
    }

    /// The chain hash at a place of a journal that is held at least so far.
    func hash(of journal: JournalRow, at n: UInt64) throws -> ChainHash {
        if n == journal.n { return journal.hash }
        if n == 0 { return journal.introduction.root }
        guard
            let row = try row(
                "SELECT hash FROM entry WHERE journal = ? AND n = ?", [journal.rowID, Int64(n)]),
            let hash = ChainHash(row[0] as Data)
        else { throw Problem(.storeDamaged, "an entry in the middle of a journal is missing") }
        return hash
    }

    /// The verdict chain at a place: from the nearest receipt before it, so at most a page of hashing.
    func verdictHash(of journal: JournalRow, at n: UInt64) throws -> ChainHash {
        if n == journal.n { return journal.verdictHash }
        var (place, hash): (UInt64, ChainHash) = (0, .zero)
        if let row = try row(
            "SELECT n, verdict_hash FROM receipt WHERE journal = ? AND n <= ? ORDER BY n DESC LIMIT 1",
            [journal.rowID, Int64(n)])
        {
            guard let known = ChainHash(row[1] as Data) else {
                throw Problem(.storeDamaged, "a receipt cannot be read")
            }
            (place, hash) = (row.place(0), known)
        }
        guard place < n else { return hash }
        let statement = try db.cachedStatement(
            sql:
                """
                SELECT hash, verdict, code, received_at FROM entry
                WHERE journal = ? AND n > ? AND n <= ? ORDER BY n
                """
        )
        let cursor = try Row.fetchCursor(statement, arguments: [journal.rowID, Int64(place), Int64(n)])
        while let row = try cursor.next() {
            guard let entry = ChainHash(row[0] as Data) else {
                throw Problem(.storeDamaged, "a hash cannot be read")
            }
            hash = Chain.verdict(
                previous: hash, entry: entry, verdict: try Self.verdict(row[1], row[2]),
                receivedMilliseconds: row[3])
        }
        return hash
    }

    /// Adds one entry with its verdict at the journal's head, and merges it if its change had no effect
    /// before.
    ///
    /// - Parameters:
    ///   - change: the decoded change, or `nil` if its bytes are none.
    ///   - known: the verdict that the change has here already.
    ///   - seq: its place in the order of acceptance.
    func append(
        _ bytes: Data, id: ChangeID, change: EncodedChange?, hash: ChainHash, judgement: Judgement,
        known: Verdict.Kind?, seq: Int64, to journal: inout JournalRow
    ) throws {
        let isNew =
            judgement.verdict.kind == .applied ? known != .applied : known != .applied && known != .heldLock
        let record = change.map { lookup($0.change.record) }
        if let change, let record, isNew {
            try merge(change, at: record, verdict: judgement.verdict, site: journal.siteRowID)
            try noteResolution(change, id, judgement.verdict)
        }
        try insertEntry(
            bytes, id: id, record: record, hash: hash, judgement: judgement, seq: seq, n: journal.n + 1,
            journal: journal.rowID)
        journal.n += 1
        journal.hash = hash
        journal.verdictHash = Chain.verdict(
            previous: journal.verdictHash, entry: hash, verdict: judgement.verdict,
            receivedMilliseconds: judgement.receivedMilliseconds)
        journal.centreN = max(journal.centreN, journal.n)
    }

    func insertEntry(
        _ bytes: Data, id: ChangeID, record: Data?, hash: ChainHash, judgement: Judgement, seq: Int64,
        n: UInt64, journal: Int64
    ) throws {
        try execute(
            """
            INSERT INTO entry (journal, n, seq, change, record, hash, verdict, code, received_at, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                journal, Int64(n), seq, Data(id.bytes), record, hash.data,
                Int(judgement.verdict.kind.rawValue),
                judgement.verdict.code.isEmpty ? nil : judgement.verdict.code, judgement.receivedMilliseconds,
                try cipher.seal(bytes, as: RowIdentity.entry(hash: hash)),
            ])
    }

    /// Hands out places in a site's order of acceptance.
    func nextSequence(site: Int64, count: Int) throws -> Int64 {
        let before: Int64 = try row("SELECT accepted FROM site WHERE id = ?", [site])?[0] ?? 0
        try execute("UPDATE site SET accepted = accepted + ? WHERE id = ?", [count, site])
        return before + 1
    }

    func keep(_ receipt: Receipt, of journal: JournalRow) throws {
        try execute(
            """
            INSERT OR REPLACE INTO receipt (journal, n, epoch, hash, verdict_hash, signature)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                journal.rowID, Int64(receipt.n), receipt.epoch, try hash(of: journal, at: receipt.n).data,
                try verdictHash(of: journal, at: receipt.n).data, receipt.signature,
            ])
    }

    func keepHead(_ signature: Data, n: UInt64, of journal: JournalRow) throws {
        try execute(
            "INSERT OR REPLACE INTO head (journal, n, signature) VALUES (?, ?, ?)",
            [journal.rowID, Int64(n), signature])
    }
}
