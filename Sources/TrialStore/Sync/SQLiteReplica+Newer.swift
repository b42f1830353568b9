import FoundationEssentials
import GRDB
import SyncProtocol
package import TrialModel

/// Entries that a centre wrote itself and that another store does not hold.
package struct WrittenSince: Sendable {
    package let count: Int
    /// The first of them, in the order in which they were written.
    package let first: [AuditEntry]
    /// The names of the laptops on the centre's list, by their ids in hexadecimal.
    fileprivate let laptops: [String: String]

    /// What an entry is about, as people call it.
    package func subject(of entry: AuditEntry) -> String {
        let parts = entry.place.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0] == "device", let name = laptops[parts[1]] else {
            return [entry.participant, entry.place].filter { !$0.isEmpty }.joined(separator: " ")
        }
        return "laptop \(name) (\(parts[1].prefix(8)))"
    }
}

extension SQLiteReplica {
    /// When the newest entry was received, in milliseconds since 1970 UTC; `nil` if there is none.
    package func newestReceived() async throws -> Int64? {
        try await read { try $0.row("SELECT max(received_at) FROM entry")?[0] }
    }

    /// Everything held here, of each site.
    package func storedEverywhere() async throws -> [SiteCode: ChangeVector] {
        var stored: [SiteCode: ChangeVector] = [:]
        for site in try await sites() { stored[site] = try await self.stored(site: site) }
        return stored
    }

    /// What this centre wrote in its own journals beyond what another store holds.
    package func written(beyond stored: [SiteCode: ChangeVector], limit: Int) async throws -> WrittenSince {
        let device = Data(identity.certificate.device.bytes)
        return try await withAuditTrail(AuditFilter(), names: [:]) { trail in
            var count = 0
            var found: [HistoryEntry] = []
            for row in try trail.store.rows(
                "SELECT \(JournalRow.columns) FROM journal WHERE device = ? ORDER BY id", [device])
            {
                let journal = try JournalRow(row)
                let held = (stored[journal.introduction.site] ?? ChangeVector())[journal.id]
                guard held < journal.n else { continue }
                count += Int(journal.n - held)
                found += try trail.store.historyRows(
                    "WHERE e.journal = ? AND e.n > ? ORDER BY e.n LIMIT ?",
                    [journal.rowID, Int64(held), limit])
            }
            let first = found.enumerated().sorted { left, right in
                let times = [left, right].map { $0.element.judgement?.receivedMilliseconds ?? .max }
                return (times[0], left.offset) < (times[1], right.offset)
            }
            return WrittenSince(
                count: count, first: try first.prefix(limit).map { try trail.view(of: $0.element) },
                laptops: try trail.store.laptopNames())
        }
    }

    /// Takes in what another store of the same centre holds and this one does not, on the receipts that the
    /// centre gave for it, as from a laptop after a restore: what was judged is not judged again. Known
    /// entries have no effect, so it can be begun anew.
    ///
    /// - Returns: how many entries were new.
    /// - Throws: `Problem(.receiptInvalid)`, `.chainBroken` if the other store does not prove itself.
    package func takeNewer(of other: SQLiteReplica) async throws -> Int {
        let before = try await acceptedCounts().values.reduce(0, +)
        // Rights and studies come before what is judged by them.
        let sites = try await other.sites().filter { $0 != .all }
        for site in [SiteCode.all] + sites {
            try await makeSite(site)
            var held = try await stored(site: site)
            while true {
                let page = try await other.lend(site: site, beyond: held, limit: WireLimits.pageEntries)
                let hello = Hello(site: site, epoch: try await epoch())
                for request in page.requests(hello) { _ = try await take(request, by: CentreJudge()) }
                for run in page.runs { held[run.journal] = max(held[run.journal], run.lastN) }
                guard page.more else { break }
            }
        }
        return try await acceptedCounts().values.reduce(0, +) - before
    }
}

extension StoreTransaction {
    /// One whose certificate cannot be read has no name.
    fileprivate func laptopNames() throws -> [String: String] {
        var names: [String: String] = [:]
        for row in try rows("SELECT id, certificate FROM device") {
            names[Hex.encode(row[0] as Data)] = try? DeviceCertificate(unverified: row[1] as Data).name
        }
        return names
    }
}
