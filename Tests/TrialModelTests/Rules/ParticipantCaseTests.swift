import Testing
import TrialModel

@Suite struct ParticipantCaseTests {
    let build: CaseBuilder

    init() throws { build = CaseBuilder(study: try StudyDefinition.shipped()) }

    @Test func `A visit as it would stand takes the place of the one of its name; a new one comes last`()
        throws
    {
        let before = try build.participant(
            try build.dated("SV.date", ["SCR": "2026-01-01", "BL": "2026-02-01"]))
        let after = before.with(try build.visit("SCR", ["SV.date": "2026-01-02"]))
        #expect(after.visits.map(\.name) == ["SCR", "BL"])
        let date = Value.date(try build.date("2026-01-02"))
        #expect(after.visit("SCR")?.values.value(of: "SV.date") == date)
        #expect(after.visit("BL")?.values == before.visit("BL")?.values)
        #expect(after.with(try build.visit("UNS#1", [:])).visits.map(\.name) == ["SCR", "BL", "UNS#1"])
    }

    @Test func `Of versions that differ in another item of their register each value counts once`() throws {
        let (lung, skin) = (
            try #require(build.study.item("RI.lung")), try #require(build.study.item("RI.skin"))
        )
        #expect(lung.register == skin.register)
        let versions = [
            ["RI.lung": "2", "RI.skin": "1"], ["RI.lung": "2", "RI.skin": "3"],
            ["RI.lung": "1", "RI.skin": "3"],
        ]
        let values = try build.visit("BL", [:], conflicts: [lung.register: versions]).values
        #expect(values.candidates(of: lung) == [.integer(2), .integer(1)])
        #expect(values.candidates(of: skin) == [.integer(1), .integer(3)])
        let agreed = try build.visit("BL", ["RI.lung": "2"]).values
        #expect(agreed.candidates(of: lung) == [.integer(2)] && agreed.candidates(of: skin) == [.empty])
    }

    @Test func `A line as it would stand takes the place of the one of its name; a new one comes last`()
        throws
    {
        let before = try build.participant([], [try build.line("AE", ["AE.term": "headache"])])
        let after = before.with(try build.line("AE", ["AE.term": "rash"]))
        #expect(after.lines.map { $0.values.value(of: "AE.term") } == [.text("rash")])
        let more = after.with(CaseLine(form: "AE", line: "new", values: RecordValues()))
        #expect(more.lines.map(\.line) == ["7f3a", "new"])
    }

    @Test func `Rules that ask for the visits of an event are handed those at hand, not a list made anew`()
        throws
    {
        let visits = try (1...20).map { try build.visit("UNS#\($0)", ["VS.weight": "70"]) }
        let participant = try build.participant(visits)
        let (first, second) = (participant.visits(at: "UNS"), participant.visits(at: "UNS"))
        #expect(first.count == visits.count)
        // Each rule asks once for each visit: a list made for each of them grew with the square of the
        // repeats. Both lists are alive here, so one that was made anew would stand elsewhere.
        let isOne = first.withUnsafeBufferPointer { one in
            second.withUnsafeBufferPointer { other in one.baseAddress == other.baseAddress }
        }
        #expect(isOne)
    }
}
