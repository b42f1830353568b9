import Testing
import TrialModel

@Suite struct FindingTests {
    let study: StudyDefinition

    init() throws { study = try SmallStudy.study() }

    /// Findings as `check items`, for the values as typed.
    private func findings(
        _ typed: [String: String], event: String? = nil, form: String? = nil, inConflict: Set<String> = []
    ) throws -> [String] {
        try found(typed, event: event, form: form, inConflict: inConflict).map {
            "\($0.check.rawValue) \($0.items.joined(separator: " "))"
        }
    }

    private func found(
        _ typed: [String: String], event: String? = nil, form: String? = nil, inConflict: Set<String> = []
    ) throws -> [Finding] {
        var values: [String: Value] = [:]
        for (oid, text) in typed {
            values[oid] = try study.value(from: text, for: try #require(study.item(oid)))
        }
        return study.findings(for: values, event: event, form: form, inConflict: inConflict)
    }

    @Test func `A required item that is empty is a minor finding`() throws {
        let all = try found([:], event: "BL")
        #expect(all.map(\.check) == [.required])
        #expect(all.first?.items == ["VS.weight"])
        #expect(all.first?.severity == .minor)
        #expect(try findings(["VS.weight": ""], event: "UNS") == ["required VS.weight"])
    }

    @Test(arguments: ["70", "@notDone"])
    func `An answer or a missing reason meets the requirement`(typed: String) throws {
        #expect(try findings(["VS.weight": typed], event: "BL") == [])
    }

    @Test func `A register in conflict is not called empty`() throws {
        #expect(try findings([:], event: "BL", inConflict: ["VS.weight"]) == [])
        #expect(try findings([:], event: "W2", inConflict: ["VS.weight", "PK"]) == [])
    }

    @Test
    func `Items that are required at one event are not missed at another, and a group makes one finding`()
        throws
    {
        #expect(try findings(["VS.weight": "70"], event: "BL") == [])
        #expect(try findings(["VS.weight": "70"], event: "W2") == ["required PK.dose PK.sample"])
        #expect(try findings([:], event: "W2", form: "VS") == ["required VS.weight"])
    }

    @Test func `An item that is required on condition is missed when the condition holds`() throws {
        #expect(try findings(["AE.serious": "Y"], form: "AE") == ["required AE.why"])
        #expect(try findings(["AE.serious": "N"], form: "AE") == [])
        #expect(try findings(["AE.serious": "Y", "AE.why": "fell"], form: "AE") == [])
    }

    @Test(arguments: [
        ("19.99", true), ("20", false), ("20.00", false), ("200", false), ("200.01", true),
        ("500000 g", true),
    ])
    func `A weight outside the plausible range is a finding`(typed: String, isFound: Bool) throws {
        #expect(try findings(["VS.weight": typed], event: "BL") == (isFound ? ["range VS.weight"] : []))
    }

    @Test func `A range message says what is plausible`() throws {
        let message = try #require(try found(["VS.weight": "500"], event: "BL").first?.message)
        #expect(message == "VS.weight (Weight) is 500 kg; plausible is 20 to 200 kg")
        #expect(try findings(["AE.count": "0"], form: "AE") == ["range AE.count"])
    }

    @Test(arguments: [
        ("2026-03-02", "2026-03-01", true), ("2026-03-02", "2026-03-02", false),
        ("2026-03-02", "2026-03-03", false),
        ("2026-03", "2026-03-01", false), ("2026-03", "2026-02", true), ("2026", "2025-12-31", true),
        ("2026-05", "2026", false),
        ("@unknown", "2026", false), ("", "2026", false),
    ])
    func `An end before the start is a finding, and a partial date proves only what it says`(
        start: String, end: String, isFound: Bool
    ) throws {
        let all = try found(["AE.start": start, "AE.end": end], form: "AE")
        #expect(all.map(\.check) == (isFound ? [.dateOrder] : []))
        #expect(all.first?.severity == (isFound ? .major : nil))
    }

    @Test(arguments: [
        ("2026-03-02T09:00+08:00", "2026-03-02T08:59+08:00", true),
        ("2026-03-02T09:00+08:00", "2026-03-02T01:00Z", true),
        ("2026-03-02T09:00+08:00", "2026-03-02T01:01Z", false),
    ])
    func `Moments are compared as moments, whatever their offset`(dose: String, sample: String, isFound: Bool)
        throws
    {
        let all = try findings(["VS.weight": "70", "PK.dose": dose, "PK.sample": sample], event: "W2")
        #expect(all == (isFound ? ["date-order PK.dose PK.sample"] : []))
    }

    @Test func `Values saved under another version of the study are judged by this one`() {
        let values: [String: Value] = [
            "VS.weight": .text("heavy"), "VS.sex": .code("X"), "GONE.item": .integer(1),
            "AE.grade": .integer(9),
        ]
        let all = study.findings(for: values, event: "BL", form: nil)
        #expect(all.map(\.check) == [.type, .codeList, .codeList])
        #expect(all.map(\.items) == [["VS.weight"], ["VS.sex"], ["AE.grade"]])
        #expect(all.allSatisfy { $0.severity == .major })
    }

    @Test func `An unknown event or form asks for nothing`() throws {
        #expect(try findings([:], event: "XX") == [])
        #expect(try findings([:], form: "XX") == [])
        #expect(try findings([:]) == [])
    }

    @Test func `A baseline of the shipped study with nothing in it asks once for the whole Responder Index`()
        throws
    {
        let shipped = try StudyDefinition.shipped()
        let all = shipped.findings(for: [:], event: "BL", form: nil)
        #expect(all.filter { $0.items.first?.hasPrefix("RI.") == true }.map(\.items.count) == [25])
        #expect(all.contains { $0.items == ["PRED.first"] })
        #expect(!shipped.findings(for: [:], event: "W12", form: nil).contains { $0.items == ["PRED.first"] })
    }

    @Test func `A last dose after the sample is a finding in the shipped study`() throws {
        let shipped = try StudyDefinition.shipped()
        var values: [String: Value] = [:]
        for (oid, text) in [
            "PK.trough": "8.1", "PK.sampleTime": "2026-03-02T09:00+08:00",
            "PK.lastDoseTime": "2026-03-02T09:30+08:00",
        ] { values[oid] = try shipped.value(from: text, for: try #require(shipped.item(oid))) }
        #expect(shipped.findings(for: values, event: "D14", form: "PK").map(\.check) == [.dateOrder])
    }
}
