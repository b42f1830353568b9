import FoundationEssentials
import GRDB
import SyncProtocol
import TrialModel

/// Where the live pages of a site stand: first its records, then what was not applied, then the records that
/// entries beyond the vector of the first page touched. No client looks into it.
private struct LivePosition {
    enum Phase: UInt8 { case records = 1, notApplied, tail }

    var phase: Phase
    /// Of records: kind and row. Of what was not applied: verdict, journal and n.
    var place: (Int64, Int64, Int64) = (0, 0, 0)

    init(_ phase: Phase) { self.phase = phase }

    var bytes: Data {
        var row = RowWriter()
        row.byte(phase.rawValue)
        for part in [place.0, place.1, place.2] { row.signed(part) }
        return Data(row.bytes)
    }

    init?(_ bytes: Data) {
        var row = RowReader(bytes)
        guard let first = try? row.byte(), let phase = Phase(rawValue: first), let one = try? row.signed(),
            let two = try? row.signed(), let three = try? row.signed(), row.isAtEnd
        else { return nil }
        (self.phase, place) = (phase, (one, two, three))
    }
}

/// Collects records with the entries that their live versions stand in, each once. Cost: what is sent.
struct LiveBuilder {
    let store: StoreTransaction
    private(set) var introductions: [JournalIntroduction] = []
    private var records: [LiveRecord] = []
    private var seen: Set<Data> = []
    private var runs: [EntryRun] = []
    private var journals: [Int64: JournalRow] = [:]
    private var found: [Int64: [Int64: (bytes: Data, judgement: Judgement)]] = [:]

    init(store: StoreTransaction) { self.store = store }

    mutating func add(record lookup: Data, _ budget: inout PageBudget) throws {
        guard seen.insert(lookup).inserted, let state = try store.existingState(lookup) else { return }
        let record = LiveRecord(state)
        records.append(record)
        budget.spend(0)
        for id in record.entries {
            let place = try store.row(
                "SELECT journal, n FROM entry WHERE change = ? ORDER BY verdict, seq LIMIT 1",
                [Data(id.bytes)])
            guard let place else { throw Problem(.storeDamaged, "the entry of a live version is missing") }
            try add(entry: place[1], of: place[0], &budget)
        }
    }

    mutating func add(entry n: Int64, of journal: Int64, _ budget: inout PageBudget) throws {
        guard found[journal]?[n] == nil else { return }
        let row = try store.row(
            "SELECT hash, body, verdict, code, received_at FROM entry WHERE journal = ? AND n = ?",
            [journal, n])
        guard let row else { throw Problem(.storeDamaged, "an entry is missing") }
        let bytes = try store.openBody(row[1], hash: row[0])
        let judgement = Judgement(
            try StoreTransaction.verdict(row[2], row[3]), receivedMilliseconds: row[4])
        found[journal, default: [:]][n] = (bytes, judgement)
        budget.spend(bytes.count)
    }

    /// The contents; their journals' introductions are in `introductions` from now on.
    mutating func finish() throws -> LiveContents {
        var contents = LiveContents()
        contents.records = records
        for (rowID, entries) in found.sorted(by: { $0.key < $1.key }) {
            guard let journal = try store.journal(rowID: rowID) else { continue }
            introductions.append(journal.introduction)
            for (n, entry) in entries.sorted(by: { $0.key < $1.key }) {
                if let last = contents.runs.last, last.journal == journal.id, last.lastN + 1 == UInt64(n),
                    last.changes.count < WireLimits.pageEntries
                {
                    contents.runs[contents.runs.count - 1].changes.append(entry.bytes)
                    contents.runs[contents.runs.count - 1].judgements.append(entry.judgement)
                    continue
                }
                var run = EntryRun(
                    journal: journal.id, firstN: UInt64(n),
                    previous: try store.hash(of: journal, at: UInt64(n) - 1), changes: [entry.bytes])
                run.judgements = [entry.judgement]
                contents.runs.append(run)
            }
        }
        return contents
    }
}

extension StoreTransaction {
    func journal(rowID: Int64) throws -> JournalRow? {
        try row("SELECT \(JournalRow.columns) FROM journal WHERE id = ?", [rowID]).map(JournalRow.init)
    }

