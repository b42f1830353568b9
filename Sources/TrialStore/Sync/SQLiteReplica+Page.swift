package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

extension SQLiteReplica {
    /// What a laptop lacks, in the order of acceptance, `*` first; with the digests when that is all.
    package func page(for hello: Hello, outcomes: [Outcome]) async throws -> SyncResponse {
        let (identity, environment) = (identity, environment)
        return try await read { store in
            var response = SyncResponse(epoch: try store.epoch())
            response.serverMilliseconds = environment.now()
            let site = try store.siteRowID(hello.site) ?? -1
            let all = try store.siteRowID(.all) ?? -1
            var (own, common) = (hello.covered.vector, hello.coveredAll.vector)
            for outcome in outcomes where outcome.kind == .accepted && !outcome.forwarded {
                let last = outcome.firstN + UInt64(outcome.judgements.count) - 1
                own[outcome.journal] = max(own[outcome.journal], last)
                common[outcome.journal] = max(common[outcome.journal], last)
            }
            var budget = PageBudget(entries: hello.entryLimit)
            var builder = PageBuilder(store: store)
            try builder.add(site: all, beyond: common, &budget)
            var live = LiveBuilder(store: store)
            if !builder.isFull, let cursor = hello.live {
                response.livePage = try store.livePage(
                    site: site, from: cursor, held: own, smallest: hello.entryLimit, &live, &budget)
            }
            let page = response.livePage
            if page?.restarts != true { try builder.add(site: site, beyond: own, &budget) }
            response.page = try builder.finish(identity)
            if let page, page.restarts || page.more { response.page.more = true }
            let isSettled = outcomes.isEmpty && response.page.runs.isEmpty && !response.page.more
            if isSettled, hello.live == nil, !hello.compare.isEmpty {
                response.comparison = try store.comparison(
                    of: hello.compare, sites: [site, all], &live, &budget)
            }
            response.live = try live.finish()
            let introduced = Set(response.page.introductions.map(\.id))
            response.page.introductions += live.introductions.filter { !introduced.contains($0.id) }
            if !response.page.more {
                response.digest = site < 0 ? StateDigest() : try store.digest(ofSite: site)
                response.digestAll = all < 0 ? StateDigest() : try store.digest(ofSite: all)
            }
            return response
        }
    }
}

/// Builds one page out of the journals that a reader does not hold to the end. Cost: what is sent.
struct PageBuilder {
    let store: StoreTransaction
    private var page = PullPage()
    private var journals: [JournalID: JournalRow] = [:]
    private var lastPlaces: [JournalID: UInt64] = [:]

    init(store: StoreTransaction) { self.store = store }

    /// Whether something found no room.
    var isFull: Bool { page.more }

    /// One journal that the reader lacks the end of, read row by row.
    private final class Source {
        let journal: JournalRow
        private let cursor: RowCursor
        private(set) var row: Row?
        private(set) var seq: Int64 = 0

        init(_ journal: JournalRow, beyond n: UInt64, _ store: StoreTransaction) throws {
            self.journal = journal
            let statement = try store.db.makeStatement(
                sql: """
                    SELECT seq, n, hash, body, verdict, code, received_at FROM entry
                    WHERE journal = ? AND n > ? ORDER BY n
                    """)
            cursor = try Row.fetchCursor(statement, arguments: [journal.rowID, Int64(n)])
            try step()
        }

        func step() throws {
            row = try cursor.next()?.copy()
            seq = row?[0] ?? 0
        }
    }

    /// Adds what lies beyond the vector, merged from all journals by the order of acceptance.
    mutating func add(site: Int64, beyond vector: ChangeVector, _ budget: inout PageBudget) throws {
        guard !page.more else { return }
        var sources: [Source] = []
        for journal in try store.journals(site: site) where journal.n > vector[journal.id] {
            sources.append(try Source(journal, beyond: vector[journal.id], store))
        }
        // The next one last: with many journals nobody looks through all of them for each entry.
        sources.sort { $0.seq > $1.seq }
        while let source = sources.popLast() {
            guard let row = source.row else { continue }
            let bytes = try store.openBody(row[3], hash: row[2])
            guard budget.take(bytes.count) else {
                page.more = true
                return
            }
            let judgement = Judgement(
                try StoreTransaction.verdict(row[4], row[5]), receivedMilliseconds: row[6])
            try append(bytes, judgement, n: row.place(1), of: source.journal)
            try source.step()
            if source.row != nil { sources.insert(source, at: Self.place(of: source.seq, in: sources)) }
        }
    }

    /// Where a source belongs among those that come later, which stand before it.
    private static func place(of seq: Int64, in sources: [Source]) -> Int {
        var (low, high) = (0, sources.count)
        while low < high {
            let middle = (low + high) / 2
            if sources[middle].seq > seq { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func append(_ bytes: Data, _ judgement: Judgement, n: UInt64, of journal: JournalRow)
        throws
    {
        if journals.updateValue(journal, forKey: journal.id) == nil {
            page.introductions.append(journal.introduction)
        }
        lastPlaces[journal.id] = n
        if let last = page.runs.indices.last, page.runs[last].journal == journal.id,
            page.runs[last].lastN + 1 == n
        {
            page.runs[last].changes.append(bytes)
            page.runs[last].judgements.append(judgement)
            return
        }
        var run = EntryRun(
            journal: journal.id, firstN: n, previous: try store.hash(of: journal, at: n - 1), changes: [bytes]
        )
        run.judgements = [judgement]
        page.runs.append(run)
    }

    /// The page with a receipt for each journal at the last entry that it carries.
    func finish(_ identity: ReplicaIdentity) throws -> PullPage {
        var page = page
        for introduction in page.introductions {
            guard let journal = journals[introduction.id], let n = lastPlaces[introduction.id] else {
                continue
            }
            page.receipts.append(try store.receipt(for: journal, at: n, identity))
        }
        return page
    }
}
