import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialStore

/// The answer never arrived.
private struct Lost: Error {}

extension ReplicaStoreContract {
    /// A centre with a record of `*` and saves of three laptops that came in turns.
    private func busyCentre() async throws -> (centre: Replicas.Store, order: [ChangeID]) {
        let centre = try await replicas.makeCentre()
        var order: [ChangeID] = []
        let laptops = [
            try await replicas.makeLaptop("a"), try await replicas.makeLaptop("b"),
            try await replicas.makeLaptop("c"),
        ]
        for round in 0..<3 {
            for (index, laptop) in laptops.enumerated() {
                let value = Int64(10 * round + index)
                order.append(try await save(["i\(index % 2)": value], in: laptop))
                try await sync(laptop, centre)
            }
        }
        let person = author.save(["@role": 1], on: .person("wang"))
        _ = try await centre.save([person], site: .all, signedWith: nil)
        return (centre, [try EncodedChange(person, site: .all).id] + order)
    }

    func pullKeepsTheOrder() async throws {
        let (centre, order) = try await busyCentre()
        var hello = Hello(site: site, epoch: replicas.epoch)
        let whole = try await centre.page(for: hello, outcomes: [])
        #expect(whole.page.runs.flatMap(\.changes).map(Chain.changeID(of:)) == order)
        #expect(!whole.page.more)
        #expect(whole.digest == (try await summary(centre).digest))
        hello.entryLimit = 4
        let first = try await centre.page(for: hello, outcomes: [])
        #expect(first.page.runs.flatMap(\.changes).map(Chain.changeID(of:)) == Array(order.prefix(4)))
        #expect(first.page.more && first.digest == nil)
        #expect(Set(first.page.receipts.map(\.journal)) == Set(first.page.runs.map(\.journal)))
    }

    func pagesOfAnySize() async throws {
        let (centre, order) = try await busyCentre()
        let state = try await view(centre).state
        for size in 1...order.count {
            let laptop = try await replicas.makeLaptop("size\(size)")
            let totals = try await sync(laptop, centre, pageEntries: size)
            #expect(totals.inStep && totals.pulled == order.count, "pages of \(size)")
            // What is live comes before the history, in a page of its own at most.
            #expect(totals.roundTrips <= (order.count + size - 1) / size + 1, "pages of \(size)")
            #expect(try await view(laptop).state == state, "pages of \(size)")
            try await expectInStep([laptop], centre)
        }
    }

    func pushTwice() async throws {
        let (centre, laptop) = (try await replicas.makeCentre(), try await replicas.makeLaptop("a"))
        try await save(["weight": 61], in: laptop)
        try await save(["weight": 62], by: stranger, in: laptop)
        let request = try await laptop.prepare(site: site, proving: [], limit: 100)
        let first = try await centre.take(request, by: ContractJudge())
        let summary = try await summary(centre)
        let second = try await centre.take(request, by: ContractJudge())
        #expect(first == second)
        #expect(first.map(\.kind) == [.accepted])
        #expect(first.first?.judgements.map(\.verdict) == [.applied, .quarantined("not-allowed")])
        #expect(try await self.summary(centre) == summary)
        #expect(try await centre.history(of: record).count == 2)
        for outcomes in [first, second] {
            var response = SyncResponse(epoch: replicas.epoch)
            response.outcomes = outcomes
            _ = try await laptop.apply(response, site: site)
        }
        try await expectInStep([laptop], centre)
        #expect(try await laptop.history(of: record).count == 2)
    }

