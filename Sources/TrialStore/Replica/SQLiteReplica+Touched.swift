import FoundationEssentials
import GRDB
package import TrialModel

/// How far a store had come, so that what changed since can be asked for.
package struct StoreMark: Hashable, Sendable {
    /// How many entries were taken, by site.
    fileprivate var accepted: [Int64: Int] = [:]
    /// The heads of what has a verdict, by journal.
    fileprivate var heads: [Int64: Int] = [:]
}

extension SQLiteReplica {
    /// How far this store has come.
    package func mark() async throws -> StoreMark { try await read { try $0.mark() } }

    /// The participants of whom an entry got its verdict since a mark: at the centre, where each has one at
    /// once, all of whom something has changed.
    ///
    /// - Returns: the mark of now, equal to the given one if nothing came; `participants` is `nil` if the
    ///   store is not one that goes on from that mark, so that everything is to be read anew.
    /// - Complexity: one look at the sites if nothing came, else O(journals + entries that came).
    package func touched(since mark: StoreMark) async throws
        -> (mark: StoreMark, participants: Set<EnrolmentID>?)
    {
        try await read { store in
            guard try store.accepted() != mark.accepted else { return (mark, []) }
            let now = try store.mark()
            guard mark.heads.allSatisfy({ now.heads[$0.key, default: 0] >= $0.value }) else {
                return (now, nil)
            }
            var records: Set<Data> = []
            for (journal, head) in now.heads where head > mark.heads[journal, default: 0] {
                let rows = try store.rows(
                    "SELECT DISTINCT record FROM entry WHERE journal = ? AND n > ? AND record IS NOT NULL",
                    [journal, mark.heads[journal, default: 0]])
                for row in rows { records.insert(row[0]) }
            }
            let keys = try records.compactMap { try store.existingState($0)?.key }
            return (now, Set(keys.compactMap(\.participant)))
        }
    }
}

extension StoreTransaction {
    fileprivate func mark() throws -> StoreMark {
        let heads = try rows("SELECT id, n FROM journal").map { row in (row[0] as Int64, row[1] as Int) }
        return StoreMark(
            accepted: try accepted(), heads: Dictionary(heads) { first, _ in first })
    }

    fileprivate func accepted() throws -> [Int64: Int] {
        let sites = try rows("SELECT id, accepted FROM site").map { row in (row[0] as Int64, row[1] as Int) }
        return Dictionary(sites) { first, _ in first }
    }
}
