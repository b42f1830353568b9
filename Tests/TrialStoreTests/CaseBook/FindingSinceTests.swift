import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

@Suite("Since when a finding stands", .tags(.store), .timeLimit(.minutes(10)))
struct FindingSinceTests {
    let fixture: CaseBookFixture
    let wang: CaseBookFixture.Desk

    init() async throws {
        fixture = try await CaseBookFixture()
        wang = try await fixture.desk("wang")
        try await wang.enrol("PKU-001")
    }

    private func save(_ minute: Int64, _ values: [String], at event: String = "BL") async throws {
        try await wang.later(minutes: minute).save(values, at: event, reason: "corrected")
    }

    /// The minute since which the finding with that key stands; `nil` if it says none, or there is none.
    private func since(_ key: String, at event: String = "BL") async throws -> Int64? {
        let found = try await wang.view(event).checks.first { $0.key == key }
        return try (0...99).first { found?.since == (try minute($0)) }
    }

    private func minute(_ minute: Int64) throws -> String {
        wang.later(minutes: minute).author.now.iso8601
    }

    @Test("A visit before the consent: since the later of the two dates was entered, wherever that stands")
    func consent() async throws {
        try await save(1, ["SV.date=2026-03-02"])
        try await save(5, ["DM.consentDate=2026-03-05"], at: "SCR")
        #expect(try await since("date-order:DM.consentDate+SV.date") == 5)
        try await save(9, ["SV.date=2026-03-03"])
        #expect(try await since("date-order:DM.consentDate+SV.date") == 9)
    }

    @Test("A dose that departs again from the plan does so since the date was changed")
    func dose() async throws {
        try await save(1, ["SV.date=2026-03-02", "VS.weight=75"])
        try await save(2, ["SV.date=2026-03-16", "PRED.dose=60"], at: "D14")
        #expect(try await since("dose-deviation:PRED.dose", at: "D14") == 2)
        try await save(3, ["SV.date=2026-03-15"], at: "D14")
        #expect(try await since("dose-deviation:PRED.dose", at: "D14") == nil, "60 mg is planned on day 13")
        try await save(4, ["SV.date=2026-03-16"], at: "D14")
        #expect(try await since("dose-deviation:PRED.dose", at: "D14") == 4)
        try await save(6, ["VS.weight=70"])
        #expect(try await since("dose-deviation:PRED.dose", at: "D14") == 6)
    }

    @Test("What is required is missing since the first save, or since it was emptied")
    func required() async throws {
        try await save(2, ["SV.date=2026-03-02", "VS.weight=75"])
        try await save(4, ["SV.date=2026-03-03"])
        #expect(try await since("required:RI") == 2)
        try await save(7, ["VS.weight="])
        #expect(try await since("required:VS.weight") == 7)
    }

    @Test("Someone without consent is treated since the visit is there, or since the answer says so")
    func eligibility() async throws {
        try await save(2, ["SV.date=2026-03-02"])
        #expect(try await since("eligibility:DM.consentDate") == 2)
        let criterion = try #require(fixture.study.ruleBook.eligibility?.include.first).oid
        try await save(5, ["\(criterion)=N"], at: "SCR")
        #expect(try await since("eligibility:\(criterion)") == 5)
    }

    @Test("A window is missed since the date of the visit or day 0 was entered, the later of the two")
    func window() async throws {
        try await save(1, ["SV.date=2026-04-30"], at: "D14")
        try await save(3, ["SV.date=2026-03-02"])
        #expect(try await since("window:SV.date", at: "D14") == 3)
        try await save(6, ["TX.prednisoneStart=2026-03-03"])
        #expect(try await since("window:SV.date", at: "D14") == 6)
    }

    @Test("A visit stands without an earlier one since it is there")
    func sequence() async throws {
        try await save(1, ["SV.date=2026-04-30"], at: "D14")
        try await save(3, ["SV.date=2026-04-29"], at: "D14")
        #expect(try await since("sequence:SV.date", at: "D14") == 1)
    }

    @Test("Every finding says since when, the same on every replica")
    func everywhere() async throws {
        let liu = try await fixture.desk("liu")
        try await save(1, ["SV.date=2026-03-02", "VS.weight=300", "PRED.dose=7"])
        try await save(2, ["SV.date=2026-03-01", "PK.trough=99"], at: "D14")
        try await fixture.sync(wang, liu)
        for event in ["BL", "D14"] {
            let checks = try await wang.view(event).checks
            #expect(!checks.isEmpty && checks.allSatisfy { $0.since != nil })
            #expect(try await liu.view(event).checks == checks)
        }
    }
}
