package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

extension SQLiteReplica {
    package func history(of key: RecordKey) async throws -> [HistoryEntry] {
        try await histories(of: [key])[0]
    }

    package func histories(of keys: [RecordKey]) async throws -> [[HistoryEntry]] {
        try await read { store in try keys.map { try store.history(of: store.lookup($0)) } }
    }

    package func notApplied(site: SiteCode?) async throws -> [HistoryEntry] {
        try await read { store in
            let all = try store.historyRows("WHERE e.verdict <> 1 ORDER BY e.received_at, e.journal, e.n", [])
            return all.filter { site == nil || $0.site == site }
        }
    }

    package func changeCounts(of device: DeviceID) async throws -> (judged: Int, quarantined: Int) {
        try await read { store in
            let row = try store.row(
                """
                SELECT count(DISTINCT e.change), count(DISTINCT CASE WHEN e.verdict = ? THEN e.change END)
                FROM journal j JOIN entry e ON e.journal = j.id WHERE j.device = ?
                """, [Int(Verdict.Kind.quarantined.rawValue), Data(device.bytes)])
            return (row?[0] ?? 0, row?[1] ?? 0)
        }
    }

    package func entry(of id: ChangeID) async throws -> HistoryEntry? {
        try await read { store in
            let bytes = Data(id.bytes)
            let confirmed = try store.historyRows(
                "WHERE e.change = ? ORDER BY e.verdict, e.seq LIMIT 1", [bytes])
            return try confirmed.first ?? store.pendingHistory("WHERE p.change = ? LIMIT 1", [bytes]).first
                ?? store.borrowedHistory("WHERE b.change = ? ORDER BY b.run LIMIT 1", [bytes]).first
        }
    }

    package func resolutions(conflictPrefix: String) async throws -> [(
        conflict: ConflictID, entry: HistoryEntry
    )] {
        let prefix = conflictPrefix.uppercased()
        guard prefix.count >= 4, prefix.allSatisfy(\.isHexDigit) else { return [] }
        return try await read { store in
            let found = try store.rows(
                "SELECT conflict, change FROM resolution WHERE hex(conflict) LIKE ? || '%' LIMIT 10", [prefix]
            )
            let decided = try found.compactMap { row -> (conflict: ConflictID, entry: HistoryEntry)? in
                guard let conflict = ConflictID(bytes: row[0] as Data),
                    let entry = try store.historyRows("WHERE e.change = ? LIMIT 1", [row[1] as Data]).first
                else { return nil }
                return (conflict, entry)
            }
            // What was decided here and waits: looked through only when somebody asks for it.
            let waiting = try store.pendingHistory("", []).compactMap { entry in
                entry.change?.conflict.map { (conflict: $0, entry: entry) }
            }
            return decided + waiting.filter { $0.conflict.hex.uppercased().hasPrefix(prefix) }
        }
    }

}

extension StoreTransaction {
    /// Everything that was saved on a record, whatever became of it.
    func history(of lookup: Data) throws -> [HistoryEntry] {
        let confirmed = try historyRows(
            "WHERE e.record = ? ORDER BY e.seq, e.journal, e.n", [lookup])
        let borrowed = try borrowedHistory("WHERE b.record = ? ORDER BY b.run, b.place", [lookup])
        let pending = try pendingHistory("WHERE p.record = ? ORDER BY p.journal, p.n", [lookup])
        // A change that was re-issued stands in two journals; the place that took effect tells the story,
        // else the first.
        let applied = Set(confirmed.filter { $0.judgement?.verdict.kind == .applied }.map(\.id))
        var seen: Set<ChangeID> = []
        return (confirmed + borrowed + pending).filter { entry in
            if applied.contains(entry.id), entry.judgement?.verdict.kind != .applied { return false }
            return seen.insert(entry.id).inserted
        }
    }

    func historyRows(_ condition: String, _ arguments: StatementArguments) throws -> [HistoryEntry] {
        let found = try rows(
            """
            SELECT j.name, e.n, s.code, j.header, e.change, e.hash, e.body, e.verdict, e.code, e.received_at
            FROM entry e JOIN journal j ON j.id = e.journal JOIN site s ON s.id = j.site \(condition)
            """, arguments)
        return try introduced(found) { row, introduction in
            let judgement = Judgement(try Self.verdict(row[7], row[8]), receivedMilliseconds: row[9])
            return try historyEntry(row, introduction, try openBody(row[6], hash: row[5]), judgement)
        }
    }

    func pendingHistory(_ condition: String, _ arguments: StatementArguments) throws -> [HistoryEntry] {
        let found = try rows(
            """
            SELECT j.name, p.n, s.code, j.header, p.change, p.hash, p.body
            FROM pending p JOIN journal j ON j.id = p.journal JOIN site s ON s.id = j.site \(condition)
            """, arguments)
        return try introduced(found) { row, introduction in
            try historyEntry(row, introduction, try openBody(row[6], hash: row[5]))
        }
    }

    /// Entries with the introduction of their journals: rows of one journal mostly follow each other, and
    /// share it.
    ///
    /// - Parameter found: the fourth of a row is the journal's header.
    private func introduced(
        _ found: [Row], _ entry: (Row, JournalIntroduction) throws -> HistoryEntry
    ) throws -> [HistoryEntry] {
        var last: (header: Data, introduction: JournalIntroduction)?
        return try found.map { row in
            let header: Data = row[3]
            if let last, last.header == header { return try entry(row, last.introduction) }
            let introduction = try JournalIntroduction(header: header)
            last = (header, introduction)
            return try entry(row, introduction)
        }
    }

    /// Entries of other replicas that have no verdict here, at the place in their own journal. One that was
    /// not applied, by the receipt it came with, says so.
    func borrowedHistory(_ condition: String, _ arguments: StatementArguments) throws -> [HistoryEntry] {
        try rows(
            """
            SELECT r.journal, r.first_n + b.place, s.code, r.proof, b.change, b.place, b.body, b.applied
            FROM borrowed b JOIN borrowed_run r ON r.id = b.run JOIN site s ON s.id = r.site \(condition)
            """, arguments
        ).map { row in
            let proof = try BorrowedProof(decoding: row[3])
            guard let id = ChangeID(bytes: row[4] as Data) else {
                throw Problem(.storeDamaged, "a borrowed entry cannot be read")
            }
            let bytes = try cipher.open(row[6], as: RowIdentity.borrowed(change: id))
            let (place, isApplied): (Int, Bool) = (row[5], row[7])
            let refused = !isApplied && proof.run.judgements.indices.contains(place)
            return try historyEntry(
                row, proof.introduction, bytes, refused ? proof.run.judgements[place] : nil)
        }
    }

    /// - Parameter row: journal, place, site, and ChangeID as the fifth.
    private func historyEntry(
        _ row: Row, _ introduction: JournalIntroduction, _ bytes: Data, _ judgement: Judgement? = nil
    ) throws -> HistoryEntry {
        guard let journal = JournalID(bytes: row[0] as Data), let site = SiteCode(row[2] as String),
            let id = ChangeID(bytes: row[4] as Data), let n = UInt64(exactly: row[1] as Int64)
        else { throw Problem(.storeDamaged, "an entry cannot be read") }
        let certificate = introduction.certificate
        return HistoryEntry(
            name: EntryName(journal: journal, n: n), site: site,
            deviceName: certificate.name,
            device: certificate.device, id: id, change: try? EncodedChange(received: bytes, id: id).change,
            judgement: judgement)
    }
}
