import FoundationEssentials
import GRDB
package import TrialModel

/// How far a store had come, so that what changed since can be asked for.
package struct StoreMark: Hashable, Sendable {
    /// How many entries were taken, and the sum of the merged states, by site.
    fileprivate var sites: [Int64: Site] = [:]
    /// What has no verdict here.
    fileprivate var waiting: Set<Waiting> = []
    /// The heads of what has a verdict, by journal.
    fileprivate var heads: [Int64: Int] = [:]
    /// How many records were repaired or rebuilt: what that brings has no entry of its own.
    fileprivate var repaired = 0
    /// Whether live entries came beyond the heads of their journals.
    fileprivate var isFirstSync = false

    fileprivate struct Site: Hashable, Sendable {
        let accepted: Int
        let digest: Data
    }

    /// The place of a change that has no verdict here.
    fileprivate struct Waiting: Hashable, Sendable {
        let record: Data
        /// A journal of this replica, or a borrowed run.
        let group: Int64
        let place: Int64
        let isBorrowed: Bool
    }
}

extension SQLiteReplica {
    /// How far this store has come.
    package func mark() async throws -> StoreMark { try await read { try $0.mark() } }

    /// The participants of whom something has changed since a mark: an entry got its verdict, or a change
    /// waits here that did not, or does not any more.
    ///
    /// - Returns: the mark of now, equal to the given one if nothing came; `participants` is `nil` if the
    ///   store is not one that goes on from that mark entry by entry, so that everything is to be read anew.
    /// - Complexity: one look at the sites and at what waits if nothing came, else O(journals + entries that
    ///   came).
    package func touched(since mark: StoreMark) async throws
        -> (mark: StoreMark, participants: Set<EnrolmentID>?)
    {
        try await read { store in
            let (sites, waiting) = (try store.siteMarks(), try store.waitingMarks())
            // Records that were written anew may bring back what the sum of their site never lost.
            let mended = store.mended()
            guard sites != mark.sites || waiting != mark.waiting || mended != mark.repaired else {
                return (mark, [])
            }
            let now = try store.mark()
            guard mark.heads.allSatisfy({ now.heads[$0.key, default: 0] >= $0.value }),
                now.repaired == mark.repaired, !now.isFirstSync, !mark.isFirstSync,
                mark.sites.allSatisfy({ id, before in
                    // Merged states are what the entries make of them.
                    now.sites[id]?.accepted != before.accepted || now.sites[id] == before
                })
            else { return (now, nil) }
            var records: Set<Data> = []
            for (journal, head) in now.heads where head > mark.heads[journal, default: 0] {
                let rows = try store.rows(
                    "SELECT DISTINCT record FROM entry WHERE journal = ? AND n > ? AND record IS NOT NULL",
                    [journal, mark.heads[journal, default: 0]])
                for row in rows { records.insert(row[0]) }
            }
            var touched = Set(try records.compactMap { try store.existingState($0)?.key.participant })
            for change in now.waiting.symmetricDifference(mark.waiting)
            where records.insert(change.record).inserted {
                // A record of which nothing is left says not whose it was.
                guard let key = try store.key(of: change.record) else { return (now, nil) }
                if let participant = key.participant { touched.insert(participant) }
            }
            return (now, touched)
        }
    }
}

extension StoreTransaction {
    fileprivate func mark() throws -> StoreMark {
        let heads = try rows("SELECT id, n FROM journal").map { row in (row[0] as Int64, row[1] as Int) }
        return StoreMark(
            sites: try siteMarks(), waiting: try waitingMarks(),
            heads: Dictionary(heads) { first, _ in first }, repaired: mended(),
            isFirstSync: try firstSync() != nil)
    }

    /// How many records were repaired by syncs, and written anew from their entries.
    /// A count that cannot be read is none: `verify` names it, and what is shown does not hang on it.
    fileprivate func mended() -> Int {
        ((try? repairs())?.records ?? 0).addingClamped((try? rebuilds())?.records ?? 0)
    }

    fileprivate func siteMarks() throws -> [Int64: StoreMark.Site] {
        let sites = try rows("SELECT id, accepted, digest FROM site").map { row in
            (row[0] as Int64, StoreMark.Site(accepted: row[1], digest: row[2]))
        }
        return Dictionary(sites) { first, _ in first }
    }

    /// From the indexes alone.
    fileprivate func waitingMarks() throws -> Set<StoreMark.Waiting> {
        let pending = try rows("SELECT record, journal, n FROM pending")
        let borrowed = try rows("SELECT record, run, place FROM borrowed WHERE record IS NOT NULL")
        func marks(_ rows: [Row], isBorrowed: Bool) -> [StoreMark.Waiting] {
            rows.map { row in
                StoreMark.Waiting(record: row[0], group: row[1], place: row[2], isBorrowed: isBorrowed)
            }
        }
        return Set(marks(pending, isBorrowed: false) + marks(borrowed, isBorrowed: true))
    }
}
