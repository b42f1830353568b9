package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

extension SQLiteReplica {
    package func view(of key: RecordKey, site: SiteCode) async throws -> RecordView {
        try await read { store in
            if site != .all { try store.requireShown() }
            let lookup = store.lookup(key)
            return try store.view(lookup, confirmed: store.existingState(lookup) ?? RecordState(key: key))
        }
    }

    package func views(_ filter: RecordFilter) async throws -> [(site: SiteCode, view: RecordView)] {
        try await read { store in
            if filter.site != .all { try store.requireShown() }
            return try store.views(filter)
        }
    }

    package func duplicateNumbers(site: SiteCode?) async throws -> [[(site: SiteCode, view: RecordView)]] {
        try await read { store in
            try store.requireShown()
            // Of records by their index alone, in its order: there may be a million.
            let numbers = try store.rows(
                """
                WITH waiting AS (
                    SELECT number, record FROM pending WHERE number IS NOT NULL
                    UNION SELECT number, record FROM borrowed WHERE number IS NOT NULL AND applied = 1)
                SELECT number FROM record WHERE number IS NOT NULL GROUP BY number HAVING count(*) > 1
                UNION SELECT number FROM waiting GROUP BY number HAVING count(*) > 1
                UNION SELECT w.number FROM waiting w JOIN record r ON r.number = w.number
                    WHERE r.key <> w.record
                ORDER BY number
                """)
            return try numbers.compactMap { row in
                let found = try store.bearers(ofNumber: row[0]).filter { site == nil || $0.site == site }
                // A pending number may have come to nothing, or have been changed since; a participant who
                // was transferred bears it at another site.
                let current = found.filter {
                    NumberKey($0.view.state).map { store.lookup($0) } == row[0] as Data
                        && $0.view.state.departure == nil
                }
                return current.count > 1 ? current : nil
            }
        }
    }

    package func newestStudy() async throws -> StudyDefinition? {
        try await read { store in
            var filter = RecordFilter()
            (filter.site, filter.kinds) = (.all, [.study])
            let records = try store.views(filter).map(\.view.state)
            let newest = records.max { (Int($0.key.name) ?? 0) < (Int($1.key.name) ?? 0) }
            return try newest.flatMap { record throws(Problem) in try store.studyCache.definition(in: record)
            }
        }
    }

    package func summary(of site: SiteCode) async throws -> ReplicaSummary {
        try await read { store in
            guard let row = try store.siteRowID(site) else { return ReplicaSummary() }
            var summary = try store.standing(site: row)
            try store.countRecords(of: row, into: &summary)
            return summary
        }
    }

    /// The same without what is counted of records, for those who ask often.
    package func standing(of site: SiteCode) async throws -> ReplicaSummary {
        try await read { store in
            try store.siteRowID(site).map { try store.standing(site: $0) } ?? ReplicaSummary()
        }
    }
}

extension StoreTransaction {
    fileprivate func standing(site row: Int64) throws -> ReplicaSummary {
        var summary = ReplicaSummary()
        summary.pending = Int(try waitingCount(site: row))
        summary.borrowed = try count(
            "SELECT count(*) FROM borrowed WHERE run IN (SELECT id FROM borrowed_run WHERE site = ?)", row)
        summary.entries = try count("SELECT coalesce(sum(n), 0) FROM journal WHERE site = ?", row)
        summary.carried = try carriedCount()
        summary.lost = try reofferedCount()
        summary.waiting = try waiting(site: row)
        summary.digest = try digest(ofSite: row)
        return summary
    }

    fileprivate func countRecords(of row: Int64, into summary: inout ReplicaSummary) throws {
        summary.journals = try count("SELECT count(*) FROM journal WHERE site = ?", row)
        summary.records = try count("SELECT count(*) FROM record WHERE site = ?", row)
        // As the indexes have it that hold only few rows.
        summary.openConflicts = try count(
            "SELECT coalesce(sum(conflicts), 0) FROM record WHERE site = ? AND conflicts > 0", row)
        summary.quarantined = try count(
            """
            SELECT count(*) FROM entry WHERE verdict = 3 AND verdict <> 1
                AND journal IN (SELECT id FROM journal WHERE site = ?)
            """, row)
    }

