import Testing
import TrialModel

@Suite struct ShippedStudyTests {
    let study: StudyDefinition

    init() throws { study = try StudyDefinition.shipped() }

    @Test func `The shipped study has no problem`() {
        #expect(StudyDefinition.problems(in: study.json).isEmpty)
        #expect(study.oid == "NCT05746689")
        #expect(study.version == 1)
        #expect(study.target == 20)
        #expect(study.title[.en] == "Study of Sirolimus in IgG4-related Disease")
        #expect(study.title[.zh].contains("西罗莫司"))
    }

    @Test(arguments: [
        ("SCR", "SV DM IE"), ("BL", "SV VS TX RI PGA LB PRED SRL OP"), ("D14", "SV VS PK PRED SRL"),
        ("W12", "SV VS RI PGA LB PK PRED SRL OP RL"), ("W48", "SV VS RI PGA LB PK PRED SRL OP RL"),
        ("UNS", "SV VS RI PGA LB PK PRED SRL RL"), ("EOS", "SV RI PGA PRED SRL RL EOS"),
    ])
    func `Every event has the forms of the protocol`(event: String, forms: String) throws {
        #expect(try #require(study.event(event)).formOIDs.joined(separator: " ") == forms)
    }

    @Test func `The events stand in the order of the protocol, and only UNS repeats`() {
        #expect(study.events.map(\.oid) == ["SCR", "BL", "D14", "W12", "W48", "UNS", "EOS"])
        #expect(study.events.filter(\.repeating).map(\.oid) == ["UNS"])
        #expect(study.event("UNS")?.repeatLimit == 9_999)
    }

    @Test(arguments: [("D14", 14, 11...17), ("W12", 84, 77...91), ("W48", 336, 322...350)])
    func `Windows are loaded and marked as to be confirmed`(oid: String, day: Int, days: ClosedRange<Int>)
        throws
    {
        let event = try #require(study.event(oid))
        #expect(event.day == day)
        #expect(event.days == days)
        #expect(event.provenance == .registry)
        #expect(event.window?.provenance == .toBeConfirmed)
    }

    @Test(arguments: [
        ("DM", "sex birthYear initials consentDate"), ("IE", "consent diagnosis"), ("SV", "date type"),
        ("VS", "weight"),
        ("TX", "prednisoneStart sirolimusStart"), ("PGA", "vas"),
        ("LB", "igg4 creatinine alt cholesterol date"),
        ("PK", "trough sampleTime lastDoseTime"), ("PRED", "dose since first"), ("SRL", "dose since"),
        ("OP", "calcium vitaminD bisphosphonate"), ("RL", "reinstituted kind date reason"),
        ("EX", "drug dose start end reason"),
        ("AE", "term grade start end serious criteria outcome action relatedGlucocorticoid relatedSirolimus"),
        ("CM", "name dose start end"), ("EOS", "date reason"),
    ])
    func `Every form has the items of the protocol`(form: String, items: String) throws {
        let expected = items.split(separator: " ").map { "\(form).\($0)" }
        #expect(try #require(study.form(form)).items.map(\.oid) == expected)
    }

    @Test func `The Responder Index has 25 domains, each with score, urgent and damage, in one register`()
        throws
    {
        let domains = """
            meninges pituitary orbit lacrimal parotid submandibular otherSalivary mastoid nasal sinus \
            otherENT thyroid lung lymphNodes aorta heart retroperitoneum mediastinum mesentery pancreas \
            bileDuct liver kidney skin constitutional
            """.split(separator: " ")
        let expected = domains.flatMap { ["RI.\($0)", "RI.\($0).urgent", "RI.\($0).damage"] }
        #expect(domains.count == 25)
        #expect(study.items(of: "RI").map(\.oid) == expected)
        #expect(study.form("RI")?.derived.map(\.oid) == ["RI.total"])
        #expect(study.rule("responderIndex")?.parameter("domains")?.value.texts == domains.map(String.init))
        #expect(study.item("RI.kidney")?.codeList?.codes.map(\.code) == ["0", "1", "2", "3"])
    }

    @Test(arguments: [
        ("PK.trough", "PK"), ("PRED.dose", "PRED"), ("PRED.since", "PRED"), ("PRED.first", "PRED.first"),
        ("SRL.dose", "SRL"),
        ("RI.orbit.urgent", "RI"), ("VS.weight", "VS.weight"), ("LB.igg4", "LB.igg4"),
    ])
    func `An item is merged with its atomic group or alone`(oid: String, register: String) throws {
        #expect(study.register(of: try #require(study.item(oid))) == register)
    }

    @Test func `The first dose prescribed is asked at baseline only`() {
        let asking = study.events.filter { event in
            study.items(at: event.oid).contains { $0.oid == "PRED.first" }
        }
        #expect(asking.map(\.oid) == ["BL"])
    }

    @Test func `Three forms are logs, and derived values are no items`() {
        #expect(study.forms.filter(\.isLog).map(\.oid) == ["EX", "AE", "CM"])
        #expect(study.item("RI.total") == nil)
        #expect(
            study.forms.flatMap(\.derived).map(\.oid) == [
                "IE.eligible", "RI.total", "PRED.planned", "SRL.planned",
            ])
    }

    @Test func `Rule parameters are kept exactly, with who says so`() throws {
        let taper = try #require(study.rule("prednisone"))
        #expect(taper.kind == .taperSchedule)
        #expect(taper.parameter("dosePerWeight")?.value.decimal == ExactDecimal("0.8"))
        #expect(taper.parameter("dosePerWeight")?.provenance == .registry)
        #expect(taper.parameter("lowerStep")?.value.decimal == ExactDecimal("2.5"))
        #expect(taper.parameter("roundFirstDoseTo")?.provenance == .toBeConfirmed)
        let trough = try #require(study.rule("sirolimusTrough"))
        #expect(trough.parameter("low")?.value.integer == 4)
        #expect(trough.parameter("high")?.value.integer == 15)
        #expect(
            study.rule("resolution")?.parameter("resolveBy")?.value.texts == ["coordinator", "investigator"])
    }

    @Test(arguments: [
        ("LB.igg4", "350 mg/dL", "3.5"), ("LB.creatinine", "1.1 mg/dL", "97.262"),
        ("LB.cholesterol", "200 mg/dL", "5.172"),
        ("VS.weight", "70500 g", "70.5"), ("PK.trough", "8.1 ng/mL", "8.1"), ("PGA.vas", "4.5 cm", "45"),
    ])
    func `Other units are converted exactly`(oid: String, typed: String, number: String) throws {
        let item = try #require(study.item(oid))
        let value = try study.value(from: typed, for: item)
        #expect(
            value == .decimal(Quantity(try #require(ExactDecimal(number)), unit: item.unit, entered: typed)))
        #expect(study.accepts(value, for: item) == nil)
    }
}
