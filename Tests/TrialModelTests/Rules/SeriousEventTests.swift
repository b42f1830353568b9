import Testing
import TrialModel

@Suite("Serious adverse events") struct SeriousEventTests {
    let build: CaseBuilder

    init() throws { build = CaseBuilder(study: try StudyDefinition.shipped()) }

    private func event(
        _ typed: [String: String], conflicts: [String: [[String: String]]] = [:]
    ) throws -> SeriousEvent {
        let rule = try #require(build.study.ruleBook.seriousEvents)
        let line = try build.line("AE", typed, conflicts: conflicts)
        return SeriousEvent(
            line, of: "PKU-001", site: try #require(SiteCode("PKU")), by: rule,
            now: DeviceTime(milliseconds: 1_772_500_000_000, offsetMinutes: 480), receivedMilliseconds: nil)
    }

    @Test("While people do not agree what happened or when, both values are there")
    func conflict() throws {
        let event = try event(
            ["AE.serious": "Y"],
            conflicts: [
                "AE.term": [["AE.term": "pneumonia"], ["AE.term": "sepsis"]],
                "AE.start": [["AE.start": "2026-03-01"], ["AE.start": "2026-03-02"]],
            ])
        #expect(event.terms == [.text("pneumonia"), .text("sepsis")])
        #expect(event.onsets.count == 2 && event.hoursSinceOnset == nil)
        let json = event.json.text
        #expect(json.contains("sepsis") && json.contains("2026-03-01") && json.contains("2026-03-02"))
    }

    @Test("What all agree on is one value, and one that is not known is empty")
    func agreed() throws {
        let event = try event(["AE.serious": "Y", "AE.term": "pneumonia"])
        #expect(event.terms == [.text("pneumonia")] && event.onsets == [.empty])
        #expect(!event.json.text.contains("terms"))
    }
}
