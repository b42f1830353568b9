import Foundation
import GRDB
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// A merged state that is not the centre's is found and replaced by the next sync.
@Suite struct RepairTests {
    @Test("One record of many that was merged wrongly is the only one that is replaced")
    func oneRecord() async throws {
        let fixture = try StoreFixture()
        let centre = try await fixture.replicas.makeCentre()
        let laptop = try await fixture.replicas.makeLaptop("laptop")
        var random = SeededGenerator(seed: 8)
        var changes: [Change] = []
        for value in 1...400 {
            let other = RecordKey.visit(EnrolmentID(using: &random), event: "BL")
            changes.append(fixture.author.save(["i1": Int64(value)], on: other))
        }
        _ = try await laptop.save(changes, site: fixture.site, signedWith: nil)
        try await fixture.save(["i1": 1], in: laptop)
        try await fixture.save(["i1": 2], in: laptop)
        try await fixture.sync(laptop, centre)
        try await damage(laptop, fixture)
        let waiting = try await fixture.save(["i2": 5], in: laptop)
        #expect(try await fixture.values("i1", in: laptop) == [99])

        let totals = try await fixture.sync(laptop, centre)
        #expect(totals.repaired == 1 && totals.inStep && totals.pushed == 1)
        #expect(totals.roundTrips <= 5)
        #expect(try await fixture.values("i1", in: laptop) == [2])
        #expect(try await fixture.values("i2", in: laptop) == [5], "\(waiting.kind)")
        #expect(try await laptop.repairs()?.records == 1)
        #expect(try await laptop.verify().problems.isEmpty)
        #expect(
            try await laptop.summary(of: fixture.site).digest == centre.summary(of: fixture.site).digest)
        #expect(try await fixture.sync(laptop, centre).repaired == 0)
    }

    /// Writes a state that no entry gives, with its digest and the site's, as a wrong merge would.
    private func damage(_ laptop: SQLiteReplica, _ fixture: StoreFixture) async throws {
        let record = fixture.record
        let site = fixture.site
        try await laptop.write { store in
            let siteRow = try store.makeSite(site)
            var state = try store.state(of: record, site: siteRow)
            let version = Version(
                id: ChangeID(prefixOf: [UInt8](repeating: 9, count: 16)),
                values: [ItemValue("i1", .integer(99))])
            state.registers["i1"] = RegisterState(live: [version])
            try store.replace(state, site: siteRow)
        }
    }
}
