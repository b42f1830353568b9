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

/// A replica as those see it who check it from outside.
package struct ReplicaObservation: Sendable {
    package let standings: [ChangeID: ChangeStanding]
    /// How many own entries of the site have no receipt.
    package let pending: Int
    /// How many entries a restored centre is still to be given back, of what it once took.
    package let reoffered: Int
    package let firstSync: FirstSync?
    /// What the records show, in the order in which they were asked for; `nil` if nothing has changed or
    /// nothing is shown.
    package let states: [RecordState]?
}

extension StoreTransaction {
    fileprivate func standings() throws -> [ChangeID: ChangeStanding] {
        var standings: [ChangeID: ChangeStanding] = [:]
        try each("SELECT change, max(applied) FROM borrowed GROUP BY change") { row in
            standings[ChangeID(prefixOf: row[0] as Data)] = .borrowed(isShown: row[1])
        }
        try each("SELECT change FROM pending") { standings[ChangeID(prefixOf: $0[0] as Data)] = .pending }
        try each("SELECT change, min(verdict) FROM entry GROUP BY change") { row in
            guard let kind = Verdict.Kind(rawValue: UInt8(clamping: row[1] as Int)) else { return }
            standings[ChangeID(prefixOf: row[0] as Data)] = .judged(kind)
        }
        return standings
    }

    private func each(_ sql: String, _ body: (Row) -> Void) throws {
        let cursor = try Row.fetchCursor(db.cachedStatement(sql: sql))
        while let row = try cursor.next() { body(row) }
    }
}

extension SQLiteReplica {
    /// Every change held here, with how it stands: for those who check a replica from outside. No body is
    /// opened.
    package func standings() async throws -> [ChangeID: ChangeStanding] {
        try await read { try $0.standings() }
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
            let standings = try store.standings()
            let firstSync = try store.firstSync()
            var states: [RecordState]?
            if standings != known, firstSync?.isShown ?? true {
                states = try records.map { key in
                    let lookup = store.lookup(key)
                    let confirmed = try store.existingState(lookup) ?? RecordState(key: key)
                    return try store.view(lookup, confirmed: confirmed).state
                }
            }
            let siteRow = try store.siteRowID(site) ?? -1
            return ReplicaObservation(
                standings: standings, pending: Int(try store.waitingCount(site: siteRow)),
                reoffered: try store.reofferedCount(), firstSync: firstSync, states: states)
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
