import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialStore

extension ReplicaStoreContract {
    func savesAreShown() async throws {
        let laptop = try await replicas.makeLaptop("a")
        let change = author.save(["weight": 61], on: record)
        let names = try await save([change, author.save(["score": 2], on: record)], in: laptop)
        #expect(names.map(\.n) == [1, 2])
        #expect(try await values("weight", in: laptop) == [61])
        #expect(try await values("score", in: laptop) == [2])
        let history = try await laptop.history(of: record)
        #expect(history.map(\.name) == names)
        #expect(history.first?.change == change && history.first?.judgement == nil)
        #expect(try await laptop.entry(of: id(of: change))?.name == names[0])
        let summary = try await summary(laptop)
        #expect(summary.pending == 2 && summary.entries == 0 && summary.journals == 1)
        #expect(summary.digest == StateDigest(), "what is pending does not count")
        let head = try #require(try await laptop.ownHead(site: site))
        #expect(head.n == 2 && head.journal == names[0].journal)
        #expect(try await laptop.holds(journal: head.journal, n: 2, hash: head.hash))
        #expect(try await !laptop.holds(journal: head.journal, n: 1, hash: head.hash))
        #expect(try await laptop.view(of: other, site: site).state == RecordState(key: other))
        try await expectSound([laptop])
    }

    func savesTogether() async throws {
        let stores = [try await replicas.makeLaptop("a"), try await replicas.makeCentre()]
        for store in stores {
            let before = try await summary(store)
            var tooLong = author.save(["weight": 62], on: record)
            tooLong.reason = String(repeating: "x", count: WireLimits.reasonBytes + 1)
            let good = author.save(["weight": 61], on: record)
            await expectProblem(.textTooLong) { try await save([good, tooLong], in: store) }
            #expect(try await summary(store) == before)
            #expect(try await store.history(of: record).isEmpty)
            try await save([good, author.save(["weight": 63], on: other)], in: store)
            #expect(try await values("weight", in: store) == [61])
        }
    }

    func centreSavesAtOnce() async throws {
        let centre = try await replicas.makeCentre()
        let before = try await summary(centre)
        try await save(["weight": 61], in: centre)
        let after = try await summary(centre)
        #expect(after.pending == 0 && after.entries == before.entries + 1 && after.digest != before.digest)
        #expect(try await centre.history(of: record).map(\.judgement?.verdict) == [.applied])
        try await expectSound([centre])
    }

    func viewIsConfirmedAndPending() async throws {
        let (centre, laptop) = (try await replicas.makeCentre(), try await replicas.makeLaptop("a"))
        try await save(["weight": 61, "score": 1], in: laptop)
        try await sync(laptop, centre)
        let pending = try await save(["score": 2], in: laptop)
        let view = try await view(laptop)
        #expect(Array(view.unconfirmed.keys) == [pending])
        #expect(try await values("weight", in: laptop) == [61])
        #expect(try await values("score", in: laptop) == [2])
        #expect(try await values("score", in: centre) == [1])
        var filter = RecordFilter()
        filter.participant = record.participant
        #expect(try await laptop.views(filter).map(\.view) == [view])
        #expect(try await laptop.history(of: record).map { $0.judgement?.verdict } == [.applied, nil])
        filter.participant = other.participant
        #expect(try await laptop.views(filter).isEmpty)
    }

    func baseGoesThroughPending() async throws {
        let (centre, laptop) = (try await replicas.makeCentre(), try await replicas.makeLaptop("a"))
        let confirmed = try await save(["weight": 61], in: laptop)
        try await sync(laptop, centre)
        let refused = try await save(["weight": 62], by: stranger, in: laptop)
        let base = try await view(laptop).base
        #expect(base.registers["weight"] == .init(shown: [refused], through: [confirmed]))
        let last = try await save(["weight": 63], in: laptop)
        let through = try await view(laptop).base.registers["weight"]?.through
        #expect(through == [confirmed, refused].sorted())
        try await sync(laptop, centre)
        #expect(
            try await view(centre).state["weight"].live.map(\.id) == [last], "the old value stays replaced")
        try await expectInStep([laptop], centre)
    }

    func refusedChangeLeavesTheView() async throws {
        let (centre, laptop) = (try await replicas.makeCentre(), try await replicas.makeLaptop("a"))
        try await save(["weight": 61], in: laptop)
        try await sync(laptop, centre)
        try await save(["weight": 62], by: stranger, in: laptop)
        #expect(try await values("weight", in: laptop) == [62])
        let totals = try await sync(laptop, centre)
        #expect(totals.quarantined == 1)
        #expect(try await values("weight", in: laptop) == [61])
        #expect(
            try await laptop.notApplied(site: site).map(\.judgement?.verdict) == [.quarantined("not-allowed")]
        )
        #expect(try await centre.notApplied(site: nil).count == 1)
        #expect(try await summary(laptop).quarantined == 1)
        try await expectInStep([laptop], centre)
    }

    func heldChangeLeavesTheView() async throws {
        let (centre, laptop) = (try await replicas.makeCentre(), try await replicas.makeLaptop("a"))
        try await save(["weight": 61], in: laptop)
        let held = try await save(["weight": 62], by: ContractAuthor("latecomer"), in: laptop)
        try await sync(laptop, centre)
        #expect(try await values("weight", in: laptop) == [61])
        #expect(try await view(laptop).state.held == [held])
        #expect(try await view(centre).state.conflicts.map(\.kind) == [.editAfterLock])
        #expect(try await summary(centre).openConflicts == 1)
        var filter = RecordFilter()
        filter.inConflict = true
        #expect(try await centre.views(filter).count == 1)
        try await expectInStep([laptop], centre)
    }

    func settings() async throws {
        let laptop = try await replicas.makeLaptop("a")
        #expect(try await laptop.epoch() == replicas.epoch)
        #expect(try await laptop.setting("colour") == nil)
        try await laptop.set("colour", to: Data("blue".utf8))
        #expect(try await laptop.setting("colour") == Data("blue".utf8))
        try await laptop.set("colour", to: nil)
        #expect(try await laptop.setting("colour") == nil)
        await expectProblem(.numbersExhausted) { _ = try await laptop.takeNumber() }
        try await laptop.addLease(NumberLease(first: 7, last: 8))
        #expect(try await laptop.takeNumber() == 7)
        #expect(try await laptop.numbers().left == 1)
        try await save(["weight": 61], in: laptop)
        #expect(try await laptop.sites() == [site])
    }
}
