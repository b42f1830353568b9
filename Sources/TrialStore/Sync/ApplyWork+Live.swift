import FoundationEssentials
import GRDB
import SyncProtocol
import TrialModel

extension ApplyWork {
    /// Takes over the live part of an answer: records take the place of what is here, and their entries are
    /// kept until the history proves them.
    mutating func placeLive(_ response: SyncResponse, sites: [SiteCode], siteRow: Int64) throws {
        let known = try store.firstSync()
        let isUnderWay = known.map { !$0.cursor.cursor.isEmpty } ?? false
        historySite = isUnderWay ? siteRow : nil
        guard let page = response.livePage else { return }
        guard !page.restarts else {
            restarts = true
            return
        }
        guard !page.cursor.cursor.isEmpty else {
            // The site is small, and is pulled as usual.
            try store.note(nil)
            historySite = nil
            return
        }
        historySite = siteRow
        try keepLive(response.live.runs, try open(response.page.introductions, sites: sites))
        let left = page.historyLeft - min(page.historyLeft, UInt64(response.page.entryCount))
        let firstSync = FirstSync(
            cursor: page.cursor, isShown: known?.isShown == true || !page.more, isLiveWhole: !page.more,
            historyLeft: left)
        try store.note(firstSync)
        for record in response.live.records {
            let state = try record.state { try store.liveChange($0) }
            try store.replace(state, site: siteRow)
            try store.mergeWhatCentreLacks(state, firstSync, site: siteRow)
        }
        result.liveRecords += response.live.records.count
        result.historyLeft = Int(left)
        result.cursorMoved = known?.cursor != page.cursor
    }

    /// Ends the first sync with an answer after which neither live records nor history are missing; or begins
    /// it anew, once what came is stored.
    mutating func settleFirstSync(_ response: SyncResponse, siteRow: Int64) throws {
        guard try store.firstSync() != nil else { return }
        if restarts {
            try store.restartFirstSync(site: siteRow)
            result.reissued = true
            result.awaitsHistory = true
        } else if let page = response.livePage, !page.more, !response.page.more {
            try store.note(nil)
        } else {
            result.awaitsHistory = true
        }
    }

    private func keepLive(_ runs: [EntryRun], _ journals: [JournalID: JournalRow]) throws {
        for run in runs {
            guard let journal = journals[run.journal] else {
                throw Problem(.malformed, "live entries came without an introduction of their journal")
            }
            var hash = run.previous
            for (offset, bytes) in run.changes.enumerated() {
                let n = run.firstN + UInt64(offset)
                hash = journal.introduction.hash(n: n, previous: hash, bytes: bytes)
                try keepLive(bytes, hash, run.judgements[offset], n: n, of: journal)
            }
        }
    }

    private func keepLive(
        _ bytes: Data, _ hash: ChainHash, _ judgement: Judgement, n: UInt64, of journal: JournalRow
    ) throws {
        let id = Chain.changeID(of: bytes)
        if let row = try store.row(
            "SELECT change FROM entry WHERE journal = ? AND n = ?", [journal.rowID, Int64(n)])
        {
            guard row[0] as Data == Data(id.bytes) else {
                throw Problem(.chainBroken, "a live entry is not the one that is held at its place")
            }
            return
        }
        let change = try? EncodedChange(received: bytes, id: id)
        try store.insertEntry(
            bytes, id: id, record: change.map { store.lookup($0.change.record) }, hash: hash,
            judgement: judgement, seq: try store.nextSequence(site: journal.siteRowID, count: 1), n: n,
            journal: journal.rowID)
        try store.noteResolution(change, id, judgement.verdict)
    }
}

extension StoreTransaction {
    /// Merges into a record, as a restored centre has sent it, what that centre has not got back yet: it was
    /// shown here, and is not to go and come again.
    fileprivate func mergeWhatCentreLacks(
        _ state: RecordState, _ firstSync: FirstSync, site: Int64
    ) throws {
        let lookup = lookup(state.key)
        let lacking = try rows(
            """
            SELECT j.id, e.n, e.change, e.hash, e.body, e.verdict, e.code
            FROM entry e JOIN journal j ON j.id = e.journal
            WHERE e.record = ? AND e.verdict <> 3 AND e.n > j.centre_n AND e.n <= j.n
            ORDER BY e.seq
            """, [lookup])
        var seen = Set(state.registers.values.flatMap { $0.live.map(\.id) } + state.held)
        for row in lacking {
            guard let journal = try journal(rowID: row[0]),
                !firstSync.speaks(of: row.place(1), in: journal.id),
                let id = ChangeID(bytes: row[2] as Data), seen.insert(id).inserted,
                let change = try? EncodedChange(received: try openBody(row[4], hash: row[3]), id: id)
            else { continue }
            try awaitIfReplaced(change, site: site)
            try merge(change, at: lookup, verdict: try Self.verdict(row[5], row[6]), site: site)
        }
    }

    /// The change that a live version stands in; `nil` if no entry here has it.
    ///
    /// - Throws: `Problem(.protocolUnsupported)` if the centre applied what this program cannot read.
    func liveChange(_ id: ChangeID) throws -> Change? {
        guard let row = try row("SELECT hash, body FROM entry WHERE change = ? LIMIT 1", [Data(id.bytes)]),
            let bytes = try? openBody(row[1], hash: row[0])
        else { return nil }
        do { return try EncodedChange(received: bytes, id: id).change } catch {
            throw Problem(
                .protocolUnsupported, "the centre applied what this program cannot read",
                remedy: "update this laptop's program")
        }
    }

    /// Makes room for an entry with its chain where it stood as a live entry without.
    ///
    /// - Throws: `Problem(.chainBroken)` if the centre had told something else of this place.
    func dropLive(_ id: ChangeID, _ verdict: Verdict, n: UInt64, of journal: Int64) throws {
        let place: StatementArguments = [journal, Int64(n)]
        guard let row = try row("SELECT change, verdict, code FROM entry WHERE journal = ? AND n = ?", place)
        else { return }
        guard row[0] as Data == Data(id.bytes), try Self.verdict(row[1], row[2]) == verdict else {
            throw Problem(.chainBroken, "the history has another entry in the place of a live one")
        }
        try execute("DELETE FROM entry WHERE journal = ? AND n = ?", place)
    }

    /// Remembers that a change decided a conflict.
    func noteResolution(_ change: EncodedChange?, _ id: ChangeID, _ verdict: Verdict) throws {
        guard verdict.kind != .quarantined, let conflict = change?.change.conflict else { return }
        try execute(
            "INSERT OR IGNORE INTO resolution (conflict, change) VALUES (?, ?)",
            [Data(conflict.bytes), Data(id.bytes)])
    }
}
