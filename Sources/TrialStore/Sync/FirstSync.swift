import FoundationEssentials
import GRDB
import SyncProtocol
package import TrialModel

/// How far a laptop's first sync has come: first the records with their live entries, then the history behind
/// them. It stands in the store from the first page on until the history is whole.
///
/// While it stands, the merged states are what the centre's pages say, and the journals grow from their start
/// without changing them. An entry at a place beyond its journal's head came as a live entry: its chain is
/// still to come (docs/decisions/0014).
package struct FirstSync: Hashable, Sendable {
    var cursor: LiveCursor
    /// Whether the whole site was here at some moment: before that nothing of it is shown.
    package var isShown: Bool
    /// Whether the live pages have come to where ``cursor`` says they speak of every entry. Only a first sync
    /// that began anew is shown before.
    var isLiveWhole: Bool
    /// Entries that were still to come at the last answer.
    package var historyLeft: UInt64

    private static let format: UInt8 = 1

    fileprivate var encoded: Data {
        var row = RowWriter()
        row.byte(Self.format)
        row.byte((isShown ? Self.shownFlag : 0) | (isLiveWhole ? Self.liveWholeFlag : 0))
        row.number(historyLeft)
        row.count(cursor.cursor.count)
        row.append(cursor.cursor)
        row.count(cursor.at.count)
        for place in cursor.at {
            row.append(place.journal.bytes)
            row.number(place.n)
            row.append(place.verdictPrefix)
        }
        return Data(row.bytes)
    }

    init(cursor: LiveCursor, isShown: Bool, isLiveWhole: Bool, historyLeft: UInt64) {
        (self.cursor, self.isShown) = (cursor, isShown)
        (self.isLiveWhole, self.historyLeft) = (isLiveWhole, historyLeft)
    }

    /// Whether the live pages speak of an entry: then the merged states have it, or will have it, with all
    /// that came after it at the centre, and it must not be merged into them.
    func speaks(of n: UInt64, in journal: JournalID) -> Bool {
        cursor.at.contains { $0.journal == journal && n <= $0.n }
    }

    /// Whether saves that the live pages speak of go on waiting: the site is shown, and their records are
    /// still to come.
    var keepsWaiting: Bool { isShown && !isLiveWhole }

    private static let shownFlag: UInt8 = 1
    private static let liveWholeFlag: UInt8 = 2

    /// - Throws: `Problem(.storeDamaged)`.
    fileprivate init(decoding bytes: Data) throws(Problem) {
        var row = RowReader(bytes)
        guard try row.byte() == Self.format else { throw RowReader.damaged }
        let flags = try row.byte()
        self.init(
            cursor: LiveCursor(), isShown: flags & Self.shownFlag != 0,
            isLiveWhole: flags & Self.liveWholeFlag != 0, historyLeft: try row.number())
        let length = try row.count()
        cursor.cursor = Data(try row.slice(length))
        for _ in 0..<(try row.count()) {
            let journal = JournalID(prefixOf: try row.slice(JournalID.byteCount))
            let n = try row.number()
            let verdict = Data(try row.slice(Place.prefixBytes))
            cursor.at.append(Place(journal: journal, n: n, verdictPrefix: verdict))
        }
    }
}

extension SQLiteReplica {
    /// The first sync that is under way; `nil` before the first page and after the last of the history.
    package func firstSync() async throws -> FirstSync? { try await read { try $0.firstSync() } }
}

extension StoreTransaction {
    private static let firstSyncSetting = "first-sync"

    func firstSync() throws -> FirstSync? {
        try setting(Self.firstSyncSetting).map { bytes throws(Problem) in try FirstSync(decoding: bytes) }
    }

    func note(_ firstSync: FirstSync?) throws { try set(Self.firstSyncSetting, to: firstSync?.encoded) }

    /// What a first sync asks for; `nil` if the site is pulled as usual: nothing of it is here at the start.
    func liveCursor(site: Int64) throws -> LiveCursor? {
        if let firstSync = try firstSync() { return firstSync.cursor }
        let isEmpty = try row("SELECT 1 FROM journal WHERE site = ? AND n > 0 LIMIT 1", [site]) == nil
        return isEmpty ? LiveCursor() : nil
    }

    /// - Throws: `Problem(.firstSyncUnfinished)` while a part of the site is missing without a trace.
    func requireShown() throws {
        guard let firstSync = try firstSync(), !firstSync.isShown else { return }
        throw Problem(.firstSyncUnfinished, "the first sync has not brought the whole site yet")
    }

    /// Begins a first sync anew, because the centre is not what it was: keeps what the journals prove, and
    /// what came as a live entry as borrowed without a proof. That is shown and not sent; it is dropped when
    /// the centre has it again.
    func restartFirstSync(site: Int64) throws {
        guard var firstSync = try firstSync() else { return }
        (firstSync.cursor, firstSync.isLiveWhole) = (LiveCursor(), false)
        try note(firstSync)
        for journal in try journals(site: site) { try keepLiveAsBorrowed(journal) }
        for row in try rows("SELECT key, state FROM record WHERE site = ?", [site]) {
            let lookup: Data = row[0]
            try rebuild(try decodeState(row[1], lookup).key, lookup, site: site)
        }
        // Of these the history came before their live page.
        let unplaced = try rows(
            """
            SELECT e.record, e.change, e.hash, e.body FROM entry e JOIN journal j ON j.id = e.journal
            WHERE j.site = ? AND e.verdict <> 3 AND e.record IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM record r WHERE r.key = e.record)
            GROUP BY e.record
            """, [site])
        for row in unplaced {
            guard let id = ChangeID(bytes: row[1] as Data),
                let encoded = try? EncodedChange(received: try openBody(row[3], hash: row[2]), id: id)
            else { continue }
            try rebuild(encoded.change.record, row[0], site: site)
        }
    }

    /// Keeps the live entries of a journal, whose chain will not come as it was told, as borrowed.
    func keepLiveAsBorrowed(_ journal: JournalRow) throws {
        let place: StatementArguments = [journal.rowID, Int64(journal.n)]
        let beyond = try rows(
            """
            SELECT n, hash, body, verdict, code, received_at FROM entry
            WHERE journal = ? AND n > ? ORDER BY n
            """, place)
        for row in beyond {
            var run = EntryRun(
                journal: journal.id, firstN: row.place(0), previous: .zero,
                changes: [try openBody(row[2], hash: row[1])])
            run.judgements = [Judgement(try Self.verdict(row[3], row[4]), receivedMilliseconds: row[5])]
            try keepBorrowed(
                run, introduction: journal.introduction, receipt: nil, site: journal.siteRowID,
                isProven: false
            ) { _ in }
        }
        try execute("DELETE FROM entry WHERE journal = ? AND n > ?", place)
    }
}
