import Testing
import TrialModel

@Suite struct NotInFutureCheckTests {
    let study: StudyDefinition

    init() throws { study = try StudyDefinition.shipped() }

    /// 2026-03-02, ten past eight in the evening UTC; a day later at +08:00.
    private static let evening: Int64 = 1_772_482_200_000

    private func found(_ oid: String, _ typed: String, offset: Int = 0, form: String? = nil) throws
        -> [Finding]
    {
        let item = try #require(study.item(oid))
        let entered = DeviceTime(milliseconds: Self.evening, offsetMinutes: offset)
        return study.findings(
            for: [oid: try study.value(from: typed, for: item)], event: form == nil ? "BL" : nil, form: form,
            entered: [oid: entered]
        ).filter { $0.check == .dateOrder }
    }

    @Test func `A date later than the day of its entry is found, on the device's calendar`() throws {
        #expect(try found("SV.date", "2026-03-02").isEmpty)
        let finding = try #require(try found("SV.date", "2026-03-03").first)
        #expect(finding.key == "date-order:SV.date+entry" && finding.items == ["SV.date"])
        #expect(
            finding.message
                == "SV.date (Date of visit) is 2026-03-03, in the future of the day of entry, 2026-03-02")
        #expect(finding.fingerprint == "SV.date=2026-03-03; entry=2026-03-02")
        #expect(try found("SV.date", "2026-03-03", offset: 480).isEmpty)
        #expect(try found("SV.date", "2026-03-04", offset: 480).count == 1)
        #expect(try found("DM.consentDate", "2027-03-02").first?.severity == .major)
    }

    @Test func `A partial date is found only if no day of it can have come`() throws {
        #expect(try found("AE.start", "2026-03", form: "AE").isEmpty)
        #expect(try found("AE.start", "2026", form: "AE").isEmpty)
        #expect(try found("AE.start", "2026-04", form: "AE").count == 1)
        #expect(try found("AE.start", "2027", form: "AE").count == 1)
    }

    @Test func `A moment may be as late as clocks may differ`() throws {
        #expect(try found("PK.sampleTime", "2026-03-02T20:12Z", form: "PK").isEmpty)
        #expect(try found("PK.sampleTime", "2026-03-02T20:13Z", form: "PK").count == 1)
        #expect(try found("PK.sampleTime", "2026-03-03T04:09+08:00", form: "PK").isEmpty)
    }

    @Test func `Without a moment of entry nothing is found, and a start of treatment may be planned`() throws
    {
        let item = try #require(study.item("SV.date"))
        let values = ["SV.date": try study.value(from: "2099-01-01", for: item)]
        #expect(!study.findings(for: values, event: "BL", form: nil).contains { $0.check == .dateOrder })
        #expect(try found("TX.prednisoneStart", "2026-03-05").isEmpty)
    }
}
