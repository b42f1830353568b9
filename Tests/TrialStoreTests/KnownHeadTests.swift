import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// What is remembered of a store outside of it, and what an older copy of it is then known to miss.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct KnownHeadTests {
    private let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    /// A laptop with three saves, and an older copy that has one of them and noted what it misses.
    ///
    /// - Parameter knowsChange: `false` as an earlier version noted it.
    private func stores(
        knowsChange: Bool = true
    ) async throws -> (whole: SQLiteReplica, older: SQLiteReplica) {
        let whole = try await fixture.replicas.makeLaptop("a")
        try await fixture.save(["i1": 1], in: whole)
        let older = try await fixture.replicas.image(of: whole)
        for value in [2, 3] as [Int64] { try await fixture.save(["i1": value], in: whole) }
        let head = try #require(try await whole.ownHeads(site: fixture.site).first)
        try await older.closeJournals()
        try await older.noteMissing(
            KnownHead(
                journal: head.journal, n: head.n, hash: head.hash, change: knowsChange ? head.change : nil))
        #expect(try await older.missingEntries().map(\.count) == [2])
        return (whole, older)
    }

    @Test("A head is kept with its change; one of an earlier version has none, and is the same place")
    func bytes() async throws {
        let (whole, _) = try await stores()
        let head = try #require(try await whole.ownHeads(site: fixture.site).first)
        let read = try #require(KnownHead(bytes: head.bytes))
        #expect(read == head && read.change == head.change && head.change != nil)
        let bare = try #require(KnownHead(bytes: Data(head.bytes.prefix(56))))
        #expect(bare == head && bare.change == nil && Set([bare, head]).count == 1)
        #expect(KnownHead(bytes: Data(head.bytes.dropLast())) == nil)
    }

    @Test("What others bring is not missing, and is missing again where an older copy has it not")
    func borrowed() async throws {
        let (whole, older) = try await stores()
        let bare = try await fixture.replicas.image(of: older)
        let page = try await whole.lend(site: fixture.site, beyond: ChangeVector())
        #expect(try await older.borrow(page, site: fixture.site) == 1)
        #expect(try await older.missingEntries() == [])
        #expect(try await !older.verify().problems.contains { $0.code == .storeRolledBack })
        let noted = try await older.notedMissing()
        #expect(noted.count == 1)
        #expect(try await bare.missing(of: noted) == noted)

        let centre = try await fixture.replicas.makeCentre()
        for _ in 1...2 { try await fixture.sync(older, centre) }
        #expect(try await older.notedMissing() == [])
        #expect(try await older.missingEntries() == [])
        #expect(try await fixture.values("i1", in: older) == [3])
    }

    @Test("Of what others bring in part the rest is missing")
    func borrowedInPart() async throws {
        let (whole, older) = try await stores()
        let earlier = try await fixture.replicas.image(of: whole)
        try await fixture.save(["i1": 4], in: whole)
        let head = try #require(try await whole.ownHeads(site: fixture.site).first)
        try await older.noteMissing(head)
        #expect(try await older.missingEntries().map(\.count) == [3])
        let page = try await earlier.lend(site: fixture.site, beyond: ChangeVector())
        _ = try await older.borrow(page, site: fixture.site)
        #expect(try await older.missingEntries().map(\.count) == [1])
    }

    @Test("What comes back in another journal is not missing")
    func otherJournal() async throws {
        let (whole, older) = try await stores()
        let centre = try await fixture.replicas.makeCentre()
        _ = try await centre.drawEpoch(for: fixture.site)
        for store in [whole, older] { try await fixture.sync(store, centre) }
        #expect(try await older.missingEntries() == [])
        #expect(try await older.notedMissing() == [])
    }

    @Test("What is back is forgotten: that the centre contradicts its journal later is no loss")
    func back() async throws {
        let (whole, older) = try await stores(knowsChange: false)
        let journal = try #require(try await whole.ownHead(site: fixture.site)).journal
        let centre = try await fixture.replicas.makeCentre()
        for store in [whole, older] { try await fixture.sync(store, centre) }
        #expect(try await older.notedMissing() == [])
        try await older.write { store in
            if let row = try store.journal(journal) { try store.demote(row) }
        }
        #expect(try await older.missingEntries() == [])
    }
}
