import Testing
import TrialModel

/// Window, therapeutic window and dose, on a participant who is otherwise in order.
@Suite struct VisitCheckTests {
    let build: CaseBuilder

    init() throws { build = CaseBuilder(study: try StudyDefinition.shipped()) }

    private func visits(_ name: String, _ typed: [String: String]) throws -> [CaseVisit] {
        let screening = [
            "SV.date": "2026-01-01", "DM.consentDate": "2026-01-01", "IE.consent": "Y", "IE.diagnosis": "Y",
        ]
        let dates = ["2026-01-01", "2026-01-02", "2026-01-03"]
        let earlier = try zip(["BL", "D14", "W12"], dates).map { try build.visit($0, ["SV.date": $1]) }
        return [try build.visit("SCR", screening)] + earlier.filter { $0.name != name }
            + [try build.visit(name, typed)]
    }

    // MARK: Window

    @Test(arguments: [
        ("D14", "2026-03-12", true), ("D14", "2026-03-13", false), ("D14", "2026-03-19", false),
        ("D14", "2026-03-20", true), ("W12", "2026-05-17", true), ("W12", "2026-05-18", false),
        ("W12", "2026-06-01", false), ("W12", "2026-06-02", true), ("W48", "2027-01-17", true),
        ("W48", "2027-01-18", false), ("W48", "2027-02-15", false), ("W48", "2027-02-16", true),
        ("UNS#1", "2026-03-30", false), ("EOS", "2028-03-30", false),
    ])
    func `A visit outside its window is a finding, both ends inside`(
        name: String, date: String, isFound: Bool
    ) throws {
        let found = try build.found(name, try visits(name, ["SV.date": date]), dayZero: "2026-03-02")
        #expect(found.filter { !$0.hasPrefix("sequence") } == (isFound ? ["window SV.date"] : []))
    }

