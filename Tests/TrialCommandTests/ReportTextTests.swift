import Testing
import TrialModel
@testable import TrialCommand

@Suite("Reports as people read them") struct ReportTextTests {
    private let out = CommandOutput(isJSON: false)
    private let study: StudyDefinition

    init() throws { study = try StudyDefinition.shipped() }

    private func visit(_ event: String, _ typed: [String: String]) throws -> CaseVisit {
        var agreed: [String: Value] = [:]
        for (oid, text) in typed {
            agreed[oid] = try study.value(from: text, for: try #require(study.item(oid)))
        }
        return CaseVisit(event: event, values: RecordValues(agreed: agreed))
    }

    private func participant(_ visits: CaseVisit...) throws -> ParticipantCase {
        ParticipantCase(participant: "PKU-001", site: try #require(SiteCode("PKU")), visits: visits)
    }

    @Test("The schedule shows the first dose that was prescribed beside a plan that was corrected")
    func prescribedFirst() throws {
        func text(weight: String) throws -> String {
            let baseline = try visit(
                "BL", ["SV.date": "2026-03-02", "VS.weight": weight, "PRED.first": "40"])
            let today = try #require(CalendarDate("2026-03-02"))
            return Texts.schedule(
                ParticipantSchedule(of: try participant(baseline), in: study, today: today), out)
        }
        #expect(try text(weight: "62.5").contains("first dose prescribed: 40 mg/d; planned now: 50 mg/d"))
        #expect(try text(weight: "50").contains("first dose prescribed: 40 mg/d\n"))
    }

    @Test("A serious adverse event on whose term people do not agree is said with each of them")
    func seriousConflict() throws {
        let rule = try #require(study.ruleBook.seriousEvents)
        let versions = try ["pneumonia", "sepsis"].enumerated().map { index, term in
            let id = try #require(ChangeID(bytes: Array(repeating: UInt8(index), count: 16)))
            return Version(id: id, values: [ItemValue("AE.term", .text(term))])
        }
        let line = CaseLine(
            form: "AE", line: "AE-7f3a",
            values: RecordValues(agreed: ["AE.serious": .yesNo(true)], conflicts: ["AE.term": versions]))
        let event = SeriousEvent(
            line, of: "PKU-001", site: try #require(SiteCode("PKU")), by: rule,
            now: DeviceTime(milliseconds: 0, offsetMinutes: 0), receivedMilliseconds: nil)
        #expect(Texts.seriousEvent(event).contains("AE-7f3a pneumonia or sepsis, onset (empty)"))
    }

    @Test("The endpoints name who is missing in a mean")
    func missingInMean() throws {
        let cases = [try participant(try visit("BL", ["PGA.vas": "50"]))]
        let text = Texts.endpoints(study.endpointReport(over: cases, asOf: "now"), out)
        #expect(text.contains("pga: missing PKU-001"))
    }
}
