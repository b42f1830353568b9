import Testing
import TrialModel

@Suite struct DosingReviewTests {
    let treated: Treated

    init() throws { treated = try Treated() }

    /// The review of prednisone from 2026-03-02 (60 mg, 55 from 2026-03-16).
    private func review(
        _ lines: [CaseLine], today: String = "2026-03-20", visits: [CaseVisit] = []
    ) throws -> DosingReview {
        let participant = try treated.participant([try treated.baseline()] + visits, lines: lines)
        let report = DosingReport(of: [participant], in: treated.study, today: try day(today))
        return try #require(report.reviews.first { $0.drug == "prednisone" })
    }

    /// `3:60/50` per day that differs, with `?` behind those that a reason explains.
    private func differences(_ review: DosingReview) -> String {
        review.differences.map {
            "\($0.day):\($0.planned)/\($0.taken.normalized)\($0.isExplained ? "?" : "")"
        }.joined(separator: " ")
    }

    @Test func `Lines that follow the plan differ on no day`() throws {
        let found = try review([
            try treated.line("prednisone", "60.0", "2026-03-02", "2026-03-15"),
            try treated.line("prednisone", "55", "2026-03-16"),
        ])
        #expect(found.differences.isEmpty && found.notRecorded.isEmpty && found.notJudged.isEmpty)
        #expect(found.reason == nil)
    }

    @Test func `A step that was not taken differs from its day on`() throws {
        let found = try review(
            [try treated.line("prednisone", "60", "2026-03-02")], today: "2026-03-18")
        #expect(differences(found) == "14:55/60 15:55/60 16:55/60")
        #expect(found.deviations.count == 3)
    }

    @Test(arguments: [
        ("planned", ""), ("", ""), ("troughAdjust", "?"), ("adverseEvent", "?"), ("other", "?"),
    ])
    func `Only a reason that explains makes a difference no deviation`(reason: String, mark: String) throws {
        let found = try review(
            [try treated.line("prednisone", "50", "2026-03-02", "2026-03-03", reason)], today: "2026-03-03")
        #expect(differences(found) == "0:60/50\(mark) 1:60/50\(mark)")
        #expect(found.deviations.count == (mark.isEmpty ? 2 : 0))
    }

    @Test(arguments: ["0", "60", "", "@unknown"])
    func `A missed dose counts as 0 beside the line that goes on, and is a deviation`(dose: String) throws {
        let found = try review([
            try treated.line("prednisone", "60", "2026-03-02", "2026-03-15"),
            try treated.line("prednisone", dose, "2026-03-05", "2026-03-05", "missed"),
            try treated.line("prednisone", "55", "2026-03-16"),
        ])
        #expect(differences(found) == "3:60/0")
    }

