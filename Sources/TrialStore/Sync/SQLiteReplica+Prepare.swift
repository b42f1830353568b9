package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

extension SQLiteReplica {
    /// A request of at most one page: first what a restored centre lost (`*` before the site), then what was
    /// borrowed, then this laptop's own.
    package func prepare(site: SiteCode, proving: [JournalID], limit: Int) async throws -> SyncRequest {
        let (identity, environment) = (identity, environment)
        return try await write { store in
            let siteRow = try store.makeSite(site)
            let allRow = try store.makeSite(.all)
            var request = SyncRequest(hello: Hello(site: site, epoch: try store.epoch()))
            request.hello.covered = try store.coveredPlaces(site: siteRow)
            request.hello.coveredAll = try store.coveredPlaces(site: allRow)
            request.hello.live = try store.liveCursor(site: siteRow)
            request.hello.pending = try store.waitingCount(site: siteRow)
            request.hello.clockMilliseconds = environment.now()
            let numbers = try store.numbers()
            (request.hello.numbersLeft, request.hello.numbersSeen) = (numbers.left, numbers.highestSeen)
            request.hello.numbersHeld = numbers.blocks
            guard proving.isEmpty else {
                for id in proving {
                    guard let journal = try store.journal(id), journal.n > 0 else { continue }
                    request.receipts += try store.keptReceipt(of: journal, from: journal.n).map { [$0] } ?? []
                }
                return request
            }
            var budget = PageBudget(entries: limit)
            try store.addReoffers(to: &request, sites: [allRow, siteRow], &budget)
            if request.runs.isEmpty {
                try store.addBorrowed(to: &request, site: allRow, &budget)
                try store.addBorrowed(to: &request, site: siteRow, &budget)
            }
            // What is new is judged by what stands at `*` and by what it replaces, so the centre has all of
            // that first.
            if try store.hasReoffers(beyond: request, sites: [allRow, siteRow]) { return request }
            try store.addPending(to: &request, site: siteRow, identity, &budget)
            return request
        }
    }
}

extension SQLiteReplica {
    /// The page behind a request that is still under way, if both are nothing but this laptop's own pending
    /// entries; `nil` if nothing lies behind it.
    ///
    /// It asks for next to no entries: what others wrote comes with the last page.
    package func prepare(site: SiteCode, behind request: SyncRequest, limit: Int) async throws -> SyncRequest?
    {
        guard let front = request.runs.first, request.runs.count == 1, request.receipts.isEmpty,
            front.judgements.isEmpty, !front.forwarded
        else { return nil }
        let (identity, environment) = (identity, environment)
        return try await read { store -> SyncRequest? in
            guard let journal = try store.journal(front.journal), journal.isOwn else { return nil }
            var budget = PageBudget(entries: limit)
            // The end of the request may have come back from elsewhere meanwhile, so that it waits no more.
            guard try store.pendingHash(journal, at: front.lastN) != nil,
                var run = try store.pendingRun(of: journal, after: front.lastN, &budget),
                run.firstN == front.lastN + 1
            else { return nil }
            try store.sign(&run, of: journal, identity)
            var next = SyncRequest(hello: request.hello)
            next.hello.clockMilliseconds = environment.now()
            next.hello.entryLimit = 1
            (next.hello.live, next.hello.compare) = (nil, [])
            // Numbers are asked for once a sync, by the page before.
            (next.hello.numbersLeft, next.hello.numbersHeld) = (Int(UInt32.max), [])
            // The front page waits still, and will not when this one is read.
            let waiting = try store.waitingCount(site: journal.siteRowID)
            next.hello.pending = waiting - min(waiting, UInt64(front.changes.count))
            next.introductions = request.introductions.filter { $0.id == journal.id }
            next.runs = [run]
            return next
        }
    }
}

/// What is left of a page. A first change always fits, however large.
struct PageBudget {
    private(set) var entries: Int
    private var bytes = WireLimits.pageBytes
    private var isEmpty = true

    init(entries: Int) { self.entries = entries }

    /// - Returns: whether there was room for one more change of this size; then it is taken.
    mutating func take(_ count: Int) -> Bool {
        guard entries > 0, isEmpty || count <= bytes else { return false }
        entries -= 1
        bytes -= count
        isEmpty = false
        return true
    }

    /// Takes room for a part of something that is sent whole, however large.
    mutating func spend(_ count: Int) {
        entries = max(0, entries - 1)
        bytes -= count
        isEmpty = false
    }

    func hasRoom(for count: Int) -> Bool { entries > 0 && count <= bytes }

    var isSpent: Bool { entries == 0 || bytes <= 0 }
}

extension StoreTransaction {
    /// How far each journal is confirmed here and, as far as is known, held at the centre.
    func coveredPlaces(site: Int64) throws -> [Place] {
        try journals(site: site).compactMap { journal in
            let n = min(journal.n, journal.centreN)
            guard n > 0 else { return nil }
            return Place(journal: journal.id, n: n, verdict: try verdictHash(of: journal, at: n))
        }
    }

    func waitingCount(site: Int64) throws -> UInt64 {
        let row = try row(
            "SELECT count(*) FROM pending WHERE journal IN (SELECT id FROM journal WHERE site = ?)", [site])
        return UInt64((row?[0] as Int64?) ?? 0)
    }

    /// The first receipt that covers this place.
    func keptReceipt(of journal: JournalRow, from n: UInt64) throws -> Receipt? {
        guard
            let row = try row(
                """
                SELECT n, epoch, signature, hash, verdict_hash FROM receipt
                WHERE journal = ? AND n >= ? ORDER BY n LIMIT 1
                """, [journal.rowID, Int64(n)]), let hash = ChainHash(row[3] as Data),
            let verdict = ChainHash(row[4] as Data)
        else { return nil }
        return Receipt(
            journal: journal.id, n: row.place(0), epoch: row[1], signature: row[2],
            signed: .init(hash: hash, verdict: verdict))
    }

