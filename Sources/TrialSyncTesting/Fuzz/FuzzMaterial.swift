import Crypto
import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// What hostile messages are made of: a device with a certificate and the centre's own key, so that what
/// proves a message is in order where the script wants it, and the rest of it is looked at.
struct FuzzMaterial: Sendable {
    let site: SiteCode
    let epoch: Data
    /// The laptop's hello, and the run that it would push.
    let pushed: SyncRequest
    /// Everything that the centre holds, with its verdicts and receipts.
    let held: PullPage
    private let serverKey: Curve25519.Signing.PrivateKey
    private let device: ReplicaIdentity
    private let changes: [Data]
    private let records: [RecordKey]

    init(replicas: TestReplicas, pushed: SyncRequest, held: PullPage, records: [RecordKey]) throws {
        (site, epoch, serverKey) = (replicas.site, replicas.epoch, replicas.serverKey)
        (self.pushed, self.held, self.records) = (pushed, held, records)
        device = try replicas.laptopIdentity("hostile")
        let authors = ["nurse", "stranger", "latecomer"].map { ContractAuthor($0, seed: 21) }
        let made = try authors.flatMap { author in
            try records.map {
                try EncodedChange(author.save(["i1": 9], on: $0), site: replicas.site).bytes
            }
        }
        // Changes that have their verdict already among them.
        changes = made + held.runs.flatMap(\.changes) + pushed.runs.flatMap(\.changes)
    }

    // MARK: Messages

    /// - Parameter isFromCentre: whether the centre's word is taken for what stands in it, as a laptop does.
    func request(_ script: inout FuzzScript, isFromCentre: Bool = false) throws -> SyncRequest {
        var request = SyncRequest(hello: hello(&script))
        for _ in 0...script.below(3) {
            let (introduction, run) = try run(&script, isFromCentre: isFromCentre)
            if !script.once(in: 8) { request.introductions.append(introduction) }
            request.runs.append(run)
            if let receipt = try receipt(of: run, in: introduction, &script) {
                request.receipts.append(receipt)
            }
        }
        return request
    }

    func response(_ script: inout FuzzScript) throws -> SyncResponse {
        var response = SyncResponse(epoch: script.once(in: 12) ? script.data(16) : epoch)
        response.serverMilliseconds = Int64(truncatingIfNeeded: script.number())
        response.page.more = script.once(in: 4)
        for _ in 0..<script.below(3) {
            response.outcomes.append(try outcome(&script))
        }
        for _ in 0..<script.below(4) {
            let (introduction, run) = try run(&script, isFromCentre: true)
            if !script.once(in: 8) { response.page.introductions.append(introduction) }
            response.page.runs.append(run)
            if let receipt = try receipt(of: run, in: introduction, &script) {
                response.page.receipts.append(receipt)
            }
        }
        if script.once(in: 3) {
            let (first, last) = (Int(clamping: script.number()), Int(clamping: script.number()))
            response.lease = NumberLease(first: first, last: last)
        }
        if script.once(in: 3) { (response.digest, response.digestAll) = (StateDigest(), StateDigest()) }
        if script.once(in: 4) { try addLive(to: &response, &script) }
        return response
    }

    // MARK: Their parts

    private func hello(_ script: inout FuzzScript) -> Hello {
        var hello = pushed.hello
        if script.once(in: 12) { hello.epoch = script.data(16) }
        if script.once(in: 12) { hello.site = .all }
        if script.once(in: 4) { hello.covered = script.once(in: 2) ? [] : [place(&script), place(&script)] }
        if script.once(in: 6) { hello.coveredAll = [place(&script)] }
        if script.once(in: 6) { hello.pending = script.number() }
        if script.once(in: 6) { hello.entryLimit = Int(clamping: script.number()) }
        if script.once(in: 6) { hello.clockMilliseconds = Int64(truncatingIfNeeded: script.number()) }
        if script.once(in: 6) { hello.compare = [script.data(8), script.data(32)] }
        if script.once(in: 4) { hello.live = cursor(&script) }
        return hello
    }

    private func cursor(_ script: inout FuzzScript) -> LiveCursor {
        var cursor = LiveCursor()
        cursor.cursor = script.data(WireLimits.cursorBytes)
        for _ in 0..<script.below(3) { cursor.at.append(place(&script)) }
        return cursor
    }

    private func journal(_ script: inout FuzzScript) -> JournalID {
        let known = (held.introductions + pushed.introductions).map(\.id)
        return script.once(in: 6)
            ? JournalID(prefixOf: Array(script.data(16)) + Array(repeating: 0, count: 32))
            : script.pick(known) ?? JournalID(prefixOf: Array(repeating: 1, count: 32))
    }

    private func place(_ script: inout FuzzScript) -> Place {
        var prefix = script.data(8)
        prefix.append(Data(count: 8 - prefix.count))
        return Place(journal: journal(&script), n: script.number(), verdictPrefix: prefix)
    }

    private func change(_ script: inout FuzzScript) -> Data {
        var bytes = script.pick(changes) ?? Data()
        guard script.once(in: 3) else { return bytes }
        let place = script.below(bytes.count + 1)
        let end = min(bytes.count, place + script.below(16))
        bytes.replaceSubrange(place..<end, with: script.data(24))
        return bytes
    }

