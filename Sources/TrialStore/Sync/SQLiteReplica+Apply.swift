package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

extension SQLiteReplica {
    /// Takes over one answer of the centre: outcomes, entries and the new vector move in one transaction, or
    /// nothing does.
    ///
    /// - Throws: `Problem(.receiptInvalid)`, `.chainBroken`, `.signatureInvalid` if the answer does not prove
    ///   itself.
    package func apply(_ response: SyncResponse, site: SiteCode) async throws -> AppliedExchange {
        let (identity, environment) = (identity, environment)
        return try await write { store in
            guard try store.epoch() == response.epoch else {
                throw Problem(.receiptInvalid, "the answer is of another epoch than the request")
            }
            let siteRow = try store.makeSite(site)
            var work = ApplyWork(store: store, identity: identity, environment: environment)
            let passing = try store.passing(response.outcomes, from: identity.certificate.device)
            for outcome in response.outcomes { try work.confirm(outcome) }
            try work.placeLive(response, sites: [site, .all], siteRow: siteRow)
            try work.pull(response.page, sites: [site, .all])
            try work.settleFirstSync(response, siteRow: siteRow)
            try work.reissueDisturbed(site: site, siteRow)
            try store.dropSettledBorrowed()
            work.result.passedOn = try passing.count { try store.verdict(of: $0) != nil }
            try store.flush()
            try store.noteHighestNumber()
            try store.withdraw(response.withdrawn)
            if let lease = response.lease { try store.addLease(lease) }
            try store.noteClock(environment.now() - response.serverMilliseconds)
            work.result.waiting = try store.waiting(site: siteRow)
            if let digest = response.digest, !response.page.more, !work.result.awaitsHistory {
                let allRow = try store.makeSite(.all)
                try work.takeComparison(response, site: siteRow, all: allRow)
                let isEqual =
                    try store.digest(ofSite: siteRow) == digest
                    && response.digestAll == store.digest(ofSite: allRow)
                work.result.digestsEqual = isEqual
                work.result.needsRepair =
                    !isEqual && (response.comparison == nil || work.result.repaired > 0)
            }
            return work.result
        }
    }
}

/// The taking over of one answer, within its transaction.
struct ApplyWork {
    let store: StoreTransaction
    let identity: ReplicaIdentity
    let environment: ReplicaEnvironment
    var result = AppliedExchange()
    /// Own journals whose pending entries cannot go on where they are.
    private var disturbed: Set<Int64> = []
    /// Journals of which the centre holds something else: their entries come with the next page, from the
    /// start.
    private(set) var diverged: Set<JournalID> = []
    /// The site whose history is being filled in behind its live records: its entries are stored, not merged.
    var historySite: Int64?
    /// Whether the first sync that is under way must begin anew.
    var restarts = false

    init(store: StoreTransaction, identity: ReplicaIdentity, environment: ReplicaEnvironment) {
        (self.store, self.identity, self.environment) = (store, identity, environment)
    }

    // MARK: What was pushed

    mutating func confirm(_ outcome: Outcome) throws {
        // A run that was only forwarded comes back with the page.
        guard !outcome.forwarded, var journal = try store.journal(outcome.journal) else { return }
        let lastN = outcome.firstN + UInt64(outcome.judgements.count)
        if journal.centreN < journal.n {
            try settleReoffer(outcome, &journal, lastN: lastN - 1)
            return
        }
        guard journal.isOwn else { return }
        let before = journal.n
        let isWhole = try confirmPending(outcome, &journal)
        if !isWhole {
            // What is left stays pending and is sent again; the receipt speaks of it too.
        } else if let receipt = outcome.receipt {
            guard receipt.n <= journal.n else {
                throw Problem(.receiptInvalid, "a receipt covers entries that were not sent")
            }
            // One of before speaks of none of them.
            guard receipt.n == journal.n || journal.n == before else {
                throw Problem(.receiptInvalid, "a receipt does not cover the entries that it came with")
            }
            try check(receipt, of: journal)
            try store.keep(receipt, of: journal)
        } else if !outcome.judgements.isEmpty {
            throw Problem(.receiptInvalid, "verdicts came without a receipt")
        }
        try store.update(journal)
        if outcome.kind != .accepted { disturbed.insert(journal.rowID) }
    }

    private mutating func settleReoffer(_ outcome: Outcome, _ journal: inout JournalRow, lastN: UInt64) throws
    {
        if outcome.kind == .accepted {
            if let receipt = outcome.receipt, receipt.n <= journal.n {
                try check(receipt, of: journal)
                try store.keep(receipt, of: journal)
            }
            let before = journal.centreN
            journal.centreN = min(journal.n, max(before, lastN))
            result.reoffered += Int(journal.centreN - before)
            result.broughtBack += Int(journal.centreN - before)
            try store.update(journal)
        } else {
            try setAside(journal)
        }
    }

