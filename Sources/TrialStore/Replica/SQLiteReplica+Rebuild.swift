import FoundationEssentials
import GRDB
import SyncProtocol
import TrialModel

extension SQLiteReplica {
    /// Walks the store as `verify` does, and writes anew what follows from the entries and does not stand so
    /// in the rows of records and sites, in one transaction. Entries are read and never written: where they
    /// are damaged or missing, or a first sync is still to bring them, nothing is mended; nor where a row
    /// says what no entry here says, for it may be the last that says it.
    ///
    /// - Returns: what the walk finds afterwards, and what was written anew.
    package func repair(expecting heads: [KnownHead] = []) async throws -> VerifyReport {
        var report = try await verify(expecting: heads)
        var rebuilt: [String] = []
        if report.canRebuild {
            let (rows, now) = (report.wrongRows, environment.now())
            rebuilt = try await write { store in try store.rebuildRows(rows, at: now) }
            report = try await verify(expecting: heads)
        }
        report.rebuilt = rebuilt
        return report
    }
}

extension StoreTransaction {
    private static let rebuiltSetting = "rebuilt"

    /// Rows that were written anew, since the store was made: what shows records goes by it.
    func rebuilds() throws -> RepairEvents? { try events(Self.rebuiltSetting) }

    /// Why the row of a record is not to be written anew from the entries, or deleted for want of them: it
    /// may hold the last copy of what somebody saved. `nil` if nothing is lost with it.
    func obstacle(toRebuilding lookup: Data) throws -> String? {
        let homes = try homes(ofEntries: lookup)
        guard homes.count <= 1 else { return "its entries stand at more than one site" }
        guard let row = try row("SELECT state FROM record WHERE key = ?", [lookup]) else { return nil }
        guard let state = try? decodeState(row[0], lookup) else {
            return homes.isEmpty ? "no entry of it is here" : nil
        }
        let gone = try LiveRecord(state).entries.filter { id in try !isHere(id) }
        return gone.map { String($0.hex.prefix(8)) }.min().map { name in
            "it shows change \(name), of which no entry is here"
        }
    }

    /// Whether a change is held in an entry, with or without a verdict.
    private func isHere(_ id: ChangeID) throws -> Bool {
        try row(
            """
            SELECT 1 FROM entry WHERE change = ?1 UNION ALL SELECT 1 FROM pending WHERE change = ?1
            UNION ALL SELECT 1 FROM borrowed WHERE change = ?1 LIMIT 1
            """, [Data(id.bytes)]) != nil
    }

    /// The sites in whose journals the entries of a record stand.
    func homes(ofEntries record: Data) throws -> [Int64] {
        try rows(
            """
            SELECT DISTINCT j.site FROM entry e JOIN journal j ON j.id = e.journal
            WHERE e.record = ? AND e.verdict < 3
            """, [record]
        ).map { $0[0] }
    }

    /// - Parameter lookups: of records; a row of which there are no entries, and that shows nothing that is
    ///   not here, goes.
    /// - Returns: what was written anew, as `verify` names it.
    fileprivate func rebuildRows(_ lookups: [Data], at now: Int64) throws -> [String] {
        // Asked again in this transaction: the store may have changed since it was walked.
        guard try firstSync() == nil,
            try lookups.allSatisfy({ lookup in try obstacle(toRebuilding: lookup) == nil })
        else { return [] }
        let before = try siteSums()
        for lookup in lookups { try execute("DELETE FROM record WHERE key = ?", [lookup]) }
        // Of what is left, so that what comes is added to sums that are right.
        try sumRows()
        for lookup in lookups {
            guard let (key, site) = try record(ofEntries: lookup) else { continue }
            try rebuild(key, lookup, site: site)
        }
        try flush()
        let after = try siteSums()
        let sites = after.keys.filter { after[$0] != before[$0] }.sorted()
        try noteEvents(lookups.count + sites.count, in: Self.rebuiltSetting, at: now)
        return lookups.map { VerifyReport.place(ofRecord: $0) } + sites.map { "site \($0)" }
    }

    /// Of which record entries are, and in the journals of which site they stand; `nil` if there are none.
    private func record(ofEntries lookup: Data) throws -> (key: RecordKey, site: Int64)? {
        let found = try row(
            """
            SELECT e.change, e.hash, e.body, j.site FROM entry e JOIN journal j ON j.id = e.journal
            WHERE e.record = ? AND e.verdict < 3 LIMIT 1
            """, [lookup])
        guard let found, let id = ChangeID(bytes: found[0] as Data) else { return nil }
        let bytes = try openBody(found[2], hash: found[1])
        return (try EncodedChange(received: bytes, id: id).change.record, found[3] as Int64)
    }

    /// The sum that stands in each site's row, by its code.
    private func siteSums() throws -> [String: Data] {
        let found = try rows("SELECT code, digest FROM site").map { row in
            (row[0] as String, row[1] as Data)
        }
        return Dictionary(found) { first, _ in first }
    }

    /// Writes the sum of each site's records anew, by the digests in their rows.
    private func sumRows() throws {
        var sums: [Int64: StateDigest] = [:]
        let cursor = try Row.fetchCursor(db.cachedStatement(sql: "SELECT site, digest FROM record"))
        while let row = try cursor.next() {
            let digest = StateDigest(bytes: row[1] as Data) ?? StateDigest()
            sums[row[0] as Int64, default: StateDigest()].add(digest)
        }
        for site in try rows("SELECT id FROM site") {
            let sum = sums[site[0] as Int64] ?? StateDigest()
            try execute("UPDATE site SET digest = ? WHERE id = ?", [Data(sum.bytes), site[0] as Int64])
        }
    }
}
