import Testing
import TrialModel

@Suite struct ParticipantStandingTests {
    let build: CaseBuilder

    init() throws { build = CaseBuilder(study: try StudyDefinition.shipped()) }

    private static let met = ["IE.consent": "Y", "IE.diagnosis": "Y", "DM.consentDate": "2026-02-20"]

    private func standing(_ visits: [String: [String: String]], void: Set<String> = []) throws
        -> ParticipantStanding
    {
        let visits = try visits.map { try build.visit($0, $1, isVoid: void.contains($0)) }
        return build.study.standing(of: try build.participant(visits))
    }

    @Test(arguments: [
        ([:], ParticipantState.screening, [], false),
        (["SCR": ["IE.consent": "Y"]], .screening, [], false),
        (["SCR": ["IE.consent": "Y", "IE.diagnosis": "Y"]], .screening, [], false),
        (["SCR": met], .eligible, [], true),
        (["SCR": ["IE.consent": "Y", "IE.diagnosis": "N"]], .screenFailure, ["IE.diagnosis"], false),
        (["SCR": met, "BL": ["VS.weight": "70"]], .enrolled, [], true),
        (["BL": ["VS.weight": "70"]], .enrolled, [], true),
        (["SCR": ["IE.diagnosis": "N"], "BL": ["VS.weight": "70"]], .enrolled, ["IE.diagnosis"], true),
        (["SCR": met, "BL": ["VS.weight": ""]], .eligible, [], true),
    ])
    func `A participant is screened, then eligible or a failure, and enrolled once treated`(
        visits: [String: [String: String]], state: ParticipantState, unmet: [String], counts: Bool
    ) throws {
        let found = try standing(visits)
        #expect(found.state == state && found.unmet == unmet && found.counts == counts)
        #expect(found.endReason == nil)
    }

    @Test func `A baseline that is void does not enrol anybody`() throws {
        let visits = ["SCR": Self.met, "BL": ["VS.weight": "70"]]
        #expect(try standing(visits, void: ["BL"]).state == .eligible)
    }

    @Test func `Who ends the study after week 48 has completed it, and who ends it before has withdrawn`()
        throws
    {
        let end = ["EOS.date": "2027-03-02", "EOS.reason": "moved away"]
        var visits = ["SCR": Self.met, "BL": ["VS.weight": "70"], "EOS": end]
        var found = try standing(visits)
        #expect(found.state == .withdrawn && found.endReason == "moved away" && found.counts)
        visits["W48"] = ["VS.weight": "68"]
        found = try standing(visits)
        #expect(found.state == .completed && found.counts)
        visits["BL"] = nil
        found = try standing(visits)
        #expect(found.state == .withdrawn && !found.counts)
        visits["SCR"] = ["IE.diagnosis": "N"]
        #expect(try standing(visits).state == .screenFailure)
    }

    @Test func `A reason in codes decides too, in a study that says which codes complete it`() throws {
        let study = try ExampleStudy.load()
        let build = CaseBuilder(study: study)
        for (why, expected) in [("completed", ParticipantState.completed), ("lost", .withdrawn)] {
            let visits = [
                try build.visit("RAND", ["VIS.day": "2026-01-02"]),
                try build.visit("WK12", ["VIS.day": "2026-03-27"]),
                try build.visit("CLOSE", ["OUT.why": why]),
            ]
            #expect(study.standing(of: try build.participant(visits)).state == expected)
        }
    }
}
