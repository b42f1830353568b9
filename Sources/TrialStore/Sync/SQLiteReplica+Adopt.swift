package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

extension SQLiteReplica {
    /// Whether a laptop's digests and the centre's were equal at the end of the last sync, as one byte.
    package static let digestsEqualSetting = "digests-equal"

    /// Takes over the epoch of a centre that was restored. What the centre lacks is offered again; what has
    /// no receipt moves to a journal of the new epoch. Nothing shown here changes.
    package func adopt(
        epoch: Data, held: [Place], heldAll: [Place], contested: [JournalID], site: SiteCode
    ) async throws {
        let (identity, environment) = (identity, environment)
        let formerEpochs = Self.formerEpochs
        try await write { store in
            let siteRow = try store.makeSite(site)
            try store.restartFirstSync(site: siteRow)
            try store.compare(with: held, contested: Set(contested), site: siteRow)
            try store.compare(
                with: heldAll, contested: Set(contested), site: try store.makeSite(.all))
            let former = try store.setting(formerEpochs) ?? Data()
            try store.set(formerEpochs, to: former.suffix(formerEpochsLimitBytes) + (try store.epoch()))
            try store.set(StoreTransaction.epochSetting, to: epoch)
            try store.set(SQLiteReplica.digestsEqualSetting, to: nil)
            let own = try store.journals(site: siteRow).filter(\.isOwn)
            for journal in own {
                try store.execute("UPDATE journal SET open = 0 WHERE id = ?", [journal.rowID])
            }
            try store.reissue(own, site: site, siteRow, identity, environment, reason: .epoch)
        }
    }
}

/// The last thousand epochs are remembered.
private let formerEpochsLimitBytes = 999 * 16

extension StoreTransaction {
    /// Notes how much of each journal the centre holds, by what it says it holds.
    ///
    /// - Parameter contested: journals that the centre contradicted: where it holds more of one, that
    ///   cannot be compared, and is something else.
    fileprivate func compare(with held: [Place], contested: Set<JournalID>, site: Int64) throws {
        let places = Dictionary(held.map { ($0.journal, $0) }) { first, _ in first }
        for var journal in try journals(site: site) where journal.n > 0 {
            let place = places[journal.id]
            let common = min(place?.n ?? 0, journal.n)
            if let place {
                let mine = Place(
                    journal: journal.id, n: common, verdict: try verdictHash(of: journal, at: common))
                guard place.n <= journal.n ? mine == place : !contested.contains(journal.id) else {
                    try demote(journal)
                    continue
                }
            }
            journal.centreN = common
            try update(journal)
        }
    }

    /// Takes the entries of a journal out of the confirmed state and keeps them as borrowed, with the
    /// receipts that prove them: the centre holds something else in this journal. They stay in view until the
    /// centre confirms them again.
    func demote(_ journal: JournalRow) throws {
        try noteFormerHead(of: journal)
        var touched: [Data: RecordKey] = [:]
        var next: UInt64 = 1
        while next <= journal.n, let receipt = try keptReceipt(of: journal, from: next) {
            let run = try judgedRun(of: journal, from: next, to: receipt.n)
            try keepBorrowed(
                run, introduction: journal.introduction, receipt: receipt, site: journal.siteRowID
            ) { key in
                touched[self.lookup(key)] = key
            }
            next = receipt.n + 1
        }
        guard next > journal.n else {
            throw Problem(.storeDamaged, "entries at the end of a journal have no receipt")
        }
        try execute("DELETE FROM entry WHERE journal = ?", [journal.rowID])
        try execute("DELETE FROM receipt WHERE journal = ?", [journal.rowID])
        var emptied = journal
        (emptied.n, emptied.hash, emptied.verdictHash, emptied.centreN) = (
            0, journal.introduction.root, .zero, 0
        )
        emptied.isOpen = false
        try update(emptied)
        for (lookup, key) in touched { try rebuild(key, lookup, site: journal.siteRowID) }
    }

    /// Writes what a record's entries give.
    func rebuild(_ key: RecordKey, _ lookup: Data, site: Int64) throws {
        try replace(try mergedAnew(key, lookup), site: site)
    }

    /// A record merged anew from its entries.
    func mergedAnew(_ key: RecordKey, _ lookup: Data) throws -> RecordState {
        var state = RecordState(key: key)
        var seen: Set<ChangeID> = []
        let found = try rows(
            """
            SELECT change, hash, body, verdict, code FROM entry
            WHERE record = ? AND verdict < 3 ORDER BY verdict, seq
            """,
            [lookup])
        for row in found {
            guard let id = ChangeID(bytes: row[0] as Data), !seen.contains(id) else { continue }
            let change = try EncodedChange(received: try openBody(row[2], hash: row[1]), id: id).change
            if try Self.verdict(row[3], row[4]) == .applied {
                state.apply(change, id: id) { seen.contains($0) }
            } else {
                state.hold(id)
            }
            seen.insert(id)
        }
        return state
    }

    /// Keeps a run as borrowed.
    ///
    /// - Parameter record: called with the record of each change.
    func keepBorrowed(
        _ run: EntryRun, introduction: JournalIntroduction, receipt: Receipt?, site: Int64,
        isProven: Bool = true, record: (RecordKey) -> Void
    ) throws {
        let known = try row(
            "SELECT 1 FROM borrowed_run WHERE journal = ? AND first_n = ?",
            [Data(introduction.id.bytes), Int64(run.firstN)])
        if known != nil {
            try execute(
                "DELETE FROM borrowed_run WHERE journal = ? AND first_n = ?",
                [Data(introduction.id.bytes), Int64(run.firstN)])
        }
        let proof = try BorrowedProof(introduction: introduction, run: run, receipt: receipt).encoded()
        try execute(
            "INSERT INTO borrowed_run (site, journal, first_n, proof, proven) VALUES (?, ?, ?, ?, ?)",
            [site, Data(introduction.id.bytes), Int64(run.firstN), proof, isProven])
        let rowID = db.lastInsertedRowID
        for (place, bytes) in run.changes.enumerated() {
            let id = Chain.changeID(of: bytes)
            let change = try? EncodedChange(received: bytes, id: id).change
            if let change { record(change.record) }
            let isShown = run.judgements.isEmpty || run.judgements[place].verdict == .applied
            try execute(
                """
                INSERT INTO borrowed (run, place, change, record, participant, number, applied, body)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    rowID, place, Data(id.bytes), change.map { lookup($0.record) },
                    change?.record.participant.map { lookup(participant: $0) },
                    change.flatMap { NumberKey($0) }.map { lookup($0) }, isShown,
                    try cipher.seal(bytes, as: RowIdentity.borrowed(change: id)),
                ])
        }
    }
}
