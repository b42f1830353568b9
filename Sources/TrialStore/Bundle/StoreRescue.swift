import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// What a rescue brought out of a store, and what it did not.
package struct RescueTotals: Hashable, Sendable {
    /// Saves of this laptop that were written.
    package var own = 0
    /// Saves of others that were carried here, and were written.
    package var carried = 0
    /// Entries without a receipt that could not be read, or not proven.
    package var unreadable = 0
    package var bytes = 0

    package init() {}
}

/// Brings out of a laptop's store, which may be damaged, what is nowhere else: entries that have no receipt.
///
/// It reads row by row, by every way there is to a row, and passes over what does not open. It works on a
/// copy: SQLite mends what it opens.
package struct StoreRescue: Sendable {
    private let queue: DatabaseQueue

    /// - Parameter path: of a copy of the store's file, with its log beside it.
    /// - Throws: `Problem(.storeDamaged)` if not even the file's first page can be read.
    package init(copy path: String) throws(Problem) {
        queue = try StoreFile.mapping {
            var configuration = Configuration()
            // What is no cell is damage, and not a row.
            configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA cell_size_check = ON") }
            let opened = try DatabaseQueue(path: path, configuration: configuration)
            let tables = try opened.unsafeRead { db in
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM sqlite_master WHERE name IN ('setting', 'slot')")
            }
            guard tables == 2 else { throw Problem(.storeDamaged, "the file has no tables of a store") }
            return opened
        }
    }

    package func close() { try? queue.close() }

    /// The key slot of a person.
    package func slot(of person: String) async throws -> KeySlot? {
        try await read { db in
            let key = try PersonHash.of(person, in: db)
            let sql = "SELECT slot FROM slot WHERE person = ?"
            return try Data.fetchOne(db, sql: sql, arguments: [key]).map { KeySlot(bytes: $0) }
        }
    }

    /// When the slots were destroyed because the laptop was reported lost; `nil` if that never happened.
    package func destroyedAt() async throws -> Int64? {
        try await read { db in
            let sql = "SELECT value FROM setting WHERE name = 'clear-slots-destroyed'"
            return try Data.fetchOne(db, sql: sql).flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
        }
    }

    /// Writes what can be read to a bundle that the centre and every laptop of the site takes.
    ///
    /// - Parameter head: how far its own journal had come, as is remembered outside of the store.
    /// - Throws: `Problem(.storeDamaged)` if the laptop's own keys cannot be read: without them nothing can
    ///   be proven; `.alreadyExists`, `.fileUnreadable`, `.diskFull`.
    package func export(
        to path: String, cipher: any StoreCipher, head: KnownHead?, environment: ReplicaEnvironment
    ) async throws -> RescueTotals {
        let found = try await read { db in
            try? cipher.keyRing?.renew(from: db)
            return try Rescued(StoreTransaction(db, cipher: cipher), head, environment)
        }
        var writer = try BundleFile.Writer(
            to: path, site: found.site, origin: .laptop, key: found.seal.key, notice: found.seal.notice)
        do {
            for request in found.requests { try writer.add(try request.encoded()) }
            try writer.finish()
        } catch {
            writer.abandon()
            throw error
        }
        var totals = found.totals
        totals.bytes = writer.bytesWritten
        return totals
    }

    private func read<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await StoreFile.mappingErrors { [queue] in
            // Without a transaction: after a read that met damage SQLite may refuse to end one.
            try await queue.unsafeRead { db in try body(db) }
        }
    }
}

/// What was read, as the parts of a bundle.
private struct Rescued: Sendable {
    let site: SiteCode
    let seal: BundleSeal
    private(set) var requests: [SyncRequest] = []
    private(set) var totals = RescueTotals()

    init(_ store: StoreTransaction, _ head: KnownHead?, _ environment: ReplicaEnvironment) throws {
        guard let ring = store.cipher.keyRing else {
            throw Problem(.internalError, "a laptop's store has keys for bundles")
        }
        let identity: ReplicaIdentity
        do {
            identity = try RowDamage.watching { try SealedSettings.read(store).identity() }
        } catch let problem as Problem where [.siteKeyMissing, .notEnrolled].contains(problem.code) {
            throw problem
        } catch {
            throw Problem(
                .storeDamaged, "this laptop's own keys cannot be read, so that nothing here can be proven",
                remedy: "keep the file; what it had not sent is in a bundle that it gave, or on paper")
        }
        site = identity.certificate.site
        seal = (try? ring.bundleSeal(in: store.db)) ?? BundleSeal(ring.first, notice: Data())
        let epoch = Self.reading { try store.epoch() } ?? Data(count: 16)
        let work = RescueWork(store: store, identity: identity, site: site, epoch: epoch)
        for run in try work.ownRuns(head, environment, &totals) + work.carriedRuns(&totals) {
            var request = SyncRequest(hello: Hello(site: site, epoch: epoch))
            request.introductions = [run.introduction]
            (request.runs, request.receipts) = ([run.run], run.receipts)
            requests.append(request)
        }
    }

