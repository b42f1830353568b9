package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

extension SQLiteReplica {
    /// Takes what a laptop pushed, in one transaction. Outcomes are per run: none delays another.
    ///
    /// - Throws: `Problem(.signatureInvalid)`, `.receiptInvalid`, `.otherSite` if a run does not prove
    ///   itself; `.quarantineFull`. Then nothing of the request was taken.
    package func take(_ request: SyncRequest, by judge: some EntryJudge) async throws -> [Outcome] {
        let (identity, environment) = (identity, environment)
        return try await write { store in
            guard try store.epoch() == request.hello.epoch else {
                throw Problem(.notInStep, "the centre's epoch changed in the middle of a request")
            }
            var introductions: [JournalID: JournalIntroduction] = [:]
            for introduction in request.introductions {
                _ = try DeviceCertificate(introduction.certificate.encoded, serverKey: identity.serverKey)
                let writer = introduction.certificate.site
                guard writer == introduction.site || writer == .all,
                    introduction.site == request.hello.site || introduction.site == .all
                else {
                    throw Problem(.otherSite, "a journal of the request is of another site")
                }
                introductions[introduction.id] = introduction
            }
            let work = TakeWork(
                store: store, identity: identity, now: environment.now(), judge: judge,
                receipts: request.receipts)
            let outcomes = try request.runs.map { run in
                guard let introduction = introductions[run.journal] else {
                    throw Problem(.malformed, "entries came without an introduction of their journal")
                }
                return try work.take(run, introduction)
            }
            if let limit = judge.quarantineLimit { try store.keep(to: limit) }
            return outcomes
        }
    }
}

extension StoreTransaction {
    /// Counted in the transaction that adds to it, so that no number of requests at the same time gets past.
    fileprivate func keep(to limit: QuarantineLimit) throws {
        // Known only if something new of the device was judged.
        guard revoked[limit.device] == true else { return }
        let kept: Int =
            try row(
                """
                SELECT coalesce(sum(length(entry.body)), 0)
                FROM journal JOIN entry ON entry.journal = journal.id
                WHERE journal.device = ? AND entry.verdict = ? AND entry.code = ?
                """,
                [
                    Data(limit.device.bytes), Int(Verdict.Kind.quarantined.rawValue),
                    ProblemCode.deviceRevoked.rawValue,
                ])?[0] ?? 0
        guard kept <= limit.bytes else {
            throw Problem(
                .quarantineFull,
                "of a laptop without access \(limit.bytes >> 20) MiB are kept in quarantine, and no more")
        }
    }
}

/// The taking of one request, within its transaction.
struct TakeWork<Judge: EntryJudge> {
    let store: StoreTransaction
    let identity: ReplicaIdentity
    let now: Int64
    let judge: Judge
    let receipts: [Receipt]

    func take(_ run: EntryRun, _ introduction: JournalIntroduction) throws -> Outcome {
        let chain = try RunCheck.verify(
            run, introduction, receipts: receipts, serverKey: identity.serverKey
        ).chain
        let site = try store.makeSite(introduction.site)
        let row = try store.journal(introduction.id)
        guard try isContinuation(run, of: row, introduction) else {
            if isForwarded(run) { return try takeSegment(run, introduction, chain, from: 0, site) }
            let isGap = run.firstN > (row?.n ?? 0) + 1
            return refusal(run, isGap ? .gap : .fork, head: row?.n ?? 0)
        }
        let head = row?.n ?? 0
        let known = min(Int(head + 1 - run.firstN), run.changes.count)
        let equal = try row.map { try equalCount(run, chain, of: $0, known: known) } ?? 0
        if equal < known {
            if isForwarded(run) { return try takeSegment(run, introduction, chain, from: equal, site) }
            return try stored(run, of: row, count: equal, kind: .fork)
        }
        guard known < run.changes.count else {
            return try stored(run, of: row, count: known, kind: .accepted)
        }
        if run.judgements.isEmpty, introduction.epoch != (try store.epoch()) {
            if isForwarded(run) { return try takeSegment(run, introduction, chain, from: known, site) }
            return try stored(run, of: row, count: known, kind: .stale)
        }
        var journal = try row ?? store.insert(introduction, site: site)
        try append(run, chain, from: known, to: &journal)
        return try stored(run, of: journal, count: run.changes.count, kind: .accepted)
    }

    private func isForwarded(_ run: EntryRun) -> Bool { run.forwarded || !run.judgements.isEmpty }

    // MARK: Comparing

    private func isContinuation(
        _ run: EntryRun, of row: JournalRow?, _ introduction: JournalIntroduction
    ) throws -> Bool {
        let verdict = run.previousVerdict ?? .zero
        guard let row else {
            let isSame = run.judgements.isEmpty || verdict == .zero
            return isSame && run.firstN == 1 && run.previous == introduction.root
        }
        guard run.firstN <= row.n + 1, try store.hash(of: row, at: run.firstN - 1) == run.previous else {
            return false
        }
        return try run.judgements.isEmpty || store.verdictHash(of: row, at: run.firstN - 1) == verdict
    }

    /// How many of the entries that the journal has a place for are held byte for byte.
    private func equalHashes(_ run: EntryRun, _ chain: ChainedRun, of row: JournalRow, known: Int) throws
        -> Int
    {
        for index in 0..<known
        where try store.hash(of: row, at: run.firstN + UInt64(index)) != chain.hashes[index] {
            return index
        }
        return known
    }

