import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

@Suite("Reports on what a lock or a void stands against", .tags(.store), .timeLimit(.minutes(10)))
struct CaseBookReportTests {
    let fixture: CaseBookFixture

    init() async throws { fixture = try await CaseBookFixture() }

    /// All answers of the Responder Index, none urgent, that come to the total.
    private func index(_ total: Int) throws -> [String] {
        var rest = total
        return try #require(fixture.study.ruleBook.totals.first).domains.map { domain in
            let score = min(3, rest)
            rest -= score
            return "\(domain.score.oid)=\(score)"
        }
    }

    /// A responder in remission at 48 weeks whose disease came back at an unscheduled visit, on the laptop
    /// and at the centre.
    private func trial() async throws -> (zhang: CaseBookFixture.Desk, wang: CaseBookFixture.Desk) {
        let zhang = try await fixture.knownCentreDesk("zhang", .coordinator)
        let wang = try await fixture.desk("wang")
        try await wang.enrol("PKU-001")
        try await wang.save(try index(8) + ["PGA.vas=60"])
        try await wang.save(try index(4) + ["SV.date=2026-05-25"], at: "W12")
        try await wang.save(try index(0) + ["PGA.vas=20"], at: "W48")
        try await wang.save(try index(9) + ["SV.date=2026-08-01"], at: "UNS#1")
        try await fixture.sync(wang)
        return (zhang, wang)
    }

    private func report(_ desk: CaseBookFixture.Desk) async throws -> EndpointReport {
        fixture.study.endpointReport(over: try await desk.book.participantCases(), asOf: "now")
    }

    /// `1/1 worst 0/1 best 1/1 unsettled PKU-001`.
    private func rate(_ oid: String, _ desk: CaseBookFixture.Desk) async throws -> String {
        guard case .rate(let view) = try await report(desk).result(of: oid) else { return "none" }
        func text(_ proportion: Proportion) -> String { "\(proportion.n)/\(proportion.total)" }
        return "\(text(view.headline)) worst \(text(view.worst)) best \(text(view.best)) "
            + "unsettled \(view.unsettled.joined(separator: " "))"
    }

    private func mean(_ desk: CaseBookFixture.Desk) async throws -> MeanView {
        guard case .mean(let view) = try await report(desk).result(of: "pga") else {
            throw Problem(.notFound, "pga")
        }
        return view
    }

    @Test("An edit that a lock holds leaves the headline and bounds it, until it is decided")
    func lock() async throws {
        let (zhang, wang) = try await trial()
        #expect(try await rate("remission", zhang) == "1/1 worst 1/1 best 1/1 unsettled ")
        try await zhang.decide(.lock, at: "W48")
        try await wang.save(try index(5), at: "W48", reason: "read again")
        try await fixture.sync(wang)
        #expect(try await rate("remission", zhang) == "1/1 worst 0/1 best 1/1 unsettled PKU-001")
        #expect(try await rate("response", zhang) == "1/1 worst 1/1 best 1/1 unsettled ")
        #expect(try await mean(zhang).unsettled == [])
        let open = try await zhang.conflict()
        let lock = try #require(open.shown.versions.first).stamp.entry
        try await zhang.resolve(open.conflict.id, .take(lock))
        #expect(try await rate("remission", zhang) == "1/1 worst 1/1 best 1/1 unsettled ")
    }

    @Test("A number that a lock holds another against is in the mean, and unsettled")
    func lockedNumber() async throws {
        let (zhang, wang) = try await trial()
        try await zhang.decide(.lock, at: "W48")
        try await wang.save(["PGA.vas=30"], at: "W48", reason: "read again")
        try await fixture.sync(wang)
        let view = try await mean(zhang)
        #expect(view.n == 1 && view.mean == 40 && view.unsettled == ["PKU-001"] && view.missing == [])
        #expect(try await rate("remission", zhang) == "1/1 worst 1/1 best 1/1 unsettled ")
    }

    @Test(
        "A void that an edit stands against is passed over in the headline, and the whole visit bounds it",
        arguments: [true, false])
    func void(editsIndex: Bool) async throws {
        let (zhang, wang) = try await trial()
        #expect(try await rate("relapse", zhang) == "1/1 worst 1/1 best 1/1 unsettled ")
        try await zhang.decide(.void, at: "UNS#1")
        #expect(try await rate("relapse", zhang) == "0/1 worst 0/1 best 0/1 unsettled ")
        try await wang.save(
            editsIndex ? try index(8) : ["VS.weight=60"], at: "UNS#1", reason: editsIndex ? "read again" : "")
        try await fixture.sync(wang)
        #expect(try await zhang.conflict().conflict.kind == .editVersusVoid)
        #expect(try await rate("relapse", zhang) == "0/1 worst 1/1 best 0/1 unsettled PKU-001")
        #expect(try await rate("response", zhang) == "1/1 worst 1/1 best 1/1 unsettled ")
    }

    @Test("A baseline that is void against an edit may be in the denominator")
    func voidBaseline() async throws {
        let (zhang, wang) = try await trial()
        try await zhang.decide(.void, at: "BL")
        try await wang.save(["PGA.vas=61"], at: "BL", reason: "read again")
        try await fixture.sync(wang)
        #expect(try await rate("response", zhang) == "0/0 worst 0/1 best 1/1 unsettled PKU-001")
        let view = try await mean(zhang)
        #expect(view.n == 0 && view.unsettled == ["PKU-001"])
    }
}