    /// What a body reads; `nil` where it comes upon damage.
    static func reading<Result>(_ body: () throws -> Result) -> Result? { try? RowDamage.watching(body) }
}

/// A run with what proves it.
private struct ProvenRun {
    let introduction: JournalIntroduction
    let run: EntryRun
    var receipts: [Receipt] = []
}

/// The reading of one damaged store, within its transaction.
private struct RescueWork {
    let store: StoreTransaction
    let identity: ReplicaIdentity
    let site: SiteCode
    let epoch: Data

    /// A row by its key: a journal and a place there, or a borrowed run and a place there.
    private struct Key: Hashable, Comparable {
        let group: Int64
        let place: Int64

        static func < (one: Key, other: Key) -> Bool {
            (one.group, one.place) < (other.group, other.place)
        }
    }

    private struct Saved {
        let n: UInt64
        let hash: ChainHash
        let bytes: Data
    }

    private func reading<Result>(_ body: () throws -> Result) -> Result? { Rescued.reading(body) }

    /// The keys that a table's rows have, by every way that leads through it: where damage cuts one off,
    /// another goes on behind it.
    private func keys(_ columns: String, of table: String, _ indexes: [String]) -> [Int64: [Key]] {
        let names = columns.split(separator: ",").map(String.init)
        var ways = ["", " DESC"].map { order in
            "SELECT \(columns) FROM \(table) ORDER BY \(names[0])\(order), \(names[1])\(order)"
        }
        for index in indexes {
            let column = index.dropFirst(table.count + 1)
            for order in ["", " DESC"] {
                ways.append(
                    "SELECT \(columns) FROM \(table) INDEXED BY \(index) ORDER BY \(column)\(order)")
            }
        }
        var found: Set<Key> = []
        for way in ways {
            try? walk(way) { row in
                guard let group = Int64.fromDatabaseValue(row[0] as DatabaseValue),
                    let place = Int64.fromDatabaseValue(row[1] as DatabaseValue), place >= 0
                else { return }
                found.insert(Key(group: group, place: place))
            }
        }
        return Dictionary(grouping: found.sorted(), by: \.group)
    }

    private func walk(_ sql: String, _ take: (Row) -> Void) throws {
        let cursor = try Row.fetchCursor(store.db, sql: sql)
        while let row = try cursor.next() { take(row) }
    }

    // MARK: This laptop's own

    /// Own saves that wait: in their journal as far as its chain is whole, the rest in a journal that is
    /// begun for them, under the same ChangeIDs.
    func ownRuns(
        _ head: KnownHead?, _ environment: ReplicaEnvironment, _ totals: inout RescueTotals
    ) throws -> [ProvenRun] {
        var found: [ProvenRun] = []
        var loose: [Data] = []
        let head = head.flatMap { isFormer($0) ? nil : $0 }
        let waiting = keys("journal,n", of: "pending", ["pending_change", "pending_record"])
        var isHeadKnown = false
        for (rowID, keys) in waiting.sorted(by: { $0.key < $1.key }) {
            let saved = keys.compactMap { key in reading { try readSave(key) } }
            totals.own += saved.count
            guard let journal = ownJournal(rowID) else {
                totals.unreadable += keys.count - saved.count
                loose += saved.map(\.bytes)
                continue
            }
            var last = saved.last?.n ?? 0
            if let head, head.journal == journal.id { (last, isHeadKnown) = (max(last, head.n), true) }
            // Rows that nothing leads to any more leave a gap.
            let missing = last > journal.n ? Int(clamping: last - journal.n) - saved.count : 0
            totals.unreadable += max(missing, keys.count - saved.count)
            let whole = chained(saved, in: journal)
            found += try runs(
                saved.prefix(whole).map(\.bytes), journal.introduction, after: journal.n, journal.hash)
            loose += saved.dropFirst(whole).map(\.bytes)
        }
        if let head, !isHeadKnown, !(reading { try store.holds(head) } ?? false),
            let journal = reading({ try store.journal(head.journal) }).flatMap({ $0 })
        {
            // Not one of its waiting rows is left.
            totals.unreadable += head.n > journal.n ? Int(clamping: head.n - journal.n) : 0
        }
        guard !loose.isEmpty else { return found }
        let introduction = try JournalIntroduction(
            opening: site, certificate: identity.certificate, epoch: epoch, reason: .fork,
            salt: environment.randomBytes(16))
        return found + (try runs(loose, introduction, after: 0, introduction.root))
    }

    /// Whether what was remembered has gone to another journal since.
    private func isFormer(_ head: KnownHead) -> Bool {
        reading { try store.isFormerHead(journal: head.journal, n: head.n, hash: head.hash) } ?? false
    }