    private func count(_ sql: String, _ site: Int64) throws -> Int { try row(sql, [site])?[0] ?? 0 }
}

extension StoreTransaction {
    /// The record as it is shown: confirmed, with what has no verdict merged on top.
    func view(_ lookup: Data, confirmed: RecordState) throws -> RecordView {
        let borrowed = try rows(
            "SELECT change, body FROM borrowed WHERE record = ? AND applied = 1", [lookup])
        let pending = try rows(
            "SELECT change, hash, body FROM pending WHERE record = ? ORDER BY journal, n", [lookup])
        guard !borrowed.isEmpty || !pending.isEmpty else { return RecordView(confirmed: confirmed) }
        var confirmed = confirmed
        if try firstSync() != nil { try awaitReplaced(in: &confirmed, lookup) }
        var view = RecordView(confirmed: confirmed)
        for row in borrowed {
            guard let id = ChangeID(bytes: row[0] as Data) else { continue }
            let bytes = try cipher.open(row[1], as: RowIdentity.borrowed(change: id))
            try overlay(bytes, id, of: lookup, on: &view)
        }
        for row in pending {
            guard let id = ChangeID(bytes: row[0] as Data) else { continue }
            try overlay(try openBody(row[2], hash: row[1]), id, of: lookup, on: &view)
        }
        return view
    }

    /// What came as live entries alone does not say what was merged before it. A change that waits here may
    /// have been, and then what a live entry replaces is not to come back into view beside it.
    private func awaitReplaced(in state: inout RecordState, _ lookup: Data) throws {
        for (register, id) in try replacing(lookup) where try !wasApplied(id, to: lookup) {
            state.expectReplaced(id, in: register)
        }
    }

    /// A change that has a verdict already is not shown twice, and one that was not applied is not shown.
    private func overlay(_ bytes: Data, _ id: ChangeID, of record: Data, on view: inout RecordView) throws {
        guard try verdict(of: id) == nil, let encoded = try? EncodedChange(received: bytes, id: id) else {
            return
        }
        try view.overlay(encoded.change, id: id) { try self.wasApplied($0, to: record) }
    }

    /// The records that have, or may have, this number.
    func bearers(ofNumber lookup: Data) throws -> [(site: SiteCode, view: RecordView)] {
        let confirmed = try rows(
            """
            SELECT s.code, r.key, r.state FROM record r JOIN site s ON s.id = r.site
            WHERE r.number = ? ORDER BY r.id
            """,
            [lookup])
        var seen: Set<Data> = []
        var found: [(site: SiteCode, view: RecordView)] = []
        for row in confirmed {
            guard let site = SiteCode(row[0] as String), seen.insert(row[1]).inserted else { continue }
            found.append((site, try view(row[1], confirmed: try decodeState(row[2], row[1]))))
        }
        let unconfirmed = try unconfirmedRecords("AND x.number = ?", [lookup], site: nil)
        for (site, record, key) in unconfirmed where seen.insert(record).inserted {
            found.append(
                (site, try view(record, confirmed: try existingState(record) ?? RecordState(key: key))))
        }
        return found
    }

    func views(_ filter: RecordFilter) throws -> [(site: SiteCode, view: RecordView)] {
        var found: [(site: SiteCode, view: RecordView)] = []
        var seen: Set<Data> = []
        for row in try confirmedRows(filter) {
            guard let site = SiteCode(row[0] as String) else { continue }
            let lookup: Data = row[1]
            seen.insert(lookup)
            found.append((site, try view(lookup, confirmed: try decodeState(row[2], lookup))))
        }
        // Records of which nothing is confirmed yet, and records whose number is only pending.
        for (site, lookup, key) in try unconfirmedRecords(filter) where seen.insert(lookup).inserted {
            let confirmed = try existingState(lookup) ?? RecordState(key: key)
            found.append((site, try view(lookup, confirmed: confirmed)))
        }
        return found.filter { matches($0.view, filter) }
    }