    @Test func `Which reasons explain is a parameter`() throws {
        let other = try Treated(
            (#""other"], "missed": ["missed"]"#, #""other", "missed"], "missed": []"#))
        let participant = try other.participant(
            [try other.baseline()],
            lines: [try other.line("prednisone", "0", "2026-03-05", "2026-03-05", "missed")])
        let report = DosingReport(of: [participant], in: other.study, today: try day("2026-03-20"))
        #expect(report.reviews.first?.differences.map(\.isExplained) == [true])
    }

    @Test func `Doses of one day add up`() throws {
        let found = try review(
            [
                try treated.line("prednisone", "30", "2026-03-02"),
                try treated.line("prednisone", "30", "2026-03-02", "2026-03-03"),
            ], today: "2026-03-04")
        #expect(differences(found) == "2:60/30")
    }

    @Test(arguments: ["troughAdjust", "planned"])
    func `Lines that overlap explain nothing, whatever their reasons`(reason: String) throws {
        let found = try review(
            [
                try treated.line("prednisone", "60", "2026-03-02", "2026-03-03"),
                try treated.line("prednisone", "50", "2026-03-03", "2026-03-04", "troughAdjust"),
                try treated.line("prednisone", "10", "2026-03-04", "2026-03-04", reason),
            ], today: "2026-03-04")
        #expect(differences(found) == "1:60/110")
        #expect(found.differences.map(\.isOverlap) == [true])
        #expect(found.rows.map(\.text).allSatisfy { $0.hasSuffix(#""explained":false,"overlap":true}"#) })
    }

    @Test func `After the stop any dose is a deviation`() throws {
        let found = try review(
            [try treated.line("prednisone", "2.5", "2026-11-08")], today: "2026-11-10")
        #expect(differences(found) == "252:0/2.5 253:0/2.5")
    }

    @Test func `Days that no line speaks of are not recorded, and no difference`() throws {
        let found = try review(
            [
                try treated.line("prednisone", "60", "2026-03-03", "2026-03-04"),
                try treated.line("prednisone", "60", "2026-03-08", "2026-03-09"),
            ], today: "2026-03-11")
        #expect(found.differences.isEmpty)
        #expect(found.notRecorded == [3...5, 8...9])
        #expect(try review([]).notRecorded.isEmpty)
    }

    @Test(arguments: [
        ("2026-03", "", [0...29], "30:50/60 31:50/60"), ("2026", "", [0...31], ""),
        ("2026-03-30", "2026-04", [30...31], "28:50/60 29:50/60"), ("2026-03-30", "2026", [28...31], ""),
        ("2026-03-30", "2026-03", [28...29], ""), ("2026-03-30", "@unknown", [29...31], "28:50/60"),
        ("@unknown", "2026-03-03", [0...1], ""), ("2026-03-30", "2026-03-30", [], "28:50/60"),
    ])
    func `The days that a partial date leaves open are not judged`(
        start: String, end: String, open: [ClosedRange<Int>], expected: String
    ) throws {
        // 50 mg is planned on days 28 to 41; 2026-03-30 is day 28, 2026-04-02 day 31.
        let found = try review([try treated.line("prednisone", "60", start, end)], today: "2026-04-02")
        #expect(differences(found) == expected)
        #expect(found.notJudged == open)
    }

    @Test func `A partial start that lies wholly before treatment leaves nothing open`() throws {
        let found = try review([try treated.line("prednisone", "60", "2026-02")], today: "2026-03-16")
        #expect(differences(found) == "14:55/60")
        #expect(found.notJudged.isEmpty)
    }

    @Test func `A line with a conflict leaves the days open that any version speaks of`() throws {
        let found = try review(
            [
                try treated.line(
                    "prednisone", "50", "", "2026-03-05",
                    conflicts: ["EX.start": ["2026-03-04", "2026-03-03"]]),
                try treated.line("prednisone", "10", "2026-03-02", "2026-03-06"),
            ], today: "2026-03-08")
        #expect(found.notJudged == [1...3])
        #expect(differences(found) == "0:60/10 4:60/10")
        let drug = try review(
            [
                try treated.line(
                    "", "50", "2026-03-03", "2026-03-03", conflicts: ["EX.drug": ["sirolimus", "prednisone"]])
            ])
        #expect(drug.notJudged == [1...1])
        let dose = try review([
            try treated.line(
                "prednisone", "", "2026-03-03", "2026-03-03", conflicts: ["EX.dose": ["50", "60"]])
        ])
        #expect(dose.notJudged == [1...1])
    }

    @Test(arguments: [("", "2026-03-03", "2026-03-04"), ("60", "2026-03-04", "2026-03-03")])
    func `A line without a dose, or that ends before it starts, leaves its days open`(
        dose: String, start: String, end: String
    ) throws {
        #expect(try review([try treated.line("prednisone", dose, start, end)]).notJudged == [1...2])
    }

    @Test func `Lines of another drug, without a drug and void lines say nothing`() throws {
        let found = try review([
            try treated.line("sirolimus", "9", "2026-03-02"), try treated.line("", "9", "2026-03-02"),
            try treated.line("prednisone", "9", "2026-03-02", isVoid: true),
        ])
        #expect(found.differences.isEmpty && found.notJudged.isEmpty && found.notRecorded.isEmpty)
    }

    @Test func `Days after the last day in the study are not judged`() throws {
        let end = try treated.visit("EOS", ["EOS.date": "2026-03-03"])
        let found = try review(
            [try treated.line("prednisone", "9", "2026-02-01")], today: "2026-03-20", visits: [end])
        #expect(differences(found) == "0:60/9 1:60/9")
    }

    @Test func `While the weight is in conflict nothing is judged, and the reason says so`() throws {
        let participant = try treated.participant(
            [try treated.baseline(conflicts: ["VS.weight": ["70", "80"]])],
            lines: [
                try treated.line("prednisone", "9", "2026-03-02"),
                try treated.line("sirolimus", "2", "2026-03-02"),
            ])
        let report = DosingReport(of: [participant], in: treated.study, today: try day("2026-03-05"))
        #expect(report.reviews.map(\.reason) == ["VS.weight at BL is in conflict", nil])
        #expect(
            report.json.text
                == #"[{"participant":"PKU-001","drug":"sirolimus","day":3,"planned":1,"taken":2,"#
                + #""explained":false}]"#)
    }

    @Test func `A log that goes on for ever has a bounded review`() throws {
        let participant = try treated.participant(
            [try treated.baseline("1900-01-01")], lines: [try treated.line("sirolimus", "2", "1900-01-01")])
        let report = DosingReport(of: [participant], in: treated.study, today: try day("2199-12-31"))
        #expect(report.reviews.last?.differences.last?.day == StudyEvent.dayLimit)
    }
}
