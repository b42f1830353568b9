import Testing
import TrialModel

@Suite struct SequenceCheckTests {
    let build: CaseBuilder

    init() throws { build = CaseBuilder(study: try StudyDefinition.shipped()) }

    /// Screening with all that eligibility asks for.
    private func screening(_ typed: [String: String] = ["SV.date": "2026-01-02"]) throws -> CaseVisit {
        let answers = ["DM.consentDate": "2026-01-01", "IE.consent": "Y", "IE.diagnosis": "Y"]
        return try build.visit("SCR", answers.merging(typed) { $1 })
    }

    @Test func `A visit without those before it is one finding that names them all`() throws {
        let visits = [try screening()] + (try build.dated("SV.date", ["W48": "2026-12-01"]))
        let findings = try build.findings("W48", visits)
        #expect(findings.map(\.check) == [.sequence])
        #expect(
            findings.first?.message
                == "W48 (2026-12-01) is on record, but nothing is for BL, D14 and W12, which come before it "
                + "in the study")
        #expect(findings.first?.key == "sequence:SV.date")
        #expect(findings.first?.fingerprint == "missing=BL,D14,W12")
        #expect(findings.first?.severity == .minor)
    }

    @Test func `Visits in order are no finding, on the same day either`() throws {
        let visits =
            [try screening()]
            + (try build.dated("SV.date", ["BL": "2026-01-02", "D14": "2026-01-16", "W12": "2026-03-27"]))
        for name in ["SCR", "BL", "D14", "W12"] { #expect(try build.found(name, visits) == [], "\(name)") }
    }

    @Test func `A date before that of an earlier visit is a finding that names both`() throws {
        let visits =
            [try screening()]
            + (try build.dated("SV.date", ["BL": "2026-02-02", "D14": "2026-02-16", "W12": "2026-02-10"]))
        #expect(try build.found("D14", visits) == [])
        let findings = try build.findings("W12", visits)
        #expect(findings.map(\.check) == [.dateOrder])
        #expect(
            findings.first?.message
                == "W12: SV.date (Date of visit) is 2026-02-10, before the date of D14 (2026-02-16), which "
                + "comes first in the study")
        #expect(findings.first?.fingerprint == "SV.date=2026-02-10; D14=2026-02-16")
    }

    @Test func `A void or emptied earlier visit is missing, one in conflict is not`() throws {
        let later = try build.visit("D14", ["SV.date": "2026-02-16"])
        let void = try build.visit("BL", ["SV.date": "2026-02-02"], isVoid: true)
        let emptied = try build.visit("BL", ["SV.date": ""])
        let versions = [["SV.date": "2026-03-02"], ["SV.date": "2026-03-03"]]
        let open = try build.visit("BL", [:], conflicts: ["SV.date": versions])
        #expect(try build.found("D14", [try screening(), void, later]) == ["sequence SV.date"])
        #expect(try build.found("D14", [try screening(), emptied, later]) == ["sequence SV.date"])
        #expect(try build.found("D14", [try screening(), open, later]) == [])
    }

    @Test func `An unscheduled visit has no place in the order`() throws {
        let dated = try build.dated("SV.date", ["UNS#1": "2026-02-01", "BL": "2026-03-01"])
        let visits = [try screening()] + dated
        #expect(try build.found("UNS#1", visits) == [])
        #expect(try build.found("BL", visits) == [])
    }

    @Test func `Nothing is found on a void visit`() throws {
        let visit = try build.visit("W48", ["SV.date": "2026-12-01"], isVoid: true)
        #expect(try build.found("W48", [visit]) == [])
    }

    // MARK: Before the consent

    @Test(arguments: [
        ("SCR", "2025-12-31", true), ("SCR", "2026-01-01", false), ("UNS#1", "2025-12-31", true),
        ("UNS#1", "2026-01-02", false),
    ])
    func `A visit before the consent is a major finding, whatever record it is in`(
        name: String, date: String, isFound: Bool
    ) throws {
        let own = ["SV.date": date]
        let visits = name == "SCR" ? [try screening(own)] : [try screening(), try build.visit(name, own)]
        let findings = try build.findings(name, visits)
        #expect(findings.map(\.items) == (isFound ? [["DM.consentDate", "SV.date"]] : []))
        #expect(findings.allSatisfy { $0.check == .dateOrder && $0.severity == .major })
        #expect(findings.allSatisfy { $0.message.contains("at SCR, 2026-01-01") })
    }

    @Test func `A date of consent in conflict calls no visit wrong`() throws {
        let versions = [["DM.consentDate": "2026-02-01"], ["DM.consentDate": "2026-03-01"]]
        let screening = try build.visit(
            "SCR", ["IE.consent": "Y", "IE.diagnosis": "Y"], conflicts: ["DM.consentDate": versions])
        let visits = [screening, try build.visit("UNS#1", ["SV.date": "2026-01-01"])]
        #expect(try build.found("UNS#1", visits) == [])
    }

    @Test(arguments: [
        ("AE", "2025-12-31", true), ("AE", "2025-12", true), ("AE", "2026", false), ("AE", "2026-01", false),
        ("EX", "2025-12-31", true), ("EX", "2026-01-01", false), ("CM", "2020", false),
    ])
    func `A log line that starts before the consent is a finding, but not a medication`(
        form: String, start: String, isFound: Bool
    ) throws {
        let line = try build.line(form, ["\(form).start": start])
        let participant = try build.participant([try screening()], [line])
        let findings = build.study.findings(on: line, of: participant).filter { $0.check != .required }
        #expect(findings.map(\.key) == (isFound ? ["date-order:DM.consentDate+\(form).start"] : []))
    }

    @Test func `A line is judged by its own record too`() throws {
        let line = try build.line("AE", ["AE.start": "2026-03-02", "AE.end": "2026-03-01", "AE.grade": "2"])
        let findings = build.study.findings(on: line, of: try build.participant([], [line]))
        #expect(findings.map(\.check) == [.required, .required, .required, .required, .dateOrder])
        #expect(findings.last?.key == "date-order:AE.start+AE.end")
        let void = try build.line("AE", ["AE.start": "2026-03-02"], isVoid: true)
        #expect(build.study.findings(on: void, of: try build.participant([], [void])) == [])
    }
}
