import Testing
import TrialModel

@Suite struct TakenDoseTests {
    private let treated: Treated

    init() throws { treated = try Treated() }

    /// `day:dose` of each prednisone dose taken, with `!` where people do not agree.
    private func taken(_ lines: [CaseLine], baseline: [CaseVisit]? = nil) throws -> String {
        let participant = try treated.participant(try baseline ?? [treated.baseline()], lines: lines)
        return treated.study.ruleBook.takenDoses(of: try treated.taper.drug, by: participant)
            .map { "\($0.day):\($0.dose.normalized)\($0.isInConflict ? "!" : "")" }.joined(separator: " ")
    }

    @Test func `Doses stand by their days, and those of other drugs and void lines are left out`() throws {
        let found = try taken([
            try treated.line("prednisone", "40", "2026-03-16", name: "EX-2"),
            try treated.line("prednisone", "45", "2026-03-02", "2026-03-15", name: "EX-1"),
            try treated.line("sirolimus", "2", "2026-03-02", name: "EX-3"),
            try treated.line("prednisone", "99", "2026-03-03", name: "EX-4", isVoid: true),
        ])
        #expect(found == "0:45 14:40")
    }

    @Test func `A missed dose is 0, whatever dose its line names`() throws {
        let line = try treated.line("prednisone", "45", "2026-03-05", "2026-03-05", "missed")
        #expect(try taken([line]) == "3:0")
    }

    @Test func `In conflict each dose stands, and is marked`() throws {
        let line = try treated.line(
            "prednisone", "", "2026-03-02", name: "EX-1", conflicts: ["EX.dose": ["45", "54"]])
        #expect(try taken([line]) == "0:45! 0:54!")
    }

    @Test func `A line without a dose or a date has no place, and none has without a first day`() throws {
        #expect(try taken([try treated.line("prednisone", "", "2026-03-02")]) == "")
        #expect(try taken([try treated.line("prednisone", "45", "")]) == "")
        #expect(try taken([try treated.line("prednisone", "45", "2026-03-02")], baseline: []) == "")
    }

    @Test func `A partial date stands at the earliest day that it may mean`() throws {
        #expect(try taken([try treated.line("prednisone", "45", "2026-04")]) == "30:45")
    }
}
