import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// What a laptop does with the word of a centre whose program is newer.
@Suite(.tags(.store)) struct NewerCentreTests {
    /// A change of a kind, or with a value, that only a newer program knows.
    private func newer(_ fixture: StoreFixture, _ alter: (inout Trialsync_V1_Change) -> Void) throws
        -> Data
    {
        let change = fixture.author.save(["i1": 1], on: fixture.record)
        var message = try Trialsync_V1_Change(
            decoding: try EncodedChange(change, site: fixture.site).bytes)
        alter(&message)
        return try message.encoded()
    }

    @Test("What this centre cannot read it keeps, unapplied, and so does every laptop, byte for byte")
    func unreadable() async throws {
        let fixture = try StoreFixture()
        let centre = try await fixture.replicas.makeCentre()
        let laptop = try await fixture.replicas.makeLaptop("laptop")
        var journal = try HandwrittenJournal(
            try fixture.replicas.laptopIdentity("newer"), site: fixture.site, epoch: fixture.replicas.epoch)
        let readable = fixture.author.save(["i1": 7], on: fixture.record)
        let value = try Trialsync_V1_Value(decoding: NewerProgram.fields)
        let changes = [
            try newer(fixture) { $0.kind = 11 }, try newer(fixture) { $0.writes[0].values[0] = value },
            NewerProgram.grown(change: try EncodedChange(readable, site: fixture.site).bytes),
        ]
        let run = try journal.run(changes)
        let body = try await CentreExchange(store: centre, judge: ContractJudge()).answer(
            try NewerProgram.grown(body: try journal.request([run]).encoded()))
        guard case .exchanged(let response) = try SyncAnswer(decoding: body) else {
            Issue.record("the request was refused")
            return
        }
        let codes = response.outcomes.flatMap(\.judgements).map(\.verdict.code)
        #expect(codes == ["kind-unknown", "undecodable", ""])
        #expect(try await fixture.sync(laptop, centre).inStep)
        for store in [centre, laptop] {
            #expect(try await fixture.values("i1", in: store) == [7])
            let held = try await store.lend(site: fixture.site, beyond: ChangeVector())
            #expect(held.runs.flatMap(\.changes) == changes)
            #expect(try await store.verify().problems == [])
        }
    }

    @Test("A centre that applied what a laptop cannot read is told by name, and nothing is moved")
    func applied() async throws {
        let fixture = try StoreFixture()
        let centre = try await fixture.replicas.makeCentre()
        let laptop = try await fixture.replicas.makeLaptop("laptop")
        var journal = try HandwrittenJournal(
            try fixture.replicas.laptopIdentity("newer"), site: fixture.site, epoch: fixture.replicas.epoch)
        let change = try newer(fixture) { $0.kind = 11 }
        let run = try journal.run([change])
        _ = try await CentreExchange(store: centre, judge: ContractJudge()).answer(
            try journal.request([run]).encoded())
        try await fixture.sync(laptop, centre)
        try await fixture.save(["i2": 2], in: laptop)
        let before = try await fixture.standing(of: laptop)
        // What a newer centre would say in a repair: the change is live in its record.
        var response = SyncResponse(epoch: fixture.replicas.epoch)
        (response.digest, response.digestAll) = (StateDigest(), StateDigest())
        response.comparison = Comparison(asked: [Data([0, 0])])
        let register = LiveRecord.Register(name: "i1", live: [Chain.changeID(of: change)], awaited: [])
        response.live.records = [
            LiveRecord(key: fixture.record, registers: [register], held: [], cited: [])
        ]
        let told = response
        let problem = await #expect(throws: Problem.self) {
            _ = try await laptop.apply(told, site: fixture.site)
        }
        #expect(problem?.code == .protocolUnsupported)
        #expect(problem?.remedy == "update this laptop's program")
        #expect(try await fixture.standing(of: laptop) == before)
        #expect(before.summary.pending == 1)
    }
}