    /// - Throws: if any of it is damaged, or not there.
    private func readSave(_ key: Key) throws -> Saved {
        let row = try store.row(
            "SELECT change, hash, body FROM pending WHERE journal = ? AND n = ?", [key.group, key.place])
        guard let row, let hash = ChainHash(row[1] as Data) else { throw RowReader.damaged }
        let bytes = try store.openBody(row[2], hash: row[1])
        guard Data(Chain.changeID(of: bytes).bytes) == row[0] as Data else { throw RowReader.damaged }
        return Saved(n: UInt64(key.place), hash: hash, bytes: bytes)
    }

    /// An own journal; `nil` if its row cannot be read.
    private func ownJournal(_ rowID: Int64) -> JournalRow? {
        let sql = "SELECT \(JournalRow.columns) FROM journal WHERE id = ?"
        let row = reading { try store.row(sql, [rowID]).map(JournalRow.init) }.flatMap { $0 }
        guard let row, row.introduction.site == site,
            row.introduction.certificate.device == identity.certificate.device
        else { return nil }
        return row
    }

    /// How many of the saves follow the journal's head, one after the other.
    private func chained(_ saved: [Saved], in journal: JournalRow) -> Int {
        var (n, hash) = (journal.n, journal.hash)
        return saved.prefix { save in
            guard save.n == n + 1,
                journal.introduction.hash(n: save.n, previous: hash, bytes: save.bytes) == save.hash
            else { return false }
            (n, hash) = (save.n, save.hash)
            return true
        }.count
    }

    /// Changes as runs of at most a page each, on this device's signed heads.
    private func runs(
        _ changes: [Data], _ introduction: JournalIntroduction, after n: UInt64, _ hash: ChainHash
    ) throws -> [ProvenRun] {
        var found: [ProvenRun] = []
        var rest = changes[...]
        var (n, hash) = (n, hash)
        while !rest.isEmpty {
            var budget = PageBudget(entries: WireLimits.pageEntries)
            let part = rest.prefix { budget.take($0.count) }
            rest = rest.dropFirst(part.count)
            var run = EntryRun(
                journal: introduction.id, firstN: n + 1, previous: hash, changes: Array(part))
            hash = ChainedRun(run, in: introduction).last
            n = run.lastN
            let place = (introduction.segment?.after ?? 0) + n
            run.headSignature = try Signing.sign(
                .head, site: introduction.site,
                SignedHead.value(journal: introduction.origin, n: place, hash: hash), with: identity.key)
            try RunCheck.verify(run, introduction, receipts: [], serverKey: identity.serverKey)
            found.append(ProvenRun(introduction: introduction, run: run))
        }
        return found
    }

    // MARK: Carried

    /// Runs of others that wait here. Only their authors' devices can prove a part of one: a run of which
    /// anything is damaged is lost here, and its author has it.
    func carriedRuns(_ totals: inout RescueTotals) -> [ProvenRun] {
        var found: [ProvenRun] = []
        let rows = keys("run,place", of: "borrowed", ["borrowed_change", "borrowed_record"])
        for (rowID, keys) in rows.sorted(by: { $0.key < $1.key }) {
            let sql = "SELECT proof, proven FROM borrowed_run WHERE id = ?"
            let kept = reading { try store.row(sql, [rowID]).map { ($0[0] as Data, $0[1] as Bool) } }
            guard let (bytes, isProven) = kept.flatMap({ $0 }) else {
                totals.unreadable += keys.count
                continue
            }
            // What a first sync brought is at the centre.
            guard isProven else { continue }
            let waiting = keys.count { key in !(reading { try isSettled(key) } ?? false) }
            guard waiting > 0 else { continue }
            guard let run = reading({ try carried(bytes, keys) }) else {
                totals.unreadable += waiting
                continue
            }
            totals.carried += waiting
            found.append(run)
        }
        return found
    }

    private func isSettled(_ key: Key) throws -> Bool {
        let row = try store.row(
            "SELECT change FROM borrowed WHERE run = ? AND place = ?", [key.group, key.place])
        guard let row, let id = ChangeID(bytes: row[0] as Data) else { return false }
        return try store.verdict(of: id) != nil
    }

    private func carried(_ bytes: Data, _ keys: [Key]) throws -> ProvenRun {
        let proof = try BorrowedProof(decoding: bytes)
        var run = proof.run
        for key in keys {
            let row = try store.row(
                "SELECT change, body FROM borrowed WHERE run = ? AND place = ?", [key.group, key.place])
            guard let row, let id = ChangeID(bytes: row[0] as Data) else {
                throw Problem(.storeDamaged, "a borrowed entry cannot be read")
            }
            run.changes.append(try store.cipher.open(row[1], as: RowIdentity.borrowed(change: id)))
        }
        let receipts = proof.receipt.map { [$0] } ?? []
        try RunCheck.verify(run, proof.introduction, receipts: receipts, serverKey: identity.serverKey)
        return ProvenRun(introduction: proof.introduction, run: run, receipts: receipts)
    }
}
