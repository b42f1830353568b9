package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

extension SQLiteReplica {
    /// Writes a consistent copy of the store's file, while others go on reading and writing.
    package func copy(to path: String) async throws {
        try await StoreFile.mappingErrors { [pool] in
            let target = try DatabaseQueue(path: path)
            try pool.backup(to: target)
            try target.close()
        }
    }
}

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

extension SQLiteReplica {
    /// Every change held here, with how it stands: for those who check a replica from outside. No body is
    /// opened.
    package func standings() async throws -> [ChangeID: ChangeStanding] {
        try await read { store in
            var standings: [ChangeID: ChangeStanding] = [:]
            for row in try store.rows("SELECT change, max(applied) FROM borrowed GROUP BY change") {
                standings[ChangeID(prefixOf: row[0] as Data)] = .borrowed(isShown: row[1])
            }
            for row in try store.rows("SELECT change FROM pending") {
                standings[ChangeID(prefixOf: row[0] as Data)] = .pending
            }
            for row in try store.rows("SELECT change, min(verdict) FROM entry GROUP BY change") {
                guard let kind = Verdict.Kind(rawValue: UInt8(clamping: row[1] as Int)) else { continue }
                standings[ChangeID(prefixOf: row[0] as Data)] = .judged(kind)
            }
            return standings
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
