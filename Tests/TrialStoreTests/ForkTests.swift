import Foundation
import GRDB
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// A store that was copied goes on at once, in a journal of its own, and nothing is lost.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct ForkTests {
    @Test("Two laptops on one copied file keep every save, byte for byte, and their views never regress")
    func copiedStoreForks() async throws {
        let fixture = try StoreFixture()
        let (centre, original) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        let common = try await fixture.save(["i0": 1], in: original)
        try await fixture.sync(original, centre)
        let shared = try await fixture.save(["i0": 2], in: original)
        let copy = try await fixture.replicas.image(of: original)
        let own = [
            try await fixture.save(["i1": 3], in: original), try await fixture.save(["i2": 4], in: original),
        ]
        let others = [
            try await fixture.save(["i1": 5], in: copy), try await fixture.save(["i3": 6], in: copy),
        ]
        let journal = try #require(try await copy.ownHead(site: fixture.site)).journal
        #expect(try await original.ownHead(site: fixture.site)?.journal == journal)
        let bytes = try await pushed(copy, fixture)
        try await fixture.sync(original, centre)
        try await expectOwn([3, 4], of: original, fixture)
        try await expectOwn([5, 6], of: copy, fixture)
        try await fixture.sync(copy, centre, pageEntries: 2)
        try await expectOwn([5, 6], of: copy, fixture)
        let next = try await fixture.save(["i4": 7], in: copy)
        #expect(try await copy.ownHead(site: fixture.site)?.journal != journal, "a journal of its own")
        for laptop in [original, copy, original, copy] {
            try await fixture.sync(laptop, centre)
            try await expectOwn([3, 4], of: original, fixture)
            try await expectOwn([5, 6, 7], of: copy, fixture)
        }
        for store in [centre, original, copy] {
            let history = try await store.history(of: fixture.record)
            let ids = try ([common, shared] + own + others + [next]).map {
                try EncodedChange($0, site: fixture.site).id
            }
            #expect(Set(history.map(\.id)) == Set(ids) && history.count == ids.count)
            #expect(
                try await fixture.values("i1", in: store) == [3, 5],
                "both values stand until a person decides")
            #expect(try await fixture.values("i4", in: store) == [7])
            #expect(try await store.verify().problems == [])
            let held = try await store.read { store in
                try store.rows("SELECT hash, body FROM entry").map { try store.openBody($0[1], hash: $0[0]) }
            }
            #expect(Set(held).isSuperset(of: bytes), "the same bytes as were signed first")
        }
        #expect(try await centre.stored(site: fixture.site).count == 2)
    }

    /// Expects that a laptop shows what was saved on it, whatever else it shows.
    private func expectOwn(
        _ values: Set<Int64>, of laptop: SQLiteReplica, _ fixture: StoreFixture,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        var shown: Set<Int64> = []
        for item in ["i1", "i2", "i3", "i4"] { shown.formUnion(try await fixture.values(item, in: laptop)) }
        #expect(shown.isSuperset(of: values), sourceLocation: location)
    }

    /// The bytes of what a laptop would push now.
    private func pushed(_ laptop: SQLiteReplica, _ fixture: StoreFixture) async throws -> [Data] {
        try await laptop.prepare(site: fixture.site, proving: [], limit: 100).runs.flatMap(\.changes)
    }

    @Test("A store that knows it was copied opens a new journal and says why")
    func closedJournalsStayClosed() async throws {
        let fixture = try StoreFixture()
        let laptop = try await fixture.replicas.makeLaptop("a")
        try await fixture.save(["i1": 1], in: laptop)
        try await laptop.closeJournals()
        try await fixture.save(["i1": 2], in: laptop)
        let reasons = try await laptop.read { store in
            try store.journals(site: try store.makeSite(fixture.site)).map(\.introduction.reason)
        }
        #expect(reasons == ["enrolled", "copied"])
        #expect(try await fixture.values("i1", in: laptop) == [2])
        #expect(try await fixture.sync(laptop, try await fixture.replicas.makeCentre()).inStep)
    }

    @Test("A place that was noted outside is known until the next note, though its entries were issued anew")
    func formerHead() async throws {
        let fixture = try StoreFixture()
        let (centre, laptop) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        try await fixture.save(["i1": 1], in: laptop)
        let image = try await fixture.replicas.image(of: laptop)
        try await fixture.save(["i1": 2], in: laptop)
        let noted = try #require(try await laptop.ownHead(site: fixture.site))
        _ = try await centre.drawEpoch(for: fixture.site)
        try await fixture.sync(laptop, centre)
        let head = try #require(try await laptop.ownHead(site: fixture.site))
        #expect(head.journal != noted.journal)
        for place in [noted, head] {
            #expect(try await laptop.holds(journal: place.journal, n: place.n, hash: place.hash))
            #expect(try await !image.holds(journal: place.journal, n: place.n, hash: place.hash))
        }
    }

    @Test("An entry is known in a journal of another name too: it is not missing, nor is the store a copy")
    func otherName() async throws {
        let fixture = try StoreFixture()
        let (centre, laptop) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        try await fixture.save(["i1": 1], in: laptop)
        try await fixture.sync(laptop, centre)
        let hash = try #require(try await laptop.ownHead(site: fixture.site)).hash
        let other = try #require(JournalID(bytes: Data(repeating: 5, count: 16)))
        #expect(try await laptop.holds(journal: other, n: 7, hash: hash))
        #expect(try await laptop.missing(of: [KnownHead(journal: other, n: 7, hash: hash)]) == [])
    }

    @Test("What waits is lent in runs that each go on where the last ended")
    func lendingManyPages() async throws {
        let fixture = try StoreFixture()
        let (owner, carrier) = (
            try await fixture.replicas.makeLaptop("a"), try await fixture.replicas.makeLaptop("b")
        )
        let changes = (0...WireLimits.pageEntries).map { value in
            fixture.author.save(["i1": Int64(value)], on: fixture.record)
        }
        _ = try await owner.save(changes, site: fixture.site, signedWith: nil)
        let page = try await owner.lend(site: fixture.site, beyond: ChangeVector())
        #expect(page.runs.count == 2 && page.entryCount == changes.count)
        #expect(try await carrier.borrow(page, site: fixture.site) == 2)
    }
}
