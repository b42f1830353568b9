import Testing
import TrialModel

@Suite struct ExposureOverlapTests {
    let treated: Treated

    init() throws { treated = try Treated() }

    /// The findings of an overlap: the line that they are on, and the lines that they name.
    private func overlaps(_ lines: [CaseLine]) throws -> [String] {
        let participant = try treated.participant([try treated.baseline()], lines: lines)
        return lines.flatMap { line in
            treated.study.findings(on: line, of: participant)
                .filter { $0.key == "date-order:overlap:prednisone" }
                .map { "\(line.line): \($0.message)" }
        }
    }

    private func line(_ name: String, _ dose: String, _ start: String, _ end: String = "") throws -> CaseLine
    {
        try treated.line("prednisone", dose, start, end, name: name)
    }

    @Test func `Two lines of one drug on one day are a finding on the one that begins later`() throws {
        let found = try overlaps([
            try line("EX-2", "50", "2026-03-10", "2026-03-20"), try line("EX-1", "45", "2026-03-02"),
        ])
        #expect(
            found == [
                "EX-2: EX-2 (50 mg/d, 2026-03-10 to 2026-03-20) overlaps EX-1 (45 mg/d, 2026-03-02 to now): "
                    + "two doses of prednisone on 2026-03-10 or later; a line should end before the next one "
                    + "starts"
            ])
    }

    @Test func `Lines that begin together are one finding`() throws {
        let lines = [try line("EX-1", "30", "2026-03-02"), try line("EX-2", "30", "2026-03-02")]
        #expect(try overlaps(lines).map { $0.prefix(5) } == ["EX-2:"])
        #expect(try overlaps(lines.reversed()).map { $0.prefix(5) } == ["EX-2:"])
    }

    @Test(arguments: [
        ("2026-03-02", "2026-03-09", 0), ("2026-03-02", "2026-03-10", 1), ("2026-03-02", "2026-03", 0),
        ("2026-03", "", 0), ("2026-02", "", 1), ("2026-03-21", "", 0), ("2026-03-20", "", 1),
    ])
    func `Only days that both certainly speak of overlap, both ends inside`(
        start: String, end: String, count: Int
    ) throws {
        let lines = [try line("EX-1", "45", start, end), try line("EX-2", "50", "2026-03-10", "2026-03-20")]
        #expect(try overlaps(lines).count == count)
    }

    @Test func `A missed dose, another drug and a void line overlap nothing`() throws {
        let others = [
            try treated.line("prednisone", "60", "2026-03-05", "2026-03-05", "missed", name: "EX-2"),
            try treated.line("prednisone", "0", "2026-03-05", "2026-03-05", "other", name: "EX-3"),
            try treated.line("sirolimus", "1", "2026-03-02", name: "EX-4"),
            try treated.line("prednisone", "50", "2026-03-02", name: "EX-5", isVoid: true),
            try treated.line(
                "prednisone", "", "2026-03-02", name: "EX-6", conflicts: ["EX.dose": ["50", "60"]]),
        ]
        #expect(try overlaps([try line("EX-1", "60", "2026-03-02")] + others).isEmpty)
    }

    @Test func `The finding stands until the lines do not overlap, or someone confirms just these`() throws {
        func finding(_ end: String) throws -> Finding? {
            let late = try line("EX-2", "30", "2026-03-10", end)
            let participant = try treated.participant(
                [try treated.baseline()], lines: [try line("EX-1", "30", "2026-03-02"), late])
            return treated.study.findings(on: late, of: participant).first { $0.check == .dateOrder }
        }
        let first = try #require(try finding("2026-03-11"))
        #expect(try finding("2026-03-11")?.confirmed(in: [first.confirmation]).confirmed == true)
        #expect(try finding("2026-03-12")?.confirmed(in: [first.confirmation]).confirmed == false)
    }
}
