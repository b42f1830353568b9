import Testing
import TrialModel

@Suite struct ConfirmationTests {
    let study: StudyDefinition

    init() throws { study = try SmallStudy.study() }

    private func finding(weight: String) throws -> Finding {
        let value = try study.value(from: weight, for: try #require(study.item("VS.weight")))
        return try #require(study.findings(for: ["VS.weight": value], event: "BL", form: nil).first)
    }

    @Test func `A confirmation counts for the value that was confirmed`() throws {
        let finding = try finding(weight: "500")
        #expect(finding.key == "range:VS.weight")
        #expect(finding.fingerprint == "VS.weight=500 kg")
        #expect(!finding.confirmed)
        #expect(finding.confirmed(in: [finding.confirmation]).confirmed)
    }

    @Test(arguments: [("500.0", true), ("500000 g", true), ("501", false), ("5", false)])
    func `It counts for a value that agrees, and no longer once the value changed`(
        weight: String, counts: Bool
    ) throws {
        let confirmation = try finding(weight: "500").confirmation
        #expect(try finding(weight: weight).confirmed(in: [confirmation]).confirmed == counts)
    }

    @Test func `Moments are confirmed as moments, whatever their offset`() throws {
        func finding(_ dose: String, _ sample: String) throws -> Finding {
            var values: [String: Value] = [:]
            for (oid, text) in ["VS.weight": "70", "PK.dose": dose, "PK.sample": sample] {
                values[oid] = try study.value(from: text, for: try #require(study.item(oid)))
            }
            return try #require(study.findings(for: values, event: "W2", form: nil).first)
        }
        let first = try finding("2026-03-02T09:00+08:00", "2026-03-02T08:00+08:00")
        let same = try finding("2026-03-02T01:00Z", "2026-03-02T00:00Z")
        #expect(first.key == "date-order:PK.dose+PK.sample")
        #expect(first.confirmation == same.confirmation)
    }

    @Test(arguments: [
        ("range", true), ("range:VS.weight", true), ("range:VS", false), ("window", false),
        ("range:AE.count", false), ("", false),
    ])
    func `A person names a finding by its check, or by check and item`(typed: String, isMeant: Bool) throws {
        #expect(try finding(weight: "500").isMeant(by: typed) == isMeant)
    }

    @Test func `A finding on an atomic group goes by the group, and each of its items names it`() throws {
        let shipped = try StudyDefinition.shipped()
        let finding = try #require(
            shipped.findings(for: [:], event: "BL", form: "RI").first { $0.check == .required })
        #expect(finding.key == "required:RI")
        #expect(finding.isMeant(by: "required:RI.kidney"))
        #expect(finding.fingerprint.utf8.count <= Finding.fingerprintLimitBytes)
        #expect(finding.fingerprint.hasPrefix("sha256:"))
    }

    @Test func `JSON has the reason, and says what is confirmed and since when only if it is known`() throws {
        var finding = try finding(weight: "500")
        let start =
            #"{"check":"range","items":["VS.weight"],"message":"VS.weight (Weight) is 500 kg; plausible is "#
            + #"20 to 200 kg","why":""# + CheckID.range.why + #"","severity":"minor","key":"range:VS.weight""#
        #expect(finding.json.text == start + "}")
        finding.confirmed = true
        finding.since = "2026-03-02T09:12:00+08:00"
        #expect(
            finding.json.text == start + #","since":"2026-03-02T09:12:00+08:00","confirmed":true}"#)
    }

    @Test(arguments: CheckID.allCases)
    func `Every check says in one sentence why anyone should look`(check: CheckID) {
        #expect(check.why.hasSuffix("."))
        #expect(check.why.split(separator: ".").count == 1)
    }
}