    private mutating func setAside(_ journal: JournalRow) throws {
        if journal.siteRowID == historySite {
            restarts = true
            try store.keepLiveAsBorrowed(journal)
        }
        try store.demote(journal)
        if journal.isOwn { disturbed.insert(journal.rowID) }
        diverged.insert(journal.id)
        result.reissued = true
    }

    /// Moves what got its verdict from `pending` to the journal, in the journal's order.
    ///
    /// - Returns: whether that was all of it.
    private mutating func confirmPending(_ outcome: Outcome, _ journal: inout JournalRow) throws -> Bool {
        let firstSync = try store.firstSync()
        // A page sent ahead comes behind one that goes on waiting.
        guard outcome.firstN <= journal.n + 1 else { return firstSync?.keepsWaiting != true }
        let judgements = outcome.judgements.dropFirst(Int(journal.n + 1 - outcome.firstN))
        guard !judgements.isEmpty else { return true }
        let (first, last) = (journal.n + 1, journal.n + UInt64(judgements.count))
        var seq = try store.nextSequence(site: journal.siteRowID, count: judgements.count)
        let place: StatementArguments = [journal.rowID, Int64(first), Int64(last)]
        let statement = try store.db.cachedStatement(
            sql: """
                SELECT n, change, hash, body FROM pending
                WHERE journal = ? AND n >= ? AND n <= ? ORDER BY n
                """)
        let cursor = try Row.fetchCursor(statement, arguments: place)
        for judgement in judgements {
            // The centre has it from elsewhere, and its record is on the way: until then it waits, shown.
            let isTold = firstSync?.speaks(of: journal.n + 1, in: journal.id) ?? false
            if isTold, firstSync?.keepsWaiting == true { break }
            guard let row = try cursor.next(), row[0] as Int64 == Int64(journal.n + 1),
                let id = ChangeID(bytes: row[1] as Data), let hash = ChainHash(row[2] as Data)
            else { throw Problem(.receiptInvalid, "the centre accepted entries that were not sent") }
            let bytes = try store.openBody(row[3], hash: row[2])
            let known = try store.verdict(of: id)?.kind
            let change = try? EncodedChange(received: bytes, id: id)
            if firstSync != nil {
                try store.dropLive(id, judgement.verdict, n: journal.n + 1, of: journal.rowID)
                try store.noteResolution(change, id, judgement.verdict)
                if let change, !isTold { try store.awaitIfReplaced(change, site: journal.siteRowID) }
            }
            try store.append(
                bytes, id: id, change: change, hash: hash, judgement: judgement,
                known: isTold ? .applied : known, seq: seq, to: &journal)
            seq += 1
            if judgement.verdict.kind == .quarantined { result.quarantined += 1 }
        }
        let moved: StatementArguments = [journal.rowID, Int64(first), Int64(journal.n)]
        try store.execute("DELETE FROM pending WHERE journal = ? AND n >= ? AND n <= ?", moved)
        result.confirmed += Int(journal.n + 1 - first)
        return journal.n == last
    }

    private func check(_ receipt: Receipt, of journal: JournalRow) throws {
        let isValid = receipt.isValid(
            site: journal.introduction.site, hash: try store.hash(of: journal, at: receipt.n),
            verdict: try store.verdictHash(of: journal, at: receipt.n), serverKey: identity.serverKey)
        guard isValid else {
            throw Problem(
                .receiptInvalid, "the receipt of \(journal.id.hex.prefix(8))/\(receipt.n) does not verify")
        }
    }

    // MARK: What is pulled

    mutating func pull(_ page: PullPage, sites: [SiteCode]) throws {
        var journals = try open(page.introductions, sites: sites)
        let hasPending = try store.row("SELECT 1 FROM pending LIMIT 1") != nil
        for run in page.runs {
            guard var journal = journals[run.journal] else {
                throw Problem(.malformed, "entries came without an introduction of their journal")
            }
            guard !diverged.contains(run.journal) else { continue }
            guard try isContinuation(run, of: journal) else {
                try setAside(journal)
                continue
            }
            try take(run, to: &journal, hasPending: hasPending)
            journals[run.journal] = journal
        }
        for run in page.runs where !diverged.contains(run.journal) {
            guard let journal = journals.removeValue(forKey: run.journal) else { continue }
            let last = page.runs.lazy.filter { $0.journal == run.journal }.map(\.lastN).max() ?? journal.n
            try settle(journal, with: page.receipts.first { $0.journal == run.journal && $0.n == last })
        }
    }