    /// A run of confirmed entries with their verdicts, from a place to another.
    func judgedRun(of journal: JournalRow, from firstN: UInt64, to lastN: UInt64) throws -> EntryRun {
        var run = EntryRun(
            journal: journal.id, firstN: firstN, previous: try hash(of: journal, at: firstN - 1), changes: [])
        run.previousVerdict = try verdictHash(of: journal, at: firstN - 1)
        let statement = try db.cachedStatement(
            sql: """
                SELECT hash, body, verdict, code, received_at FROM entry
                WHERE journal = ? AND n >= ? AND n <= ? ORDER BY n
                """)
        let cursor = try Row.fetchCursor(statement, arguments: [journal.rowID, Int64(firstN), Int64(lastN)])
        while let row = try cursor.next() {
            run.changes.append(try openBody(row[1], hash: row[0]))
            run.judgements.append(Judgement(try Self.verdict(row[2], row[3]), receivedMilliseconds: row[4]))
        }
        return run
    }

    fileprivate func addReoffers(to request: inout SyncRequest, sites: [Int64], _ budget: inout PageBudget)
        throws
    {
        for site in sites {
            for journal in try journals(site: site) where journal.centreN < journal.n && !budget.isSpent {
                guard let receipt = try keptReceipt(of: journal, from: journal.centreN + 1) else { continue }
                let run = try judgedRun(of: journal, from: journal.centreN + 1, to: receipt.n)
                let bytes = run.changes.reduce(0) { $0 + $1.count }
                guard !run.changes.isEmpty, request.runs.isEmpty || budget.hasRoom(for: bytes) else {
                    continue
                }
                for change in run.changes { _ = budget.take(change.count) }
                request.introductions.append(journal.introduction)
                request.runs.append(run)
                request.receipts.append(receipt)
            }
        }
    }

    /// Whether something that a restored centre lost, and that a receipt proves, found no room.
    fileprivate func hasReoffers(beyond request: SyncRequest, sites: [Int64]) throws -> Bool {
        try sites.flatMap { try journals(site: $0) }.contains { journal in
            let last = request.runs.last { $0.journal == journal.id && !$0.judgements.isEmpty }?.lastN
            let offered = max(journal.centreN, last ?? 0)
            return try offered < journal.n && keptReceipt(of: journal, from: offered + 1) != nil
        }
    }

    fileprivate func addBorrowed(to request: inout SyncRequest, site: Int64, _ budget: inout PageBudget)
        throws
    {
        for row in try rows(
            "SELECT id, proof FROM borrowed_run WHERE site = ? AND proven = 1 ORDER BY id", [site]
        ) {
            guard !budget.isSpent else { return }
            let proof = try BorrowedProof(decoding: row[1])
            var run = proof.run
            for row in try rows(
                "SELECT change, body FROM borrowed WHERE run = ? ORDER BY place", [row[0] as Int64])
            {
                guard let id = ChangeID(bytes: row[0] as Data) else { continue }
                let bytes = try cipher.open(row[1], as: RowIdentity.borrowed(change: id))
                _ = budget.take(bytes.count)
                run.changes.append(bytes)
            }
            run.forwarded = true
            request.introductions.append(proof.introduction)
            request.runs.append(run)
            if let receipt = proof.receipt { request.receipts.append(receipt) }
        }
    }

    fileprivate func addPending(
        to request: inout SyncRequest, site: Int64, _ identity: ReplicaIdentity, _ budget: inout PageBudget
    ) throws {
        for journal in try journals(site: site) where journal.isOwn {
            guard var run = try pendingRun(of: journal, &budget) else { continue }
            try sign(&run, of: journal, identity)
            request.introductions.append(journal.introduction)
            request.runs.append(run)
        }
    }

    /// The pending entries of one journal, as far as the budget goes; `nil` if there are none.
    func pendingRun(
        of journal: JournalRow, after place: UInt64 = 0, _ budget: inout PageBudget
    ) throws -> EntryRun? {
        let statement = try db.cachedStatement(
            sql: "SELECT n, hash, body FROM pending WHERE journal = ? AND n > ? ORDER BY n LIMIT ?")
        let cursor = try Row.fetchCursor(statement, arguments: [journal.rowID, Int64(place), budget.entries])
        var run: EntryRun?
        while let row = try cursor.next() {
            let bytes = try openBody(row[2], hash: row[1])
            guard budget.take(bytes.count) else { break }
            if run == nil {
                let n = row.place(0)
                run = EntryRun(
                    journal: journal.id, firstN: n,
                    previous: try pendingHash(journal, at: n - 1) ?? hash(of: journal, at: n - 1), changes: []
                )
            }
            run?.changes.append(bytes)
        }
        return run
    }

    func hashOfPending(_ journal: JournalRow, at n: UInt64) throws -> ChainHash {
        guard let hash = try pendingHash(journal, at: n) else {
            throw Problem(.storeDamaged, "a pending entry is missing")
        }
        return hash
    }

    /// The chain hash of a pending entry; `nil` if it waits no more.
    func pendingHash(_ journal: JournalRow, at n: UInt64) throws -> ChainHash? {
        try row("SELECT hash FROM pending WHERE journal = ? AND n = ?", [journal.rowID, Int64(n)])
            .flatMap { ChainHash($0[0] as Data) }
    }
}
