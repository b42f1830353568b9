import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// A fresh laptop gets its site by the live entries first, and the history behind them.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct FirstSyncTests {
    /// The first page of a first sync, which breaks off after it.
    private func fetchFirstPage(
        of entries: Int, into joiner: SQLiteReplica, from centre: SQLiteReplica, _ fixture: StoreFixture
    ) async throws {
        var request = try await joiner.prepare(site: fixture.site, proving: [], limit: entries)
        request.hello.entryLimit = entries
        _ = try await joiner.apply(
            try await centre.page(for: request.hello, outcomes: []), site: fixture.site)
    }

    @Test("What a stick brought stays replaced by the edit that replaced it, while the history comes")
    func replacedOnTheWay() async throws {
        let fixture = try StoreFixture()
        let centre = try await fixture.replicas.makeCentre()
        let writer = try await fixture.replicas.makeLaptop("writer")
        for value in 1...30 { try await fixture.save(["i2": Int64(value)], in: writer) }
        try await fixture.sync(writer, centre)
        try await fixture.save(["i1": 1], in: writer)
        let joiner = try await fixture.replicas.makeLaptop("joiner")
        let stick = try await writer.lend(site: fixture.site, beyond: ChangeVector())
        _ = try await joiner.borrow(stick, site: fixture.site)
        #expect(try await fixture.values("i1", in: joiner) == [1])
        try await fixture.sync(writer, centre)
        try await fixture.save(["i1": 2], in: writer)
        try await fixture.sync(writer, centre)
        try await fetchFirstPage(of: 5, into: joiner, from: centre, fixture)
        #expect(try await joiner.firstSync()?.isShown == true)
        #expect(try await fixture.values("i1", in: joiner) == [2], "1 was replaced, and is no sibling")
    }

    @Test("A centre's stick is taken while the history is still coming, and nothing is shown twice")
    func stickOnTheWay() async throws {
        let fixture = try StoreFixture()
        let centre = try await fixture.replicas.makeCentre()
        let writer = try await fixture.replicas.makeLaptop("writer")
        for value in 1...30 { try await fixture.save(["i1": Int64(value)], in: writer) }
        try await fixture.sync(writer, centre)
        let joiner = try await fixture.replicas.makeLaptop("joiner")
        try await fetchFirstPage(of: 5, into: joiner, from: centre, fixture)
        #expect(try await joiner.firstSync()?.isShown == true)
        let (path, seal) = (fixture.replicas.path("stick"), try #require(try await writer.bundleSeal()))
        _ = try await centre.exportBundle(of: fixture.site, to: path, seal: seal)
        _ = try await joiner.importBundle(path, into: fixture.site)
        #expect(try await fixture.values("i1", in: joiner) == [30])
        #expect(try await fixture.sync(joiner, centre, pageEntries: 5).inStep)
        let (summary, theirs) = (
            try await joiner.summary(of: fixture.site), try await centre.summary(of: fixture.site)
        )
        #expect(summary.borrowed == 0 && summary.waiting == 0)
        #expect(summary.entries == 30 && summary.digest == theirs.digest)
        #expect(try await joiner.verify().problems.isEmpty)
    }

    @Test("What crosses before the site is shown does not grow with its history")
    func cost() async throws {
        let fixture = try StoreFixture()
        let centre = try await fixture.replicas.makeCentre()
        let writer = try await fixture.replicas.makeLaptop("writer")
        for value in 1...60 { try await fixture.save(["i1": Int64(value)], in: writer) }
        try await fixture.sync(writer, centre)
        let joiner = try await fixture.replicas.makeLaptop("joiner")
        let hello = try await joiner.prepare(site: fixture.site, proving: [], limit: 10)
        var request = hello
        request.hello.entryLimit = 10
        let response = try await centre.page(for: request.hello, outcomes: [])
        #expect(response.live.records.count == 1)
        #expect(response.live.runs.flatMap(\.changes).count == 1)
        _ = try await joiner.apply(response, site: fixture.site)
        #expect(try await joiner.firstSync()?.isShown == true)
        #expect(try await fixture.values("i1", in: joiner) == [60])
        // It can work and sync at once; the history comes behind.
        try await fixture.save(["i1": 61], in: joiner)
        let totals = try await fixture.sync(joiner, centre, pageEntries: 10)
        #expect(totals.inStep && totals.pushed == 1)
        #expect(try await joiner.firstSync() == nil)
        #expect(try await joiner.verify().problems.isEmpty)
        #expect(try await joiner.summary(of: fixture.site).entries == 61)
    }

    @Test("A store with nothing of its site shows nothing of it until it has all")
    func hidden() async throws {
        let fixture = try StoreFixture()
        let centre = try await fixture.replicas.makeCentre()
        let writer = try await fixture.replicas.makeLaptop("writer")
        var random = SeededGenerator(seed: 3)
        for value in 1...9 {
            let other = RecordKey.visit(EnrolmentID(using: &random), event: "BL")
            for edit in 1...3 {
                let base = try await writer.view(of: other, site: fixture.site).base
                let change = fixture.author.save(["i1": Int64(value * edit)], on: other, from: base)
                _ = try await writer.save([change], site: fixture.site, signedWith: nil)
            }
        }
        try await fixture.sync(writer, centre)
        let joiner = try await fixture.replicas.makeLaptop("joiner")
        try await fetchFirstPage(of: 2, into: joiner, from: centre, fixture)
        await #expect(throws: Problem.self) {
            _ = try await joiner.view(of: fixture.record, site: fixture.site)
        }
        await #expect(throws: Problem.self) { _ = try await joiner.views(RecordFilter()) }
        try await fixture.sync(joiner, centre, pageEntries: 2)
        #expect(try await joiner.views(RecordFilter()).count == 9)
    }

    @Test("A centre that was put back while the history was coming: nothing of the live entries is lost")
    func restoredOnTheWay() async throws {
        let fixture = try StoreFixture()
        let centre = try await fixture.replicas.makeCentre()
        let backup = try await fixture.replicas.image(of: centre)
        let writer = try await fixture.replicas.makeLaptop("writer")
        for value in 1...30 { try await fixture.save(["i1": Int64(value)], in: writer) }
        try await fixture.sync(writer, centre)
        let joiner = try await fixture.replicas.makeLaptop("joiner")
        try await fetchFirstPage(of: 5, into: joiner, from: centre, fixture)
        #expect(try await fixture.values("i1", in: joiner) == [30])
        _ = try await backup.drawEpoch(for: fixture.site)
        try await fixture.sync(joiner, backup, pageEntries: 5)
        #expect(try await fixture.values("i1", in: joiner) == [30], "the author's laptop is not back yet")
        #expect(try await joiner.verify().problems.isEmpty)
        try await fixture.sync(writer, backup)
        try await fixture.sync(joiner, backup, pageEntries: 5)
        #expect(try await fixture.values("i1", in: joiner) == [30])
        #expect(try await joiner.summary(of: fixture.site).borrowed == 0)
        #expect(try await joiner.verify().problems.isEmpty)
    }
}
