import Testing
import TrialModel

@Suite struct FindingTextTests {
    let build: CaseBuilder

    init() throws { build = CaseBuilder(study: try StudyDefinition.shipped()) }

    /// Every sentence of the catalogue, found in records that give rise to it.
    private func all() throws -> [Finding] {
        let study = build.study
        let visits = [
            try build.visit("SCR", ["SV.date": "2026-03-10", "IE.diagnosis": "N"]),
            try build.visit("BL", ["SV.date": "2026-03-02", "VS.weight": "500", "PRED.dose": "20"]),
            try build.visit("W12", ["SV.date": "2026-09-01", "PK.trough": "15.01"]),
        ]
        let participant = try build.participant(visits)
        let late = try #require(CalendarDate("2026-03-02"))
        let code = CaseVisit(event: "SCR", values: RecordValues(agreed: ["DM.sex": .code("X")]))
        let ended = try build.line("AE", ["AE.start": "2026-03-05", "AE.end": "2026-03-01"])
        let entered = DeviceTime(milliseconds: 1_772_482_200_000, offsetMinutes: 0)
        let record = ["SV.date": entered, "AE.start": entered]
        return visits.flatMap { visit in
            study.findings(
                on: visit, of: participant, dayZero: late, planned: ["PRED.planned": ExactDecimal(60)],
                entered: record)
        } + study.findings(on: code, of: participant)
            + study.findings(on: ended, of: participant, entered: record)
    }

    @Test func `Every finding speaks English and Chinese, and both name the item and the value`() throws {
        let found = try all()
        #expect(Set(found.map(\.check)) == Set(CheckID.allCases).subtracting([.type]))
        for finding in found {
            let (english, chinese) = (finding.text[.en], finding.text[.zh])
            #expect(english.unicodeScalars.allSatisfy { $0.isASCII || $0 == "…" }, "\(english)")
            #expect(chinese.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }, "\(chinese)")
            #expect(!chinese.contains(" is ") && !chinese.contains(" and "), "\(chinese)")
            if finding.check != .required, finding.check != .sequence {
                for item in finding.items {
                    #expect(english.contains(item) && chinese.contains(item), "\(chinese)")
                }
            }
            #expect(finding.check.why(in: .zh) != finding.check.why(in: .en))
        }
    }

    @Test func `Ids, keys and values of a finding's JSON are the same in both languages`() throws {
        let finding = try #require(try all().first { $0.check == .range })
        #expect(
            finding.text[.zh] == "VS.weight（体重）为500 kg；合理范围为20至200 kg")
        let (english, chinese) = (finding.json(in: .en).text, finding.json(in: .zh).text)
        #expect(english.contains(#""check":"range""#) && chinese.contains(#""check":"range""#))
        #expect(chinese.contains(#""key":"range:VS.weight""#) && chinese.contains("合理范围"))
        #expect(finding.json.text == english)
    }
}