    /// A run of a true journal as it is, altered, or one that the device began itself.
    private func run(
        _ script: inout FuzzScript, isFromCentre: Bool = false
    ) throws -> (JournalIntroduction, EntryRun) {
        let known = held.introductions.flatMap { introduction in
            held.runs.filter { $0.journal == introduction.id }.map { (introduction, $0) }
        }
        if script.once(in: 3), let (introduction, run) = script.pick(known) {
            var altered = run
            if script.once(in: 3) { altered.changes = altered.changes.dropLast(script.below(3)) }
            if script.once(in: 3), !altered.changes.isEmpty { altered.changes[0] = change(&script) }
            altered.forwarded = script.once(in: 2)
            return (introduction, altered)
        }
        // A centre that puts a site's record into `*` with its own key is believed, and `verify` names it.
        let isForAll = script.once(in: 12) && !isFromCentre
        var introduction = try JournalIntroduction(
            opening: isForAll ? .all : site, certificate: device.certificate, epoch: epoch,
            reason: .enrolled, salt: Data([UInt8(script.below(3))]))
        if script.once(in: 4) {
            introduction = try introduction.cut(
                after: script.number(), previous: introduction.root, first: hash(&script))
        }
        let isInOrder = !script.once(in: 4)
        var run = EntryRun(
            journal: introduction.id, firstN: isInOrder ? 1 : script.number(),
            previous: isInOrder ? introduction.root : hash(&script),
            changes: (0...script.below(4)).map { _ in change(&script) })
        run.forwarded = script.once(in: 3)
        // Places that no message may name have no hash: reading the message refuses them.
        let after = introduction.segment?.after ?? 0
        if run.firstN > 0, run.firstN < WireLimits.placeLimit, after < WireLimits.placeLimit {
            run.headSignature = try Signing.sign(
                .head, site: introduction.site,
                SignedHead.value(
                    journal: introduction.origin, n: after + run.lastN,
                    hash: isInOrder ? ChainedRun(run, in: introduction).last : hash(&script)),
                with: device.key)
        }
        if script.once(in: 2) { run.judgements = run.changes.map { _ in judgement(&script) } }
        if script.once(in: 6) { run.previousVerdict = hash(&script) }
        return (introduction, run)
    }

    private func hash(_ script: inout FuzzScript) -> ChainHash {
        script.once(in: 4) ? .zero : ChainHash(Data(SHA256.hash(data: script.data(2)))) ?? .zero
    }

    private func judgement(_ script: inout FuzzScript) -> Judgement {
        let verdicts: [Verdict] = [
            .applied, .applied, .heldLock, .quarantined("not-allowed"), .quarantined(""),
        ]
        return Judgement(
            script.pick(verdicts) ?? .applied,
            receivedMilliseconds: script.once(in: 6) ? Int64(truncatingIfNeeded: script.number()) : 5)
    }

    /// Signed by the centre's key over what the run says, or over something else.
    private func receipt(
        of run: EntryRun, in introduction: JournalIntroduction, _ script: inout FuzzScript
    ) throws -> Receipt? {
        if script.once(in: 6) { return script.pick(held.receipts) }
        guard !run.judgements.isEmpty, run.firstN > 0, run.firstN < WireLimits.placeLimit,
            (introduction.segment?.after ?? 0) < WireLimits.placeLimit
        else { return nil }
        let chain = ChainedRun(run, in: introduction)
        var verdict = run.previousVerdict ?? .zero
        for (judgement, hash) in zip(run.judgements, chain.hashes) {
            verdict = Chain.verdict(
                previous: verdict, entry: hash, verdict: judgement.verdict,
                receivedMilliseconds: judgement.receivedMilliseconds)
        }
        let epoch = script.once(in: 6) ? Data(repeating: 7, count: 16) : epoch
        let value = Receipt.value(
            journal: run.journal, n: run.lastN, hash: chain.last, verdict: verdict, epoch: epoch)
        return Receipt(
            journal: run.journal, n: run.lastN, epoch: epoch,
            signature: try Signing.sign(.receipt, site: introduction.site, value, with: serverKey))
    }

    private func outcome(_ script: inout FuzzScript) throws -> Outcome {
        let kinds: [Outcome.Kind] = [.accepted, .accepted, .fork, .gap, .stale, .segment]
        guard var run = pushed.runs.first, !script.once(in: 3),
            let introduction = pushed.introductions.first(where: { $0.id == run.journal })
        else {
            return Outcome(
                journal: journal(&script), kind: script.pick(kinds) ?? .accepted, firstN: script.number(),
                judgements: (0..<script.below(4)).map { _ in judgement(&script) },
                receipt: script.pick(held.receipts), head: script.number())
        }
        run.changes = Array(run.changes.prefix(1 + script.below(run.changes.count)))
        run.judgements = run.changes.map { _ in judgement(&script) }
        var outcome = Outcome(
            journal: run.journal, kind: script.pick(kinds) ?? .accepted,
            firstN: script.once(in: 6) ? script.number() : run.firstN, judgements: run.judgements,
            receipt: try receipt(of: run, in: introduction, &script), head: run.lastN)
        outcome.forwarded = script.once(in: 8)
        return outcome
    }

    private func addLive(to response: inout SyncResponse, _ script: inout FuzzScript) throws {
        var page = LivePage(
            cursor: cursor(&script), more: script.once(in: 2), historyLeft: script.number())
        page.restarts = script.once(in: 4)
        response.livePage = page
        for _ in 0..<script.below(3) {
            guard let key = script.pick(records) else { continue }
            let ids = (0..<script.below(4)).map { _ in Chain.changeID(of: change(&script)) }
            response.live.records.append(
                LiveRecord(
                    key: key, registers: [.init(name: "i1", live: ids, awaited: Array(ids.prefix(1)))],
                    held: Array(ids.suffix(1)), cited: ids))
        }
        for _ in 0..<script.below(3) { response.live.runs.append(try run(&script, isFromCentre: true).1) }
        if script.once(in: 2) {
            var comparison = Comparison(asked: [script.data(4)])
            comparison.sums[script.data(4)] = StateDigest()
            response.comparison = comparison
        }
    }
}