    func lostAnswer() async throws {
        let (centre, laptop) = (try await replicas.makeCentre(), try await replicas.makeLaptop("a"))
        for value in 1...5 as ClosedRange<Int64> { try await save(["weight": value], in: laptop) }
        let exchange = LaptopExchange(store: laptop, site: site, pageEntries: 2)
        let answering = CentreExchange(store: centre, judge: ContractJudge())
        await #expect(throws: Lost.self) {
            _ = try await exchange.run { body in
                _ = try await answering.answer(body)
                throw Lost()
            }
        }
        #expect(try await summary(centre).entries == 2)
        #expect(try await summary(laptop).pending == 5)
        #expect(try await sync(laptop, centre, pageEntries: 3).pushed == 5)
        #expect(try await centre.history(of: record).count == 5)
        #expect(try await values("weight", in: centre) == [5])
        try await expectInStep([laptop], centre)
    }

    func outcomesAreIndependent() async throws {
        let (centre, laptop) = (try await replicas.makeCentre(), try await replicas.makeLaptop("a"))
        try await save(["i1": 1], in: laptop)
        try await save(["i1": 2], in: laptop)
        try await laptop.closeJournals()
        let good = try await save(["i2": 3], in: laptop)
        var request = try await laptop.prepare(site: site, proving: [], limit: 100)
        try #require(request.runs.count == 2)
        let (run, introduction) = (request.runs[0], request.introductions[0])
        let hash = introduction.hash(n: 1, previous: introduction.root, bytes: run.changes[0])
        var rest = EntryRun(journal: run.journal, firstN: 2, previous: hash, changes: [run.changes[1]])
        rest.headSignature = run.headSignature
        request.runs[0] = rest
        let outcomes = try await centre.take(request, by: ContractJudge())
        #expect(outcomes.map(\.kind) == [.gap, .accepted])
        #expect(outcomes[0].head == 0 && outcomes[0].judgements.isEmpty && outcomes[0].receipt == nil)
        #expect(try await view(centre).state["i2"].live.map(\.id) == [good])
        #expect(try await summary(centre).entries == 1)
        try await sync(laptop, centre)
        try await expectInStep([laptop], centre)
    }

    func oneChangeInTwoJournals() async throws {
        let centre = try await replicas.makeCentre()
        let refused = stranger.save(["weight": 62], on: record)
        let bytes = try [author.save(["weight": 61], on: record), refused]
            .map { try EncodedChange($0, site: site).bytes }
        var digests: [StateDigest] = []
        var judgements: [[Verdict]] = []
        for (salt, name) in [(UInt8(1), "a"), (2, "b")] {
            var journal = try HandwrittenJournal(
                try replicas.laptopIdentity(name), site: site, epoch: replicas.epoch, salt: salt)
            let outcomes = try await centre.take(
                journal.request([try journal.run(bytes)]), by: ContractJudge())
            judgements.append(outcomes.flatMap(\.judgements).map(\.verdict))
            digests.append(try await summary(centre).digest)
        }
        #expect(digests[0] == digests[1])
        #expect(judgements[0] == judgements[1] && judgements[0].count == 2)
        #expect(try await summary(centre).entries == 4)
        #expect(try await values("weight", in: centre) == [61])
        #expect(try await centre.history(of: record).count == 2, "history tells each change once")
        let laptop = try await replicas.makeLaptop("c")
        try await sync(laptop, centre)
        try await expectInStep([laptop], centre)
    }

    func digestsMove() async throws {
        let (centre, laptop) = (try await replicas.makeCentre(), try await replicas.makeLaptop("a"))
        var seen: Set<StateDigest> = [try await summary(centre).digest]
        for value in 1...6 as ClosedRange<Int64> {
            try await save(["i\(value % 2)": value], in: laptop)
            #expect(try await sync(laptop, centre).inStep)
            let digest = try await summary(centre).digest
            #expect(seen.insert(digest).inserted, "a change did not move the digest")
            #expect(try await summary(laptop).digest == digest)
        }
    }

    func quarantineBlocksNothing() async throws {
        let (centre, laptop) = (try await replicas.makeCentre(), try await replicas.makeLaptop("a"))
        try await save(["i1": 1], in: laptop)
        try await save(["i2": 2], by: stranger, in: laptop)
        try await save(["i3": 3], in: laptop)
        let totals = try await sync(laptop, centre, pageEntries: 1)
        #expect(totals.pushed == 3 && totals.quarantined == 1 && totals.inStep)
        #expect(try await values("i1", in: centre) == [1])
        #expect(try await values("i2", in: centre) == [])
        #expect(try await values("i3", in: centre) == [3])
        try await expectInStep([laptop], centre)
    }

    func undecodableIsKept() async throws {
        let (centre, reader) = (try await replicas.makeCentre(), try await replicas.makeLaptop("reader"))
        var journal = try HandwrittenJournal(
            try replicas.laptopIdentity("odd"), site: site, epoch: replicas.epoch)
        let garbage = Data([0xFF, 0x00, 0x13, 0x37])
        let good = try EncodedChange(author.save(["weight": 61], on: record), site: site).bytes
        let request = journal.request([try journal.run([garbage, good])])
        let body = try request.encoded()
        let answer = try SyncAnswer(
            decoding: try await CentreExchange(store: centre, judge: ContractJudge()).answer(body))
        guard case .exchanged(let response) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(
            response.outcomes.first?.judgements.map(\.verdict) == [.quarantined("undecodable"), .applied])
        try await sync(reader, centre)
        #expect(try await values("weight", in: reader) == [61])
        let kept = try await reader.notApplied(site: site)
        #expect(kept.map(\.change) == [nil] && kept.map(\.id) == [Chain.changeID(of: garbage)])
        try await expectInStep([reader], centre)
    }

    func unsignedRunsAreRefused() async throws {
        let (centre, laptop) = (try await replicas.makeCentre(), try await replicas.makeLaptop("a"))
        try await save(["i1": 1], in: laptop)
        try await laptop.closeJournals()
        try await save(["i2": 2], in: laptop)
        let before = try await summary(centre)
        let request = try await laptop.prepare(site: site, proving: [], limit: 100)
        var unsigned = request
        unsigned.runs[1].headSignature = nil
        var altered = request
        altered.runs[1].changes[0][0] ^= 1
        var swapped = request
        swapped.runs[1].headSignature = request.runs[0].headSignature
        for forged in [unsigned, altered, swapped] {
            await expectProblem(.signatureInvalid) { _ = try await centre.take(forged, by: ContractJudge()) }
            #expect(try await summary(centre) == before)
        }
        var journal = try HandwrittenJournal(
            try replicas.laptopIdentity("elsewhere"), site: try #require(SiteCode("ELSE")),
            epoch: replicas.epoch)
        let bytes = try EncodedChange(author.save(["i1": 1], on: record), site: site).bytes
        let run = try journal.run([bytes])
        var foreign = SyncRequest(hello: Hello(site: site, epoch: replicas.epoch))
        (foreign.introductions, foreign.runs) = ([journal.introduction], [run])
        await expectProblem(.otherSite) { _ = try await centre.take(foreign, by: ContractJudge()) }
        #expect(try await summary(centre) == before)
    }
}