    /// The same, with the verdicts that the run brings, if it brings some.
    private func equalCount(_ run: EntryRun, _ chain: ChainedRun, of row: JournalRow, known: Int) throws
        -> Int
    {
        let known = try equalHashes(run, chain, of: row, known: known)
        guard !run.judgements.isEmpty, known > 0 else { return known }
        let held = try judgements(of: row, from: run.firstN, to: run.firstN + UInt64(known) - 1)
        return zip(held, run.judgements).prefix { $0 == $1 }.count
    }

    private func judgements(of row: JournalRow, from first: UInt64, to last: UInt64) throws -> [Judgement] {
        try store.rows(
            "SELECT verdict, code, received_at FROM entry WHERE journal = ? AND n >= ? AND n <= ? ORDER BY n",
            [row.rowID, Int64(first), Int64(last)]
        ).map { Judgement(try StoreTransaction.verdict($0[0], $0[1]), receivedMilliseconds: $0[2]) }
    }

    // MARK: Taking

    private func append(_ run: EntryRun, _ chain: ChainedRun, from start: Int, to journal: inout JournalRow)
        throws
    {
        var seq = try store.nextSequence(site: journal.siteRowID, count: run.changes.count - start)
        for index in start..<run.changes.count {
            let bytes = run.changes[index]
            let id = Chain.changeID(of: bytes)
            var decoded: EncodedChange?
            var refusal: Verdict?
            do { decoded = try EncodedChange(received: bytes, id: id) } catch {
                refusal = .quarantined(error.code.rawValue)
            }
            let known = try store.verdict(of: id)
            let judgement =
                try run.judgements.isEmpty
                ? Judgement(known ?? refusal ?? verdict(on: decoded, journal), receivedMilliseconds: now)
                : run.judgements[index]
            try store.append(
                bytes, id: id, change: decoded, hash: chain.hashes[index], judgement: judgement,
                known: known?.kind, seq: seq, to: &journal)
            seq += 1
        }
        try store.update(journal)
        if let signature = run.headSignature { try store.keepHead(signature, n: journal.n, of: journal) }
        _ = try store.receipt(for: journal, at: journal.n, identity)
    }

    /// Asked only of changes without a verdict: it belongs to the change, and what was judged once is not
    /// judged again.
    private func verdict(on change: EncodedChange?, _ journal: JournalRow) throws -> Verdict {
        guard let change else { return .quarantined(ProblemCode.undecodable.rawValue) }
        let evidence = StoreEvidence(store: store, siteRowID: journal.siteRowID)
        return try judge.verdict(on: change, in: journal.introduction, evidence: evidence)
    }

    /// What does not continue its journal here becomes a journal of its own, unless all of it is known.
    private func takeSegment(
        _ run: EntryRun, _ introduction: JournalIntroduction, _ chain: ChainedRun, from start: Int,
        _ site: Int64
    ) throws -> Outcome {
        let rest = run.changes[start...]
        let isNew = try rest.contains { try store.verdict(of: Chain.changeID(of: $0)) == nil }
        let head = run.firstN + UInt64(start) - 1
        guard isNew else { return refusal(run, .segment, head: head) }
        let after = (introduction.segment?.after ?? 0) + head
        let segment = try introduction.cut(
            after: after, previous: chain.hash(before: start), first: chain.hashes[start])
        var cut = EntryRun(journal: segment.id, firstN: 1, previous: segment.root, changes: Array(rest))
        if !run.judgements.isEmpty { cut.judgements = Array(run.judgements[start...]) }
        let row = try store.journal(segment.id)
        let known =
            try row.map {
                try equalHashes(cut, chain.dropping(start), of: $0, known: min(Int($0.n), rest.count))
            } ?? 0
        if let row, known < min(Int(row.n), rest.count) { return refusal(run, .segment, head: row.n) }
        guard known < rest.count else { return refusal(run, .segment, head: head) }
        var journal = try row ?? store.insert(segment, site: site)
        try append(cut, chain.dropping(start), from: known, to: &journal)
        return refusal(run, .segment, head: journal.n)
    }

    // MARK: Answering

    private func refusal(_ run: EntryRun, _ kind: Outcome.Kind, head: UInt64) -> Outcome {
        var outcome = Outcome(
            journal: run.journal, kind: kind, firstN: run.firstN, judgements: [], receipt: nil, head: head)
        outcome.forwarded = run.forwarded
        return outcome
    }

    /// The stored verdicts and the receipt of the entries that stand here as they were sent.
    private func stored(_ run: EntryRun, of row: JournalRow?, count: Int, kind: Outcome.Kind) throws
        -> Outcome
    {
        guard let row, count > 0 else { return refusal(run, kind, head: row?.n ?? 0) }
        let lastN = run.firstN + UInt64(count) - 1
        var outcome = Outcome(
            journal: run.journal, kind: kind, firstN: run.firstN,
            judgements: try judgements(of: row, from: run.firstN, to: lastN),
            receipt: try store.receipt(for: row, at: lastN, identity), head: row.n)
        outcome.forwarded = run.forwarded
        return outcome
    }
}
