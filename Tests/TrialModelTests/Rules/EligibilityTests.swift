import Testing
import TrialModel

@Suite struct EligibilityTests {
    let build: CaseBuilder
    let rule: EligibilityRule

    init() throws {
        build = CaseBuilder(study: try StudyDefinition.shipped())
        rule = try #require(build.study.ruleBook.eligibility)
    }

    @Test(arguments: [
        ("Y", "Y", Eligibility.eligible, Value.yesNo(true)),
        ("Y", "N", .ineligible(["IE.diagnosis"]), .yesNo(false)),
        ("N", "N", .ineligible(["IE.consent", "IE.diagnosis"]), .yesNo(false)),
        ("", "N", .ineligible(["IE.diagnosis"]), .yesNo(false)), ("Y", "", .open, .empty),
        ("Y", "@unknown", .open, .empty), ("", "", .open, .empty),
    ])
    func `Eligible is who meets all criteria, and not who contradicts one`(
        consent: String, diagnosis: String, expected: Eligibility, value: Value
    ) throws {
        let visit = try build.visit("SCR", ["IE.consent": consent, "IE.diagnosis": diagnosis])
        let eligibility = rule.eligibility(of: try build.participant([visit]))
        #expect(eligibility == expected)
        #expect(eligibility.value == value)
        #expect(rule.derived == "IE.eligible")
    }

    @Test func `Exclusion criteria must be answered with N`() throws {
        let study = try ExampleStudy.load()
        let build = CaseBuilder(study: study)
        let rule = try #require(study.ruleBook.eligibility)
        let expectations: [(String, Eligibility)] = [
            ("N", .eligible), ("Y", .ineligible(["CRIT.addison"])), ("", .open),
        ]
        for (addison, expected) in expectations {
            let answers = ["CRIT.adult": "Y", "CRIT.threeDrugs": "Y", "CRIT.addison": addison]
            let visit = try build.visit("ENR", answers)
            #expect(rule.eligibility(of: try build.participant([visit])) == expected)
        }
    }

    @Test func `A criterion in conflict leaves eligibility open, even if every version contradicts`() throws {
        let versions = [["IE.diagnosis": "N"], ["IE.diagnosis": "Y"]]
        let visit = try build.visit("SCR", ["IE.consent": "Y"], conflicts: ["IE.diagnosis": versions])
        #expect(rule.eligibility(of: try build.participant([visit])) == .open)
    }

    @Test(arguments: [
        (["IE.diagnosis": "N"], ["eligibility:IE.diagnosis"]),
        (["DM.consentDate": ""], ["eligibility:DM.consentDate"]),
        (["DM.consentDate": "@unknown"], ["eligibility:DM.consentDate"]),
        (
            ["IE.consent": "N", "DM.consentDate": ""],
            ["eligibility:IE.consent", "eligibility:DM.consentDate"]
        ),
        (["IE.diagnosis": ""], []), ([:], []),
    ])
    func `A baseline of someone ineligible or without consent is a major finding`(
        changes: [String: String], keys: [String]
    ) throws {
        let answers = ["DM.consentDate": "2026-01-01", "IE.consent": "Y", "IE.diagnosis": "Y"]
        let screening = try build.visit("SCR", answers.merging(changes) { $1 })
        let visits = [screening] + (try build.dated("SV.date", ["BL": "2026-02-01", "D14": "2026-02-14"]))
        let findings = try build.findings("BL", visits)
        #expect(findings.map(\.key) == keys)
        #expect(findings.allSatisfy { $0.severity == .major })
        #expect(try build.found("SCR", visits) == [])
        #expect(try build.found("D14", visits) == [])
    }

    @Test func `A baseline without any screening lacks both the visit and the consent`() throws {
        let visits = try build.dated("SV.date", ["BL": "2026-02-01"])
        let findings = try build.findings("BL", visits)
        #expect(findings.map(\.key) == ["sequence:SV.date", "eligibility:DM.consentDate"])
        #expect(
            findings.last?.message
                == "BL is on record, but DM.consentDate (Date of informed consent) at SCR has no date")
    }

    @Test func `A date of consent in conflict is not called missing`() throws {
        let versions = [["DM.consentDate": "2026-01-01"], ["DM.consentDate": ""]]
        let answers = ["IE.consent": "Y", "IE.diagnosis": "Y"]
        let screening = try build.visit("SCR", answers, conflicts: ["DM.consentDate": versions])
        let visits = [screening] + (try build.dated("SV.date", ["BL": "2026-02-01"]))
        #expect(try build.found("BL", visits) == [])
    }
}
