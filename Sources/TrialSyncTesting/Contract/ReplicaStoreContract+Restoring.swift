import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialStore

extension ReplicaStoreContract {
    func restore(announced: Bool) async throws {
        let centre = try await replicas.makeCentre()
        let (first, second) = (try await replicas.makeLaptop("a"), try await replicas.makeLaptop("b"))
        try await save(["i1": 1], in: first)
        try await sync(first, centre)
        let restored = try await replicas.image(of: centre)
        try await save(["i1": 2], in: first)
        try await save(["i2": 3], by: stranger, in: first)
        try await sync(first, centre)
        try await sync(second, centre)
        try await save(["i3": 4], in: second)
        let before = try await view(second).state
        if announced { _ = try await restored.drawEpoch(for: site) }
        let epoch = try await restored.epoch()
        #expect((epoch == replicas.epoch) == !announced)
        for laptop in [second, first, second] {
            #expect(try await sync(laptop, restored, pageEntries: 2).inStep)
            #expect(try await view(laptop).state == before, "the view never regresses")
        }
        let now = try await restored.epoch()
        #expect(now != replicas.epoch)
        for laptop in [first, second] { #expect(try await laptop.epoch() == now) }
        #expect(try await values("i1", in: restored) == [2])
        #expect(try await values("i3", in: restored) == [4])
        #expect(
            try await restored.notApplied(site: site).count == 1, "a verdict is reinstated, not judged again")
        try await expectInStep([first, second], restored)
    }

    func borrowedIsShownAndForwarded() async throws {
        let centre = try await replicas.makeCentre()
        let (owner, carrier) = (
            try await replicas.makeLaptop("owner"), try await replicas.makeLaptop("carrier")
        )
        try await save(["i1": 1], in: owner)
        try await sync(owner, centre)
        let waiting = try await save(["i1": 2], in: owner)
        let bundle = try await owner.lend(site: site, beyond: try await carrier.stored(site: site))
        #expect(try await carrier.borrow(bundle, site: site) == 2)
        #expect(try await values("i1", in: carrier) == [2])
        let held = try await summary(carrier)
        #expect(held.borrowed == 2 && held.pending == 0 && held.entries == 0 && held.digest == StateDigest())
        #expect(try await carrier.borrow(bundle, site: site) == 0, "what is known is not news")
        let totals = try await sync(carrier, centre)
        #expect(totals.inStep)
        #expect(try await view(centre).state["i1"].live.map(\.id) == [waiting])
        #expect(try await summary(carrier).borrowed == 0)
        try await sync(owner, centre)
        #expect(try await centre.history(of: record).count == 2)
        #expect(try await summary(centre).entries == 2, "forwarded entries keep their own journal")
        try await expectInStep([owner, carrier], centre)
        #expect(try await owner.lend(site: site, beyond: try await carrier.stored(site: site)).runs.isEmpty)
    }

    func forgedBundle() async throws {
        let (owner, carrier) = (
            try await replicas.makeLaptop("owner"), try await replicas.makeLaptop("carrier")
        )
        try await save(["i1": 1], in: owner)
        try await owner.closeJournals()
        try await save(["i2": 1], in: owner)
        var bundle = try await owner.lend(site: site, beyond: ChangeVector())
        try #require(bundle.runs.count == 2)
        bundle.runs[1].changes[0].append(0)
        await expectProblem(.signatureInvalid) { _ = try await carrier.borrow(bundle, site: site) }
        #expect(try await summary(carrier).borrowed == 0)
        #expect(try await view(carrier).state == RecordState(key: record))
    }

    func segments() async throws {
        let (centre, carrier) = (try await replicas.makeCentre(), try await replicas.makeLaptop("carrier"))
        var journal = try HandwrittenJournal(
            try replicas.laptopIdentity("lost"), site: site, epoch: replicas.epoch)
        let first = author.save(["i1": 1], on: record)
        let second = author.save(["i2": 2], on: record)
        let start = try journal.run([try EncodedChange(first, site: site).bytes])
        let end = try journal.run([try EncodedChange(second, site: site).bytes])
        var bundle = PullPage()
        (bundle.introductions, bundle.runs) = ([journal.introduction], [end])
        #expect(try await carrier.borrow(bundle, site: site) == 1)
        #expect(try await sync(carrier, centre).inStep)
        #expect(try await values("i2", in: centre) == [2])
        let stored = try await centre.stored(site: site)
        #expect(stored[journal.introduction.id] == 0, "a segment is counted as a journal of its own")
        #expect(stored.count == 1)
        let entry = try #require(try await centre.entry(of: id(of: second)))
        #expect(entry.device == journal.introduction.certificate.device, "judged against its author's device")
        try await expectInStep([carrier], centre)
        // The owner turns up after all: its whole journal is taken, and the change keeps its one effect.
        let outcomes = try await centre.take(journal.request([start, end]), by: ContractJudge())
        #expect(outcomes.map(\.kind) == [.accepted, .accepted])
        try await sync(carrier, centre)
        #expect(try await values("i1", in: carrier) == [1])
        #expect(try await values("i2", in: carrier) == [2])
        try await expectInStep([carrier], centre)
    }
}