    private func matches(_ view: RecordView, _ filter: RecordFilter) -> Bool {
        let state = view.state
        guard filter.kinds.isEmpty || filter.kinds.contains(state.key.kind) else { return false }
        if let participant = filter.participant, state.key.participant != participant { return false }
        if let number = filter.number, NumberKey(state) != number { return false }
        return !filter.inConflict || state.hasConflict
    }

    private func confirmedRows(_ filter: RecordFilter) throws -> [Row] {
        var sql = "SELECT s.code, r.key, r.state FROM record r JOIN site s ON s.id = r.site WHERE 1"
        var arguments: StatementArguments = []
        if let site = filter.site {
            sql += " AND r.site = (SELECT id FROM site WHERE code = ?)"
            arguments += [site.text]
        }
        if !filter.kinds.isEmpty {
            sql += " AND r.kind IN (\(filter.kinds.map { String($0.rawValue) }.joined(separator: ",")))"
        }
        if let participant = filter.participant {
            sql += " AND r.participant = ?"
            arguments += [lookup(participant: participant)]
        }
        if let number = filter.number {
            sql += " AND r.number = ?"
            arguments += [lookup(number)]
        }
        // By the index of the few that are, whatever else is asked.
        if filter.inConflict { sql += " AND r.id IN (SELECT id FROM record WHERE conflicts > 0)" }
        return try rows(sql + " ORDER BY r.id", arguments)
    }

    /// Which record a look-up value stands for; `nil` if nothing of it is here.
    func key(of lookup: Data) throws -> RecordKey? {
        try existingState(lookup)?.key ?? unconfirmedRecords("AND x.record = ?", [lookup], site: nil).first?.2
    }

    private func unconfirmedRecords(_ filter: RecordFilter) throws -> [(SiteCode, Data, RecordKey)] {
        var (condition, arguments): (String, StatementArguments) = ("", [])
        if let participant = filter.participant {
            condition = "AND x.participant = ?"
            arguments = [lookup(participant: participant)]
        }
        if let number = filter.number {
            condition += " AND x.number = ?"
            arguments += [lookup(number)]
        }
        return try unconfirmedRecords(condition, arguments, site: filter.site)
    }

    private func unconfirmedRecords(
        _ condition: String, _ arguments: StatementArguments, site wanted: SiteCode?
    ) throws -> [(SiteCode, Data, RecordKey)] {
        var found: [(SiteCode, Data, RecordKey)] = []
        var seen: Set<Data> = []
        let pending = try rows(
            """
            SELECT s.code, x.record, x.change, x.hash, x.body FROM pending x
            JOIN journal j ON j.id = x.journal JOIN site s ON s.id = j.site WHERE 1 \(condition)
            ORDER BY x.journal, x.n
            """, arguments)
        let borrowed = try rows(
            """
            SELECT s.code, x.record, x.change, NULL, x.body FROM borrowed x
            JOIN borrowed_run r ON r.id = x.run JOIN site s ON s.id = r.site
            WHERE x.record IS NOT NULL \(condition) ORDER BY x.run, x.place
            """, arguments)
        for row in pending + borrowed where !seen.contains(row[1] as Data) {
            guard let site = SiteCode(row[0] as String), wanted == nil || wanted == site,
                let id = ChangeID(bytes: row[2] as Data)
            else { continue }
            let hash: Data? = row[3]
            let bytes =
                try hash.map { try openBody(row[4], hash: $0) }
                ?? cipher.open(row[4], as: RowIdentity.borrowed(change: id))
            guard let encoded = try? EncodedChange(received: bytes, id: id) else { continue }
            seen.insert(row[1])
            found.append((site, row[1], encoded.change.record))
        }
        return found
    }
}

extension SQLiteReplica {
    /// How many entries each site has taken: it moves whenever there is something new to pull.
    package func acceptedCounts() async throws -> [SiteCode: Int] {
        try await read { store in
            var counts: [SiteCode: Int] = [:]
            for row in try store.rows("SELECT code, accepted FROM site") {
                if let site = SiteCode(row[0] as String) { counts[site] = row[1] }
            }
            return counts
        }
    }
}
