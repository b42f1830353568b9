package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// How a change stands in a replica.
package enum ChangeStanding: Hashable, Sendable {
    /// It has a verdict here: the strongest, if it stands in several journals.
    case judged(Verdict.Kind)
    case pending
    /// `isShown` is false if the receipt it came with says that it was not applied.
    case borrowed(isShown: Bool)

    /// Whether the change is part of what the replica shows.
    package var isShown: Bool {
        switch self {
        case .judged(let kind): kind == .applied
        case .pending: true
        case .borrowed(let isShown): isShown
        }
    }
}

/// A change that stands in more than one entry, and how it was judged there.
package struct RepeatedChange: Hashable, Sendable {
    package let entries: Int
    package let strongest: Verdict.Kind
    /// The same as the strongest, unless the change has two verdicts.
    package let weakest: Verdict.Kind
}

/// Every change in a replica, and what the replica counts by name.
package struct ReplicaHoldings: Hashable, Sendable {
    package fileprivate(set) var standings: [ChangeID: ChangeStanding] = [:]
    /// The changes that stand in several entries.
    package fileprivate(set) var repeated: [ChangeID: RepeatedChange] = [:]
    /// Own changes that have no receipt.
    package fileprivate(set) var pending: Set<ChangeID> = []
    /// Changes that were brought here, to be sent to the centre, and have no verdict here.
    package fileprivate(set) var carried: Set<ChangeID> = []
    /// Of each entry that the centre had and lost, as far as is known here, the change.
    package fileprivate(set) var lost: [ChangeID] = []

    package init() {}
}

/// A replica as those see it who check it from outside.
package struct ReplicaObservation: Sendable {
    package let held: ReplicaHoldings
    /// How many own entries of the site have no receipt, as the replica counts them.
    package let pending: Int
    /// How many changes were carried here and still have to reach the centre, as it counts them.
    package let carried: Int
    /// How many entries a restored centre is still to be given back, as it counts them.
    package let reoffered: Int
    /// What still has to reach the centre, as it counts that: while it is 0, all is said to be safe there.
    package let waiting: Int
    package let firstSync: FirstSync?
    /// What the records show, in the order in which they were asked for; `nil` if nothing has changed or
    /// nothing is shown.
    package let states: [RecordState]?

    package var standings: [ChangeID: ChangeStanding] { held.standings }
}

extension StoreTransaction {
    fileprivate func holdings() throws -> ReplicaHoldings {
        var held = ReplicaHoldings()
        let borrowed = """
            SELECT b.change, max(b.applied), max(r.proven)
            FROM borrowed b JOIN borrowed_run r ON r.id = b.run GROUP BY b.change
            """
        try each(borrowed) { row in
            let id = ChangeID(prefixOf: row[0] as Data)
            held.standings[id] = .borrowed(isShown: row[1])
            if row[2] as Bool { held.carried.insert(id) }
        }
        try each("SELECT change FROM pending") { row in
            let id = ChangeID(prefixOf: row[0] as Data)
            held.standings[id] = .pending
            held.pending.insert(id)
            held.carried.remove(id)
        }
        try each("SELECT change, count(*), min(verdict), max(verdict) FROM entry GROUP BY change") { row in
            let id = ChangeID(prefixOf: row[0] as Data)
            held.carried.remove(id)
            guard let strongest = Verdict.Kind(rawValue: UInt8(clamping: row[2] as Int)),
                let weakest = Verdict.Kind(rawValue: UInt8(clamping: row[3] as Int))
            else { return }
            held.standings[id] = .judged(strongest)
            let entries: Int = row[1]
            guard entries > 1 else { return }
            held.repeated[id] = RepeatedChange(entries: entries, strongest: strongest, weakest: weakest)
        }
        let lost = """
            SELECT e.change FROM journal j JOIN entry e ON e.journal = j.id
            WHERE j.centre_n < j.n AND e.n > j.centre_n AND e.n <= j.n
            """
        try each(lost) { held.lost.append(ChangeID(prefixOf: $0[0] as Data)) }
        return held
    }

    /// What records show: what is confirmed, as long as nothing waits here to be shown on top.
    fileprivate func states(of records: [RecordKey]) throws -> [RecordState] {
        let isWaiting =
            try row("SELECT 1 FROM pending UNION ALL SELECT 1 FROM borrowed LIMIT 1") != nil
        return try records.map { key in
            let lookup = lookup(key)
            let confirmed = try existingState(lookup) ?? RecordState(key: key)
            return isWaiting ? try view(lookup, confirmed: confirmed).state : confirmed
        }
    }

    private func each(_ sql: String, _ body: (Row) -> Void) throws {
        let cursor = try Row.fetchCursor(db.cachedStatement(sql: sql))
        while let row = try cursor.next() { body(row) }
    }
}

extension SQLiteReplica {
    /// Every change held here, with how it stands: for those who check a replica from outside. No body is
    /// opened.
    package func holdings() async throws -> ReplicaHoldings {
        try await read { try $0.holdings() }
    }

    /// What is confirmed of every record. At the centre, where nothing waits, that is what it shows.
    package func confirmedStates() async throws -> [RecordState] {
        try await read { store in
            try store.rows("SELECT key, state FROM record").map { try store.decodeState($0[1], $0[0]) }
        }
    }

    /// A replica at one moment, read in one transaction.
    ///
    /// - Parameters:
    ///   - records: those whose views are wanted; none while the site is not shown.
    ///   - known: how changes stood before. If they still do, no views are given.
    package func observation(
        of site: SiteCode, records: [RecordKey], unless known: [ChangeID: ChangeStanding]?
    ) async throws -> ReplicaObservation {
        try await read { store in
            let held = try store.holdings()
            let firstSync = try store.firstSync()
            var states: [RecordState]?
            if held.standings != known, firstSync?.isShown ?? true {
                states = try store.states(of: records)
            }
            let siteRow = try store.siteRowID(site) ?? -1
            return ReplicaObservation(
                held: held, pending: Int(try store.waitingCount(site: siteRow)),
                carried: try store.carriedCount(), reoffered: try store.reofferedCount(),
                waiting: try store.waiting(site: siteRow), firstSync: firstSync, states: states)
        }
    }

    /// Brings the log into the file whenever it is so many pages long, until the store is closed.
    package func limitLog(toPages pages: Int) async throws {
        try await StoreFile.mappingErrors { [pool] in
            try await pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA wal_autocheckpoint = \(pages)")
            }
        }
    }

    /// Lets the file grow by so many pages more and no further, as a disk that is nearly full does; `nil`
    /// takes the limit away. It holds until the store is closed.
    package func limitGrowth(toPages pages: Int?) async throws {
        try await StoreFile.mappingErrors { [pool] in
            try await pool.writeWithoutTransaction { db in
                let count = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                let limit = pages.map { count + $0 } ?? Int(UInt32.max - 1)
                _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(limit)")
            }
        }
    }
}
