import Testing
import TrialModel
@testable import TrialPages

@Suite("Pictures of one participant")
struct CasePicturesTests {
    private func visit(
        _ event: String, _ typed: [String: String], _ study: StudyDefinition
    ) throws -> CaseVisit {
        var values: [String: Value] = [:]
        for (oid, text) in typed {
            values[oid] = try study.value(from: text, for: try #require(study.item(oid)))
        }
        return CaseVisit(event: event, values: RecordValues(agreed: values))
    }

    private func pictures(
        _ visits: [CaseVisit], _ study: StudyDefinition
    ) throws -> (ParticipantSchedule, figures: [String]) {
        let record = ParticipantCase(
            participant: "PKU-001", site: try #require(SiteCode("PKU")), visits: visits)
        let today = try #require(CalendarDate("2026-03-20"))
        let schedule = ParticipantSchedule(of: record, in: study, today: today)
        return (schedule, CasePictures(of: record, schedule, in: study, words: Words(.en)).figures)
    }

    @Test("After its last day a planned dose is 0, and one without an end goes on beyond its last step")
    func doses() throws {
        let study = try StudyDefinition.shipped()
        let baseline = try visit("BL", ["SV.date": "2026-03-02", "VS.weight": "70"], study)
        let (schedule, figures) = try pictures([baseline], study)
        let plans = schedule.drugs.map { $0.segments.value ?? [] }
        #expect(plans.count == 2)
        for segments in plans {
            let last = try #require(segments.last)
            let figure = try #require(
                figures.first { $0.contains("<td>\(last.dose)\u{2009}mg/d</td>") && $0.contains("planned") })
            let line = try #require(figure.firstMatch(of: /class="line" d="([^"]+)"/)).output.1
            let moves = line.split { "MLH".contains($0) }.map { move in
                move.split(separator: " ").compactMap { Double($0) }
            }
            if let stop = last.toDay {
                #expect(figure.contains("<td>day \(stop + 1)</td><td>0\u{2009}mg/d</td>"))
                #expect(moves.last?.last == Self.bottom, "the line comes down to 0 on the day after the last")
            } else {
                let ends = moves.suffix(2).compactMap(\.first)
                #expect(ends.count == 2 && ends[1] > ends[0] + 100, "\(line)")
            }
        }
    }

    @Test("While people do not agree on the weight, each plan is named by its weight with the unit")
    func weights() throws {
        let study = try StudyDefinition.shipped()
        let weight = try #require(study.item("VS.weight"))
        let versions = try ["70", "72.5"].enumerated().map { number, text in
            Version(
                id: ChangeID(prefixOf: [UInt8(number)]),
                values: [ItemValue(weight.oid, try study.value(from: text, for: weight))])
        }
        let baseline = CaseVisit(
            event: "BL", values: RecordValues(conflicts: [weight.register: versions]))
        let (_, figures) = try pictures([baseline], study)
        let doses = try #require(figures.first { $0.contains("planned, 70") })
        for label in ["planned, 70\u{2009}kg", "planned, 72.5\u{2009}kg"] {
            #expect(doses.contains(">\(label)</text>"), "\(label)")
        }
    }

    @Test("Each domain says whether it is worse, better or the same since the first assessment")
    func trend() throws {
        let study = try StudyDefinition.shipped()
        let rule = try #require(study.ruleBook.totals.first)
        let visits = [
            try visit(
                "BL", ["RI.lung": "2", "RI.skin": "3", "RI.liver": "1", "RI.liver.urgent": "N"], study),
            try visit("W12", ["RI.lung": "3", "RI.skin": "1", "RI.liver": "1", "RI.kidney": "2"], study),
        ]
        let table = try #require(DomainTable(rule, visits, Words(.en)).figure)
        func row(_ domain: String) -> String {
            let label = rule.domains.first { $0.score.oid == "RI.\(domain)" }?.label(.en) ?? "?"
            return table.split(separator: "<tr>").first { $0.contains(">\(label)</th>") }.map(String.init)
                ?? ""
        }
        #expect(table.contains("Since BL"))
        #expect(row("lung").contains("<td>↑ worse</td>"))
        #expect(row("skin").contains("<td>↓ better</td>"))
        #expect(row("liver").contains("<td>= same</td>"))
        #expect(row("kidney").contains("<td>not known</td>"))
        let alone = try #require(DomainTable(rule, [visits[0]], Words(.en)).figure)
        #expect(!alone.contains("Since BL"))
    }

    @Test("A domain on which people do not agree has a cell for each version, and its words are escaped")
    func conflict() throws {
        let study = try StudyDefinition.shipped()
        let rule = try #require(study.ruleBook.totals.first)
        let score = try #require(rule.domains.first?.score)
        let versions = (1...2).map { number in
            Version(
                id: ChangeID(prefixOf: [UInt8(number)]),
                values: [ItemValue(score.oid, .integer(Int64(number)))])
        }
        let values = RecordValues(conflicts: [score.register: versions])
        let visit = CaseVisit(event: "BL", values: values)
        let table = try #require(DomainTable(rule, [visit], Words(.en)).figure)
        let both =
            "<td><span class=\"both\"><span class=\"text\">1</span><span class=\"text\">2</span></span>"
        #expect(table.contains(both), "\(table)")
        #expect(!table.contains(" | "))
    }

    @Test(
        "A total on which people do not agree is drawn once for each sum, and marked if there is one alone",
        arguments: [("RI.kidney.damage", ["2"]), ("RI.kidney.urgent", ["2", "4"])])
    func totals(differing: String, sums: [String]) throws {
        let study = try StudyDefinition.shipped()
        let rule = try #require(study.ruleBook.totals.first)
        let versions = [false, true].enumerated().map { number, answer in
            let scores = rule.domains.map { domain in
                ItemValue(domain.score.oid, .integer(domain.name == "kidney" ? 2 : 0))
            }
            return Version(
                id: ChangeID(prefixOf: [UInt8(number)]),
                values: scores + [ItemValue(differing, .yesNo(answer))])
        }
        let day = try #require(CalendarDate("2026-03-02"))
        let values = RecordValues(agreed: ["SV.date": .date(day)], conflicts: [rule.group: versions])
        let (_, figures) = try pictures([CaseVisit(event: "BL", values: values)], study)
        let title = try #require(study.derivedItem(rule.total)).label[.en]
        let figure = try #require(figures.first { $0.contains("<figcaption>\(title)</figcaption>") })
        #expect(figure.ranges(of: "<rect class=\"open\"").count == sums.count)
        for sum in sums {
            let cell = "<td>\(sum) · \(Words(.en)("inConflict"))</td>"
            #expect(figure.ranges(of: cell).count == 1, "\(figure)")
        }
    }

    @Test("A window of concentrations is told with its figures, from the study, and one point has a scale")
    func window() throws {
        let study = try StudyDefinition.shipped()
        let visits = [
            try visit("BL", ["SV.date": "2026-03-02", "PGA.vas": "41"], study),
            try visit("D14", ["SV.date": "2026-03-16", "PK.trough": "8.1"], study),
        ]
        let (_, figures) = try pictures(visits, study)
        let trough = try #require(figures.first { $0.contains("8.1\u{2009}µg/L") })
        let range = "4–15\u{2009}µg/L"
        #expect(trough.contains(">Window \(range)</text>"))
        #expect(trough.contains("<td>Window \(range)</td><td>–</td><td>\(range)</td>"))
        let activity = try #require(figures.first { $0.contains("41\u{2009}mm") })
        #expect(activity.contains(">100</text>"), "0 to 100, as the item has it")
        for event in ["BL", "W12", "W48"] { #expect(activity.contains(">\(event)</text>"), "\(event)") }
        #expect(activity.contains("<td>W12</td><td>day 77 – day 91</td>"))
    }

    /// Where 0 lies.
    private static let bottom = 196.0
}
