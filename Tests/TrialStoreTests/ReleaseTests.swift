import SyncProtocol
import Testing
import TrialModel
import TrialStore

/// What a coordinator admits from quarantine was written by somebody else's program.
@Suite(.tags(.store)) struct ReleaseTests {
    private let fixture: CaseBookFixture

    init() async throws { fixture = try await CaseBookFixture() }

    @Test("A release may not carry a change of rights or of locks into the trial")
    func pastTheRules() async throws {
        let coordinator = try await fixture.desk("head", .coordinator)
        let nurse = try await fixture.desk("nurse", .dataEntry)
        let id = try await nurse.enrol("PKU-001")
        try await fixture.sync(nurse)
        let role = RegisterWrite("@role", [ItemValue("@role", .text("admin"))])
        let lock = RegisterWrite("@lock", [ItemValue("@lock", .yesNo(true))])
        let five = Value.decimal(Quantity(ExactDecimal(5), unit: "mm"))
        let good = RegisterWrite("PGA.vas", [ItemValue("PGA.vas", five)])
        let visit = RecordKey.visit(id, event: "BL")
        for (record, write) in [(RecordKey.person("nurse"), role), (visit, lock)] {
            let change = coordinator.author.change(
                .release, record, [write], study: fixture.study, reason: "asked for")
            await #expect(throws: Problem.self) {
                _ = try await fixture.centre.save([change], site: fixture.site, signedWith: coordinator.key)
            }
        }
        let change = coordinator.author.change(
            .release, visit, [good], study: fixture.study, reason: "asked for")
        _ = try await fixture.centre.save([change], site: fixture.site, signedWith: coordinator.key)
        #expect(try await PeopleShelf(fixture.centre).person("nurse")?.role == .dataEntry)
        #expect(try await fixture.centre.verify().problems.isEmpty)
    }
}
