import Testing
import TrialModel

@Suite(.tags(.unit)) struct InstrumentTotalTests {
    let study: StudyDefinition
    let rule: InstrumentTotalRule

    init() throws {
        study = try StudyDefinition.shipped()
        rule = try #require(study.ruleBook.totals.first)
    }

    /// All scores 0, but for these answers.
    private func answers(_ changes: [String: Value]) throws -> RecordValues {
        var agreed: [String: Value] = [:]
        for value in try WrittenCase.index(total: 0) { agreed[value.item] = value.value }
        return RecordValues(agreed: agreed.merging(changes) { $1 })
    }

    @Test func `The shipped rule is read`() {
        #expect(study.ruleBook.totals.map(\.oid) == ["responderIndex"])
        #expect(rule.total == "RI.total")
        #expect(rule.form == "RI")
        #expect(rule.domains.count == 25)
        #expect(rule.scale == [0, 1, 2, 3])
        #expect(rule.urgentFactor == 2)
        #expect(rule.unansweredUrgent == .no)
    }

    @Test(
        arguments: [
            ([:], 0),
            (["RI.kidney": .integer(2), "RI.orbit": .integer(1)], 3),
            (["RI.kidney": .integer(2), "RI.kidney.urgent": .yesNo(true), "RI.orbit": .integer(1)], 5),
            (["RI.kidney": .integer(2), "RI.kidney.urgent": .yesNo(false)], 2),
            (["RI.kidney": .integer(0), "RI.kidney.urgent": .yesNo(true)], 0),
            (["RI.kidney": .integer(2), "RI.kidney.urgent": .empty], 2),
            (["RI.kidney": .integer(2), "RI.kidney.urgent": .missing(.unknown)], 2),
            (
                ["RI.kidney": .integer(3), "RI.kidney.damage": .yesNo(true), "RI.skin.damage": .yesNo(true)],
                3
            ),
        ] as [([String: Value], Int)])
    func `Scores are summed, twice where urgent, and damage is not`(changes: [String: Value], total: Int)
        throws
    {
        #expect(rule.total(of: try answers(changes)) == .value(total))
    }

    @Test(
        arguments: [
            (["RI.kidney": .empty], ["kidney"]),
            (["RI.kidney": .missing(.notDone)], ["kidney"]),
            (
                ["RI.skin": .missing(.refused), "RI.orbit": .empty, "RI.lung": .integer(3)],
                ["orbit", "skin"]
            ),
            (["RI.kidney": .integer(4)], ["kidney"]),
            (["RI.kidney": .text("2")], ["kidney"]),
        ] as [([String: Value], [String])])
    func `An unanswered score makes the total missing, not smaller`(
        changes: [String: Value], domains: [String]
    ) throws {
        #expect(rule.total(of: try answers(changes)) == .missing(domains))
    }

    @Test func `Without any answer every domain is missing`() {
        #expect(rule.total(of: RecordValues()) == .missing(rule.domains.map(\.name)))
    }

    @Test func `A conflict shows the total of each version and decides for none`() throws {
        let versions = try [5, nil, 5].enumerated().map {
            Version(id: ChangeID(prefixOf: [UInt8($0)]), values: try WrittenCase.index(total: $1))
        }
        let total = rule.total(of: RecordValues(conflicts: ["RI": versions]))
        #expect(total == .unsettled([5, nil, 5]))
        #expect(total.known == nil)
        #expect(total.isUnsettled && !total.isMissing)
    }

    @Test func `An unanswered urgency may make the total missing, if the definition says so`() throws {
        let study = try AlteredStudy.with("responderIndex", "unansweredUrgent", #""totalMissing""#)
        let rule = try #require(study.ruleBook.totals.first)
        #expect(rule.total(of: try answers([:])) == .missing(rule.domains.map(\.name)))
    }

    @Test func `Factor and scale are those of the definition`() throws {
        let study = try AlteredStudy.with("responderIndex", "urgentFactor", "3")
        let urgent = try answers(["RI.kidney": .integer(2), "RI.kidney.urgent": .yesNo(true)])
        #expect(try #require(study.ruleBook.totals.first).total(of: urgent) == .value(6))
    }

    @Test func `Totals are the derived values of the visits that have the form`() throws {
        func totals(_ values: RecordValues, at event: String) -> [ItemValue] {
            let visit = CaseVisit(event: event, values: values)
            let participant = ParticipantCase(participant: "P", site: SiteCode("PKU")!, visits: [visit])
            return study.derived(on: visit, of: participant).filter { $0.item == "RI.total" }
                .map { ItemValue($0.item, $0.value) }
        }
        let values = try answers(["RI.kidney": .integer(2)])
        #expect(totals(values, at: "BL") == [ItemValue("RI.total", .integer(2))])
        #expect(totals(RecordValues(), at: "W12") == [ItemValue("RI.total", .empty)])
        #expect(totals(values, at: "D14") == [])
        #expect(totals(values, at: "none") == [])
    }
}