    @Test func `The finding says on which day the visit was and which days the window has`() throws {
        let visits = try visits("D14", ["SV.date": "2026-03-20"])
        let finding = try #require(try build.findings("D14", visits, dayZero: "2026-03-02").first)
        #expect(
            finding.message
                == "D14: SV.date (Date of visit) is 2026-03-20, day 18 from 2026-03-02; the window is days "
                + "11 to 17, 2026-03-13 to 2026-03-19")
        #expect(finding.fingerprint == "SV.date=2026-03-20; day0=2026-03-02")
    }

    @Test func `Before there is a day 0, or with the date in conflict, no window is judged`() throws {
        let visits = try visits("D14", ["SV.date": "2026-03-20"])
        #expect(try build.found("D14", visits) == [])
        let versions = [["SV.date": "2026-06-20"], ["SV.date": "2026-06-21"]]
        let open = try build.visit("D14", [:], conflicts: ["SV.date": versions])
        #expect(try build.found("D14", [visits[0], visits[1], open], dayZero: "2026-03-02") == [])
    }

    // MARK: Therapeutic window

    @Test(arguments: [
        ("D14", "3.99", true), ("D14", "4", false), ("D14", "4.00", false), ("W12", "15", false),
        ("W12", "15.01", true), ("W48", "20 ng/mL", true), ("UNS#1", "20", true), ("D14", "@notDone", false),
    ])
    func `A trough concentration outside 4 to 15 is a finding, both ends inside`(
        name: String, trough: String, isFound: Bool
    ) throws {
        let found = try build.found(name, try visits(name, ["PK.trough": trough]))
        #expect(found.filter { $0.hasPrefix("pk-window") } == (isFound ? ["pk-window PK.trough"] : []))
    }

    @Test func `The finding on a trough says which side it is on, and weighs much`() throws {
        let visits = try visits("D14", ["PK.trough": "3.9"])
        let finding = try #require(try build.findings("D14", visits).first)
        #expect(finding.severity == .major)
        #expect(
            finding.message
                == "PK.trough (Trough concentration of sirolimus) is 3.9 ug/L at D14, below the window to be "
                + "kept: 4 to 15 ug/L, both ends inside")
    }

    @Test func `A trough in conflict is not called wrong, not even if every version is`() throws {
        let versions = [["PK.trough": "20"], ["PK.trough": "30"]]
        let open = try build.visit("D14", ["SV.date": "2026-01-02"], conflicts: ["PK": versions])
        let visits = try visits("BL", ["SV.date": "2026-01-01"]).filter { $0.name != "D14" } + [open]
        #expect(try build.found("D14", visits) == [])
    }

    // MARK: Dose

    private static let explained = [
        "EX.drug": "prednisone", "EX.dose": "40", "EX.start": "2026-01-01", "EX.reason": "adverseEvent",
    ]

    @Test(arguments: [
        ("55", "55", false), ("55.00", "55", false), ("40", "55", true), ("0", "2.5", true),
        ("@unknown", "55", false),
    ])
    func `A prescribed dose other than the planned one is a finding`(
        dose: String, planned: String, isFound: Bool
    ) throws {
        let visits = try visits("D14", ["SV.date": "2026-01-15", "PRED.dose": dose])
        let findings = try build.findings("D14", visits, planned: ["PRED.planned": planned])
        #expect(findings.map(\.key) == (isFound ? ["dose-deviation:PRED.dose"] : []))
        #expect(try build.found("D14", visits) == [], "without a plan nothing is said")
    }

    @Test(arguments: [
        ([:], true), (["EX.reason": "planned"], false), (["EX.reason": "missed"], false),
        (["EX.drug": "sirolimus"], false), (["EX.dose": "45"], false), (["EX.dose": "40.0"], true),
        (["EX.start": "2026-01-16"], false), (["EX.start": "2026-01"], true), (["EX.start": ""], true),
        (["EX.end": "2026-01-14"], false), (["EX.end": "2026-01-15"], true), (["EX.end": "2026"], true),
    ])
    func `A line of the exposure log with a reason explains a dose on the days it covers`(
        changes: [String: String], isExplained: Bool
    ) throws {
        let visits = try visits("D14", ["SV.date": "2026-01-15", "PRED.dose": "40"])
        let line = try build.line("EX", Self.explained.merging(changes) { $1 })
        let found = try build.found("D14", visits, [line], planned: ["PRED.planned": "55"])
        #expect(found == (isExplained ? [] : ["dose-deviation PRED.dose"]))
    }

    @Test func `A void line explains nothing, and one in conflict is read in favour`() throws {
        let visits = try visits("D14", ["SV.date": "2026-01-15", "PRED.dose": "40"])
        let void = try build.line("EX", Self.explained, isVoid: true)
        let versions = [["EX.reason": "missed"], ["EX.reason": "other"]]
        let open = try build.line(
            "EX", Self.explained.filter { $0.key != "EX.reason" }, conflicts: ["EX.reason": versions])
        let plan = ["PRED.planned": "55"]
        #expect(try build.found("D14", visits, [void], planned: plan) == ["dose-deviation PRED.dose"])
        #expect(try build.found("D14", visits, [open], planned: plan) == [])
    }

    @Test func `The finding on a dose names the plan, and both drugs are judged in order`() throws {
        let visits = try visits("D14", ["PRED.dose": "40", "SRL.dose": "2"])
        let plan = ["SRL.planned": "1", "PRED.planned": "55"]
        let findings = try build.findings("D14", visits, planned: plan)
        #expect(findings.map(\.key) == ["dose-deviation:PRED.dose", "dose-deviation:SRL.dose"])
        #expect(
            findings.first?.message
                == "PRED.dose (Prednisone acetate dose as prescribed) is 40 mg/d at D14; planned is 55 mg/d, "
                + "and no line of EX gives a reason for the dose")
        #expect(findings.first?.fingerprint == "PRED.dose=40 mg/d; planned=55")
    }

    @Test func `Findings of the record come before those across records, always in one order`() throws {
        let typed = ["SV.date": "2026-04-01", "VS.weight": "500", "PK.trough": "1", "PRED.dose": "40"]
        let visits = try visits("D14", typed)
        let findings = try build.findings(
            "D14", visits, dayZero: "2026-01-01", planned: ["PRED.planned": "55"])
        #expect(findings.map(\.check) == [.range, .window, .doseDeviation, .pkWindow])
    }
}
