import Crypto
import Foundation
import SyncProtocol
import Synchronization
import TrialModel
import TrialStore

/// Mutants of how entries and changes are told from others.
extension SimulatedStore {
    // MARK: As the centre

    /// What stands at the same place counts as what was sent, and is receipted as if it were the same.
    func takeByNumber(_ request: SyncRequest, by judge: some EntryJudge) async throws -> [Outcome] {
        let outcomes = try await base.take(request, by: judge)
        return try zip(request.runs, outcomes).map { run, outcome in
            guard !run.forwarded, run.judgements.isEmpty,
                let journal = request.introductions.first(where: { $0.id == run.journal })
            else { return outcome }
            guard outcome.kind == .fork else {
                memory.chain(outcome.judgements, of: run, in: journal)
                return outcome
            }
            let judgements = run.changes.map { _ in Judgement(.applied, receivedMilliseconds: 1) }
            guard let verdict = memory.chain(judgements, of: run, in: journal) else { return outcome }
            let value = Receipt.value(
                journal: run.journal, n: run.lastN, hash: ChainedRun(run, in: journal).last, verdict: verdict,
                epoch: request.hello.epoch)
            let signature = try Signing.sign(
                .receipt, site: journal.site, value, with: SimulatedTrial.key("server"))
            return Outcome(
                journal: run.journal, kind: .accepted, firstN: run.firstN, judgements: judgements,
                receipt: Receipt(
                    journal: run.journal, n: run.lastN, epoch: request.hello.epoch, signature: signature),
                head: run.lastN)
        }
    }

    /// What a laptop forwards and does not continue its journal here is refused, and goes nowhere.
    func takeWithoutSegments(_ request: SyncRequest, by judge: some EntryJudge) async throws -> [Outcome] {
        var asked = request
        for index in asked.runs.indices { asked.runs[index].forwarded = false }
        var outcomes = try await base.take(asked, by: judge)
        for index in outcomes.indices { outcomes[index].forwarded = request.runs[index].forwarded }
        return outcomes
    }

    /// What a laptop pushed is taken once more, into a journal beside its own and with a verdict of its own.
    func takeTwice(
        _ request: SyncRequest, by judge: some EntryJudge, _ verdict: Verdict
    ) async throws -> [Outcome] {
        let outcomes = try await base.take(request, by: judge)
        for (run, outcome) in zip(request.runs, outcomes)
        where outcome.kind == .accepted && run.judgements.isEmpty {
            guard let journal = request.introductions.first(where: { $0.id == run.journal }) else { continue }
            let chain = ChainedRun(run, in: journal)
            let segment = try journal.cut(
                after: (journal.segment?.after ?? 0) + run.firstN - 1, previous: run.previous,
                first: chain.hashes[0])
            var copy = EntryRun(
                journal: segment.id, firstN: 1, previous: segment.root, changes: run.changes)
            copy.judgements = run.changes.map { _ in Judgement(verdict, receivedMilliseconds: 1) }
            let last = chain.hashes.reduce(ChainHash.zero) { previous, hash in
                Chain.verdict(previous: previous, entry: hash, verdict: verdict, receivedMilliseconds: 1)
            }
            let value = Receipt.value(
                journal: segment.id, n: copy.lastN, hash: chain.last, verdict: last,
                epoch: request.hello.epoch)
            let signature = try Signing.sign(
                .receipt, site: segment.site, value, with: SimulatedTrial.key("server"))
            var again = SyncRequest(hello: request.hello)
            (again.introductions, again.runs) = ([segment], [copy])
            again.receipts = [
                Receipt(
                    journal: segment.id, n: copy.lastN, epoch: request.hello.epoch, signature: signature)
            ]
            _ = try await base.take(again, by: judge)
        }
        return outcomes
    }

    // MARK: As a laptop

    /// Writes what a fork moved to another journal once more, under another name.
    func saveAnew(after response: SyncResponse, site: SiteCode) async throws {
        guard response.outcomes.contains(where: { $0.kind == .fork && !$0.forwarded }) else { return }
        let request = try await base.prepare(site: site, proving: [], limit: 64)
        let moved = Set(request.introductions.filter { $0.reason == "fork" }.map(\.id))
        let changes = request.runs.filter { moved.contains($0.journal) && $0.judgements.isEmpty }
            .flatMap(\.changes).compactMap { bytes -> Change? in
                let id = Chain.changeID(of: bytes)
                guard var change = try? EncodedChange(received: bytes, id: id).change,
                    !change.kind.needsSignature
                else { return nil }
                change.salt &+= 1
                return change
            }
        if !changes.isEmpty { _ = try await base.save(changes, site: site, signedWith: nil) }
    }
}

extension MutantMemory {
    /// Goes on with a journal's chain of verdicts, if it was followed from its start.
    @discardableResult
    func chain(_ judgements: [Judgement], of run: EntryRun, in journal: JournalIntroduction) -> ChainHash? {
        verdicts.withLock { verdicts in
            let before = run.firstN == 1 ? .zero : verdicts[run.journal]?[run.firstN - 1]
            guard var verdict = before else { return nil }
            for (index, (judgement, hash)) in zip(judgements, ChainedRun(run, in: journal).hashes)
                .enumerated()
            {
                verdict = Chain.verdict(
                    previous: verdict, entry: hash, verdict: judgement.verdict,
                    receivedMilliseconds: judgement.receivedMilliseconds)
                verdicts[run.journal, default: [:]][run.firstN + UInt64(index)] = verdict
            }
            return verdict
        }
    }
}
