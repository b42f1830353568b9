import Foundation
import SyncProtocol
import Synchronization
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// What the centre is told of the digests: the truth at the end of a sync, and not one sync late.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct TellingDigestsTests {
    let fixture: StoreFixture
    let centre: SQLiteReplica
    let laptop: SQLiteReplica

    init() async throws {
        fixture = try StoreFixture()
        centre = try await fixture.replicas.makeCentre()
        laptop = try await fixture.replicas.makeLaptop("a")
    }

    /// One sync of a laptop that found this at its last one.
    ///
    /// - Returns: what each exchange told the centre.
    private func sync(_ found: Bool?, tells: Bool = true) async throws -> (told: [Bool?], SyncTotals) {
        let told = Mutex<[Bool?]>([])
        let centre = centre
        let totals = try await LaptopExchange(store: laptop, site: fixture.site).run(
            filling: { $0.digestsEqual = found }, tellsDigests: tells
        ) { body in
            try await CentreExchange(store: centre, judge: ContractJudge()).answer(
                body,
                complete: { hello, _, _ in told.withLock { $0.append(hello.digestsEqual) } })
        }
        #expect(totals.inStep)
        return (told.withLock { $0 }, totals)
    }

    @Test("A first sync tells what it found, and the next has nothing to add")
    func first() async throws {
        try await fixture.save(["i1": 1], in: laptop)
        let (told, totals) = try await sync(nil)
        #expect(told.last == true && told.dropLast().allSatisfy { $0 == nil })
        #expect(totals.roundTrips == told.count && totals.digestsEqual == true)
        try await fixture.save(["i1": 2], in: laptop)
        #expect(try await sync(true).told == [true])
    }

    @Test("That they differed is taken back in the sync that finds them equal")
    func cleared() async throws {
        let told = try await sync(false).told
        #expect(told.last == true && told.dropLast().allSatisfy { $0 == false } && told.count > 1)
        #expect(try await sync(false, tells: false).told == [false])
    }

    @Test("Nothing that was found before counts for a centre of a new epoch")
    func newEpoch() async throws {
        try await fixture.save(["i1": 1], in: laptop)
        _ = try await sync(nil)
        try await laptop.set(SQLiteReplica.digestsEqualSetting, to: Data([1]))
        _ = try await centre.drawEpoch(for: fixture.site)
        let told = try await sync(true).told
        #expect(told.last == true && told.dropLast().allSatisfy { $0 == nil } && told.count > 1)
        #expect(try await laptop.setting(SQLiteReplica.digestsEqualSetting) == nil, "until it is kept anew")
    }

    @Test("A sync is done though nobody hears what it found")
    func unheard() async throws {
        _ = try await sync(nil, tells: false)
        let isFirst = Mutex(true)
        let centre = centre
        let totals = try await LaptopExchange(store: laptop, site: fixture.site).run(tellsDigests: true) {
            body in
            let isHeard = isFirst.withLock { isFirst in
                defer { isFirst = false }
                return isFirst
            }
            guard isHeard else { throw Problem(.serverUnreachable, "the link is down") }
            return try await CentreExchange(store: centre, judge: ContractJudge()).answer(body)
        }
        #expect(totals.inStep && totals.roundTrips == 1)
    }
}
