import Testing
import TrialModel

/// Nothing may be tied to the study that ships: another one, with other names throughout, works the same.
@Suite struct ExampleStudyTests {
    let build: CaseBuilder

    init() throws { build = CaseBuilder(study: try ExampleStudy.load()) }

    private func enrolment(_ changes: [String: String] = [:]) throws -> CaseVisit {
        let answers = [
            "VIS.day": "2026-05-04", "PER.consented": "2026-05-01", "CRIT.adult": "Y",
            "CRIT.threeDrugs": "Y", "CRIT.addison": "N",
        ]
        return try build.visit("ENR", answers.merging(changes) { $1 })
    }

    @Test func `The example loads without a problem and shares no form or event with the shipped study`()
        throws
    {
        #expect(StudyDefinition.problems(in: try ExampleStudy.json()) == [])
        let shipped = try StudyDefinition.shipped()
        #expect(Set(build.study.events.map(\.oid)).isDisjoint(with: shipped.events.map(\.oid)))
        let own = Set(build.study.forms.flatMap(\.items).map(\.oid))
        #expect(own.isDisjoint(with: shipped.forms.flatMap(\.items).map(\.oid)))
        #expect(build.study.provenance == .toBeConfirmed)
    }

    @Test(arguments: [
        ("BP.systolic", "20 kPa", "150.0124"), ("LAB.potassium", "4.2 mEq/L", "4.2"),
        ("PER.height", "1.72 m", "172"),
    ])
    func `Its units are converted exactly`(oid: String, typed: String, number: String) throws {
        let value = try build.study.value(from: typed, for: try #require(build.study.item(oid)))
        let exact = try #require(ExactDecimal(number))
        #expect(value.agrees(with: .decimal(Quantity(exact, unit: build.study.item(oid)?.unit))))
    }

    @Test func `Its visits are judged by its own rules`() throws {
        let visits = [
            try enrolment(), try build.visit("RAND", ["VIS.day": "2026-05-05"]),
            try build.visit("CALL1", ["VIS.day": "2026-04-30"]),
            try build.visit("WK4", ["VIS.day": "2026-06-20", "LAB.potassium": "5.6"]),
            try build.visit("WK12", ["VIS.day": "2026-07-28", "LAB.potassium": "5.5"]),
        ]
        func found(_ name: String) throws -> [String] { try build.found(name, visits, dayZero: "2026-05-05") }
        #expect(try found("RAND") == [])
        #expect(
            try found("CALL1") == [
                "date-order VIS.day", "window VIS.day", "date-order PER.consented VIS.day",
            ])
        #expect(try found("WK4") == ["window VIS.day", "pk-window LAB.potassium"])
        #expect(try found("WK12") == [])
    }

    @Test func `Who has an exclusion criterion should not be randomised`() throws {
        let visits = [
            try enrolment(["CRIT.addison": "Y"]), try build.visit("RAND", ["VIS.day": "2026-05-05"]),
        ]
        #expect(try build.findings("RAND", visits).map(\.key) == ["eligibility:CRIT.addison"])
    }
}