    /// The receipt covers the page's last entry of the journal. That may lie before this laptop's head: then
    /// the centre, which was restored, has the journal back so far from someone else.
    private mutating func settle(_ journal: JournalRow, with receipt: Receipt?) throws {
        guard let receipt, receipt.n <= journal.n else {
            throw Problem(.receiptInvalid, "entries came without a receipt")
        }
        try check(receipt, of: journal)
        var journal = journal
        result.reoffered += Int(max(journal.centreN, receipt.n) - journal.centreN)
        journal.centreN = max(journal.centreN, receipt.n)
        try store.update(journal)
        try store.keep(receipt, of: journal)
        if journal.isOwn { disturbed.insert(journal.rowID) }
    }

    func open(_ introductions: [JournalIntroduction], sites: [SiteCode]) throws -> [JournalID:
        JournalRow]
    {
        var journals: [JournalID: JournalRow] = [:]
        for introduction in introductions {
            if let known = try store.journal(introduction.id) {
                journals[introduction.id] = known
                continue
            }
            guard sites.contains(introduction.site) else {
                throw Problem(.otherSite, "a journal is of another site")
            }
            _ = try DeviceCertificate(introduction.certificate.encoded, serverKey: identity.serverKey)
            let site = try store.makeSite(introduction.site)
            journals[introduction.id] = try store.insert(introduction, site: site)
        }
        return journals
    }

    /// Whether a run that was not asked for can be taken as if it had been: nothing is missing before it, and
    /// nothing in it differs from what is here.
    func goesOn(_ run: EntryRun) throws -> Bool {
        guard let journal = try store.journal(run.journal) else { return run.firstN == 1 }
        return try run.firstN <= journal.n + 1 && isContinuation(run, of: journal)
    }

    /// Whether the run goes on where the journal stands, and tells the same of the entries that are here
    /// already: these the centre may have from someone else, and judged anew.
    private func isContinuation(_ run: EntryRun, of journal: JournalRow) throws -> Bool {
        guard run.firstN <= journal.n + 1 else {
            throw Problem(.chainBroken, "entries are missing before a run")
        }
        var hash = try store.hash(of: journal, at: run.firstN - 1)
        guard hash == run.previous else { return false }
        guard run.firstN <= journal.n else { return true }
        var verdict = try store.verdictHash(of: journal, at: run.firstN - 1)
        var n = run.firstN - 1
        for (bytes, judgement) in zip(run.changes, run.judgements) where n < journal.n {
            n += 1
            hash = journal.introduction.hash(n: n, previous: hash, bytes: bytes)
            verdict = Chain.verdict(
                previous: verdict, entry: hash, verdict: judgement.verdict,
                receivedMilliseconds: judgement.receivedMilliseconds)
        }
        return try verdict == store.verdictHash(of: journal, at: n)
    }

    private mutating func take(_ run: EntryRun, to journal: inout JournalRow, hasPending: Bool) throws {
        guard run.judgements.count == run.changes.count else {
            throw Problem(.malformed, "entries came without verdicts")
        }
        let isHistory = journal.siteRowID == historySite
        var seq = try store.nextSequence(site: journal.siteRowID, count: run.changes.count)
        for (offset, bytes) in run.changes.enumerated() where run.firstN + UInt64(offset) == journal.n + 1 {
            let id = Chain.changeID(of: bytes)
            let hash = journal.introduction.hash(n: journal.n + 1, previous: journal.hash, bytes: bytes)
            let change = try? EncodedChange(received: bytes, id: id)
            let judgement = run.judgements[offset]
            if isHistory {
                try store.dropLive(id, judgement.verdict, n: journal.n + 1, of: journal.rowID)
                try store.noteResolution(change, id, judgement.verdict)
            }
            try store.append(
                bytes, id: id, change: change, hash: hash, judgement: judgement,
                known: isHistory ? .applied : store.verdict(of: id)?.kind, seq: seq, to: &journal)
            seq += 1
            result.pulled += 1
            if hasPending { try forget(pending: id) }
        }
    }

    /// A change of ours that the centre knows from elsewhere waits no longer.
    private mutating func forget(pending id: ChangeID) throws {
        for row in try store.rows("SELECT journal, n FROM pending WHERE change = ?", [Data(id.bytes)]) {
            disturbed.insert(row[0])
            try store.execute(
                "DELETE FROM pending WHERE journal = ? AND n = ?", [row[0] as Int64, row[1] as Int64])
            result.confirmed += 1
        }
    }

    // MARK: Fork

    /// Moves what can not go on in its journal to a new one: the same bytes, so the same ChangeIDs.
    mutating func reissueDisturbed(site: SiteCode, _ siteRow: Int64) throws {
        for journal in try store.journals(site: siteRow)
        where journal.isOwn && disturbed.contains(journal.rowID) {
            guard try !store.isContinuous(journal) else { continue }
            try store.reissue([journal], site: site, siteRow, identity, environment, reason: .fork)
            result.reissued = true
        }
    }
}