    /// The next page of a first sync.
    ///
    /// - Parameters:
    ///   - held: what the laptop holds of the site's journals.
    ///   - smallest: a site of at most so many entries is pulled like any other time; as is one with hardly
    ///     more entries than records, where the history is no longer than what is live.
    func livePage(
        site: Int64, from cursor: LiveCursor, held: ChangeVector, smallest: Int, _ builder: inout LiveBuilder,
        _ budget: inout PageBudget
    ) throws -> LivePage {
        let all = try journals(site: site).filter { $0.n > 0 }
        let left = all.reduce(0) { $0 + ($1.n - min($1.n, held[$1.id])) }
        var page = LivePage(cursor: cursor, more: true, historyLeft: left)
        var position = LivePosition(.records)
        if cursor.cursor.isEmpty {
            let entries = all.reduce(0) { $0 + $1.n }
            let records: Int64 = try row("SELECT count(*) FROM record WHERE site = ?", [site])?[0] ?? 0
            guard entries > UInt64(smallest), entries > 2 * UInt64(records) else {
                (page.cursor, page.more) = (LiveCursor(), false)
                return page
            }
            page.cursor.at = all.map(\.place)
        } else {
            guard let known = LivePosition(cursor.cursor), try !cursor.at.contains(where: contradicts) else {
                (page.cursor, page.restarts) = (LiveCursor(), true)
                return page
            }
            position = known
        }
        if position.phase == .records, try addRecords(site, &position, &builder, &budget) {
            position = LivePosition(.notApplied)
        }
        if position.phase == .notApplied, try addNotApplied(site, &position, &builder, &budget) {
            position = LivePosition(.tail)
        }
        if position.phase == .tail {
            page.more = try !addTail(all, &page.cursor.at, &builder, &budget)
        }
        page.cursor.cursor = position.bytes
        return page
    }

    /// - Returns: whether that was all.
    private func addRecords(
        _ site: Int64, _ position: inout LivePosition, _ builder: inout LiveBuilder,
        _ budget: inout PageBudget
    ) throws -> Bool {
        while true {
            guard !budget.isSpent else { return false }
            let next = try row(
                """
                SELECT kind, id, key FROM record WHERE site = ?1 AND (kind, id) > (?2, ?3)
                ORDER BY kind, id LIMIT 1
                """, [site, position.place.0, position.place.1])
            guard let next else { return true }
            try builder.add(record: next[2], &budget)
            position.place = (next[0], next[1], 0)
        }
    }

    private func addNotApplied(
        _ site: Int64, _ position: inout LivePosition, _ builder: inout LiveBuilder,
        _ budget: inout PageBudget
    ) throws -> Bool {
        while true {
            guard !budget.isSpent else { return false }
            let next = try row(
                """
                SELECT verdict, journal, n FROM entry
                WHERE verdict <> 1 AND (verdict, journal, n) > (?2, ?3, ?4)
                    AND journal IN (SELECT id FROM journal WHERE site = ?1)
                ORDER BY verdict, journal, n LIMIT 1
                """, [site, position.place.0, position.place.1, position.place.2])
            guard let next else { return true }
            try builder.add(entry: next[2], of: next[1], &budget)
            position.place = (next[0], next[1], next[2])
        }
    }

    /// The records that entries beyond the vector touch, as they are now, and entries that were not applied.
    private func addTail(
        _ journals: [JournalRow], _ at: inout [Place], _ builder: inout LiveBuilder,
        _ budget: inout PageBudget
    ) throws -> Bool {
        var places = Dictionary(at.map { ($0.journal, $0) }) { first, _ in first }
        defer { at = places.values.sorted { $0.journal < $1.journal } }
        for journal in journals where journal.n > places[journal.id]?.n ?? 0 {
            let statement = try db.makeStatement(
                sql: "SELECT n, record, verdict FROM entry WHERE journal = ? AND n > ? ORDER BY n")
            let cursor = try Row.fetchCursor(
                statement, arguments: [journal.rowID, Int64(places[journal.id]?.n ?? 0)])
            while let row = try cursor.next() {
                let n = row.place(0)
                guard !budget.isSpent else {
                    if n > 1 {
                        places[journal.id] = Place(
                            journal: journal.id, n: n - 1, verdict: try verdictHash(of: journal, at: n - 1))
                    }
                    return false
                }
                if row[2] as Int != 1 { try builder.add(entry: row[0], of: journal.rowID, &budget) }
                if let record: Data = row[1] { try builder.add(record: record, &budget) }
            }
            places[journal.id] = journal.place
        }
        return true
    }
}
