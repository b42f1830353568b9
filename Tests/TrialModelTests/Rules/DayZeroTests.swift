import Testing
import TrialModel

@Suite struct DayZeroTests {
    let treated: Treated

    init() throws { treated = try Treated() }

    private func dayZero(_ visit: CaseVisit) throws -> Settled<CalendarDate> {
        try treated.dayZero.dayZero(of: try treated.participant([visit]))
    }

    @Test(arguments: [
        ("2026-03-05", "2026-03-04", "2026-03-04"), ("2026-03-04", "2026-03-05", "2026-03-04"),
        ("2026-03-05", "", "2026-03-05"), ("", "2026-03-06", "2026-03-06"), ("", "", "2026-03-02"),
        ("@unknown", "@notDone", "2026-03-02"), ("2026-03-01", "2027-01-01", "2026-03-01"),
    ])
    func `Visits count from the earlier start, and from the date of BL while there is none`(
        prednisone: String, sirolimus: String, expected: String
    ) throws {
        let visit = try treated.baseline(
            "2026-03-02", ["TX.prednisoneStart": prednisone, "TX.sirolimusStart": sirolimus])
        #expect(try dayZero(visit) == .known(try day(expected)))
    }

    @Test func `The latest start counts if the study says so`() throws {
        let other = try Treated((#""earliest""#, #""latest""#))
        let visit = try other.baseline(
            "2026-03-02", ["TX.prednisoneStart": "2026-03-05", "TX.sirolimusStart": "2026-03-04"])
        #expect(
            try other.dayZero.dayZero(of: try other.participant([visit])).value == (try day("2026-03-05")))
    }

    @Test func `Each drug counts from its own start, else from day 0`() throws {
        let visit = try treated.baseline("2026-03-02", ["TX.sirolimusStart": "2026-03-09"])
        let participant = try treated.participant([visit])
        let starts = try treated.study.ruleBook.drugRules.map {
            try treated.dayZero.dayZero(of: $0.drug, for: participant).value
        }
        #expect(starts == [try day("2026-03-09"), try day("2026-03-09")])
        let both = try treated.participant([
            try treated.baseline(
                "2026-03-02", ["TX.prednisoneStart": "2026-03-03", "TX.sirolimusStart": "2026-03-09"])
        ])
        let own = try treated.study.ruleBook.drugRules.map {
            try treated.dayZero.dayZero(of: $0.drug, for: both).value
        }
        #expect(own == [try day("2026-03-03"), try day("2026-03-09")])
    }

    @Test(arguments: ["TX.prednisoneStart", "TX.sirolimusStart", "SV.date"])
    func `While a date that counts is in conflict there is no day 0, and the reason names it`(item: String)
        throws
    {
        let visit = try treated.baseline(conflicts: [item: ["2026-03-03", "2026-03-04"]])
        let found = try dayZero(visit)
        #expect(found.value == nil)
        #expect(found.reason == "\(item) at BL is in conflict")
    }

    @Test func `A conflict on the date of BL does not matter once treatment has started`() throws {
        let visit = try treated.baseline(
            "", ["TX.prednisoneStart": "2026-03-05"], conflicts: ["SV.date": ["2026-03-03", "2026-03-04"]])
        #expect(try dayZero(visit) == .known(try day("2026-03-05")))
    }

    @Test func `A drug that has its own start is not held up by a conflict on the other`() throws {
        let visit = try treated.baseline(
            "2026-03-02", ["TX.prednisoneStart": "2026-03-05"],
            conflicts: ["TX.sirolimusStart": ["2026-03-03", "2026-03-04"]])
        let participant = try treated.participant([visit])
        let rules = treated.study.ruleBook.drugRules
        #expect(
            try treated.dayZero.dayZero(of: rules[0].drug, for: participant).value == (try day("2026-03-05")))
        #expect(try treated.dayZero.dayZero(of: rules[1].drug, for: participant).value == nil)
    }

    @Test func `Without BL, or with a void one, there is no day 0`() throws {
        let none = try treated.dayZero.dayZero(of: try treated.participant([]))
        #expect(none.reason == "there is no first day of treatment and no SV.date at BL")
        let void = try treated.visit("BL", ["SV.date": "2026-03-02"], isVoid: true)
        #expect(try dayZero(void).value == nil)
    }

    @Test(arguments: [
        ("2026-03-02", 1), ("2026-03-03", 2), ("2026-03-01", -1), ("2026-02-28", -2), ("2027-03-02", 366),
    ])
    func `The study day of CDISC has no day 0`(date: String, expected: Int) throws {
        #expect(
            DayZeroRule.studyDay(of: try day(date), dayZero: try day("2026-03-02")) == expected)
        #expect(DayZeroRule.studyDay(of: try day("2026-03"), dayZero: try day("2026-03-02")) == nil)
    }
}
