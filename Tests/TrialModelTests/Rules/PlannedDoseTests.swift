import Testing
import TrialModel

@Suite struct PlannedDoseTests {
    let treated: Treated

    init() throws { treated = try Treated() }

    private func doses(_ visit: CaseVisit, baseline: CaseVisit) throws -> [String] {
        let participant = try treated.participant([baseline, visit])
        return treated.study.ruleBook.plannedDoses(at: visit, of: participant).map {
            "\($0.item) \($0.json.text)"
        }
    }

    @Test(arguments: [
        ("2026-03-02", "60", "2"), ("2026-03-04", "60", "2"), ("2026-03-05", "60", "1"),
        ("2026-03-15", "60", "1"), ("2026-03-16", "55", "1"), ("2026-11-08", "2.5", "1"),
        ("2026-11-09", "0", "1"), ("2026-03-01", "null", "null"),
    ])
    func `A visit shows the planned doses of its date, and 0 after the stop`(
        date: String, prednisone: String, sirolimus: String
    ) throws {
        let visit = try treated.visit("UNS", ["SV.date": date], occurrence: 1)
        #expect(
            try doses(visit, baseline: try treated.baseline())
                == ["PRED.planned \(prednisone)", "SRL.planned \(sirolimus)"])
    }

    @Test func `Baseline before the first day shows the first dose, another visit none`() throws {
        let baseline = try treated.baseline("2026-03-02", ["TX.prednisoneStart": "2026-03-05"])
        #expect(try doses(baseline, baseline: baseline) == ["PRED.planned 60", "SRL.planned 2"])
        let other = try treated.visit("UNS", ["SV.date": "2026-03-03"], occurrence: 1)
        #expect(try doses(other, baseline: baseline) == ["PRED.planned null", "SRL.planned null"])
    }

    @Test func `Each drug counts from its own first day`() throws {
        let baseline = try treated.baseline(
            "2026-03-02", ["TX.prednisoneStart": "2026-03-02", "TX.sirolimusStart": "2026-03-15"])
        let visit = try treated.visit("D14", ["SV.date": "2026-03-16"])
        #expect(try doses(visit, baseline: baseline) == ["PRED.planned 55", "SRL.planned 2"])
    }

    @Test(arguments: [
        ("prednisone", "2026-03-02", "60"), ("prednisone", "2026-03-16", "55"),
        ("sirolimus", "2026-03-02", "2"), ("sirolimus", "2026-03-05", "1"),
        ("prednisone", "2026-03-01", "null"), ("prednisone", "2026-03", "null"),
    ])
    func `A line of the exposure log has the planned dose of its drug on its first day`(
        drug: String, start: String, dose: String
    ) throws {
        let line = try treated.line(drug, "1", start)
        let participant = try treated.participant([try treated.baseline()], lines: [line])
        let planned = treated.study.ruleBook.plannedDose(on: line, of: participant)
        #expect(planned?.item == "EX.dose" && planned?.json.text == dose)
        let reason = start == "2026-03" ? "the date is not given in full" : nil
        #expect(planned?.dose.reason == reason)
    }

    @Test func `A line without a drug, or of another log, has none`() throws {
        let participant = try treated.participant([try treated.baseline()])
        let nameless = try treated.line("", "1", "2026-03-02")
        #expect(treated.study.ruleBook.plannedDose(on: nameless, of: participant) == nil)
        let other = CaseLine(form: "AE", line: "AE-1", values: nameless.values)
        #expect(treated.study.ruleBook.plannedDose(on: other, of: participant) == nil)
    }

    @Test func `Without a date, a first day or a weight that is agreed there is a reason`() throws {
        let dateless = try treated.visit("D14", ["VS.weight": "70"])
        let participant = try treated.participant([
            try treated.baseline(conflicts: ["VS.weight": ["70", "71"]]), dateless,
        ])
        let found = treated.study.ruleBook.plannedDoses(at: dateless, of: participant)
        #expect(
            found.map(\.dose.reason) == [
                "VS.weight at BL is in conflict", "the date is not given in full",
            ])
        let early = try treated.participant([try treated.baseline("")])
        let none = treated.study.ruleBook.plannedDoses(on: try day("2026-03-02"), of: early)
        #expect(none.allSatisfy { $0.dose.value == nil && $0.dose.reason?.contains("SV.date at BL") == true })
        #expect(none.map(\.unit) == ["mg/d", "mg/d"])
    }
}
