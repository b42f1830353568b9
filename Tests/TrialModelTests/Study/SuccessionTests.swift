import Testing
import TrialModel

/// What an amendment changes in the small study, and what is said of it.
struct Amendment: Sendable, CustomTestStringConvertible {
    let old: String
    let new: String
    let path: String
    let says: String

    init(_ old: String, _ new: String, _ path: String = "", _ says: String = "") {
        (self.old, self.new, self.path, self.says) = (old, new, path, says)
    }

    var testDescription: String { path.isEmpty ? new : "\(path) \(says)" }
}

@Suite struct SuccessionTests {
    /// Forms, items and groups that some amendments take away or add.
    private static let noteItem = #"""
        {"oid": "VS.note", "label": {"en": "Note", "zh": "备注"}, "type": "text", "maxLength": 5}
        """#
    private static let days = #"""
        , "derived": [{"oid": "AE.days", "label": {"en": "Days", "zh": "天数"}, "type": "integer"}]
        """#
    private static let pkSample = #"""
        {"oid": "PK.sample", "label": {"en": "Sample", "zh": "采样"}, "type": "dateTime",
        """#
    private static let more = #"""
        {"oid": "PK.more", "label": {"en": "More", "zh": "更多"}, "type": "text"},
        """#
    private static let baseline = #"{"oid": "BL", "label": {"en": "Baseline", "zh": "基线"}, "day": 0"#

    static let refused: [Amendment] = [
        Amendment(#""oid": "SMALL""#, #""oid": "OTHER""#, "oid", "the study is \"SMALL\""),
        // Codes
        Amendment(#""code": "M""#, #""code": "X""#, "codeLists[0].codes", "\"M\" was a code in version 1"),
        Amendment(#""code": "M""#, #""code": "m""#, "codeLists[0].codes", "\"M\" was a code"),
        Amendment(
            #",\#n        "codeList": "grade""#, "", "forms[2].items[2].codeList",
            "took codes of grade"),
        Amendment(
            #""range": {"min": 1}"#, #""range": {"min": 1}, "codeList": "grade""#,
            "forms[2].items[5].codeList", "took any value"),
        Amendment(
            #""codeList": "sex""#, #""codeList": "grade""#, "forms[0].items[1].codeList",
            "took the code \"F\""),
        // Events
        Amendment(#"{"oid": "UNS""#, #"{"oid": "EXTRA""#, "events", "UNS was an event"),
        Amendment(
            baseline, baseline.replacing(#""day": 0"#, with: #""repeatLimit": 3"#),
            "events[0].repeatLimit", "occurred once"),
        Amendment(#""repeatLimit": 9, "#, "", "events[2].repeatLimit", "could occur 9 times"),
        Amendment(#""repeatLimit": 9, "#, #""repeatLimit": 8, "#, "events[2].repeatLimit", "not fewer"),
        Amendment(
            #""day": 0, "forms": ["VS", "PK"]"#, #""day": 0, "forms": ["VS"]"#, "events[0].forms",
            "BL had the form PK"),
        // Items and forms
        Amendment(#"{"oid": "VS.note""#, #"{"oid": "VS.remark""#, "forms[0]", "VS.note was an item"),
        Amendment(
            noteItem, noteItem.replacing(#": 5}"#, with: #": 5, "events": ["BL"]}"#),
            "forms[0].items[2].events", "VS.note was asked at W2"),
        Amendment(#""maxLength": 5"#, #""maxLength": 4"#, "forms[0].items[2].maxLength", "took 5 characters"),
        Amendment(
            #""type": "date", "partial": true"#, #""type": "date""#, "forms[2].items[0].partial",
            "took partial dates"),
        Amendment(
            #""factors": [{"unit": "g", "factor": 0.001}], "#, "", "forms[0].items[0].factors",
            "took g with the factor 0.001"),
        Amendment(
            #""factor": 0.001"#, #""factor": 0.01"#, "forms[0].items[0].factors",
            "took g with the factor 0.001"),
        Amendment(
            pkSample, more + pkSample, "forms[1].groups[0].items[1]", "would join the group PK"),
        Amendment(days, "", "forms[2].derived", "AE.days was derived"),
        Amendment(
            #""zh": "天数"}, "type": "integer""#, #""zh": "天数"}, "type": "decimal""#, "forms[2].derived",
            "another type or unit"),
    ]

    static let allowed: [Amendment] = [
        Amendment(#""en": "Weight""#, #""en": "Body weight""#),
        Amendment(#""en": "female""#, #""en": "woman""#),
        Amendment(#"{"code": "F","#, #"{"code": "U", "label": {"en": "u", "zh": "未"}}, {"code": "F","#),
        Amendment(#""min": 20, "max": 200"#, #""min": 30, "max": 150"#),
        Amendment(#""factor": 0.001}"#, #""factor": 0.001}, {"unit": "umol/L", "factor": 2}"#),
        Amendment(#""before": 3, "after": 2"#, #""before": 1, "after": 9"#),
        Amendment(#""day": 14"#, #""day": 15"#),
        Amendment(#""dose": 8.10"#, #""dose": 8.2"#),
        Amendment(#""required": ["W2"]"#, #""required": true"#),
        Amendment(#""target": 2"#, #""target": 20"#),
        Amendment(#""maxLength": 5"#, #""maxLength": 50"#),
        Amendment(#""repeatLimit": 9"#, #""repeatLimit": 10"#),
        Amendment(#""type": "date"}"#, #""type": "date", "partial": true}"#),
        Amendment(#",\#n        "events": ["BL"]"#, ""),
        Amendment(#""forms": ["VS"],"#, #""forms": ["VS", "PK"],"#),
        Amendment(
            #"{"oid": "VS.weight""#,
            #"{"oid": "VS.more", "label": {"en": "More", "zh": "更多"}, "type": "text"}, {"oid": "VS.weight""#),
        Amendment(#""severity": "major"},"#, #""severity": "minor"},"#),
        Amendment(
            #"{"oid": "UNS""#,
            #"{"oid": "W3", "label": {"en": "W3", "zh": "三"}, "forms": ["VS"], "source": "registry"},"#
                + #" {"oid": "UNS""#),
    ]

    private func problems(_ amendment: Amendment) throws -> [DefinitionProblem] {
        let json = SmallStudy.json
        let amended = json.replacing(amendment.old, with: amendment.new, maxReplacements: 1)
        #expect(amended != json, "nothing was amended")
        let next = amended.replacing(#""version": 1"#, with: #""version": 2"#)
        return try StudyDefinition(json: Array(next.utf8)).problems(replacing: try SmallStudy.study())
    }

    @Test(arguments: refused)
    func `An amendment that takes away, narrows or moves is refused with its path and reason`(
        amendment: Amendment
    ) throws {
        let problems = try problems(amendment)
        #expect(
            problems.contains { $0.path == amendment.path && $0.message.contains(amendment.says) },
            "\(problems)")
        #expect(problems.allSatisfy { $0.path == amendment.path }, "\(problems)")
    }

    @Test(arguments: allowed)
    func `An amendment that adds, relabels or only judges otherwise is taken`(amendment: Amendment) throws {
        #expect(try problems(amendment) == [])
    }

    @Test func `Events keep their order, and a form that is gone is named once`() throws {
        let first = try SmallStudy.study()
        let text = SmallStudy.json.replacing(#""version": 1"#, with: #""version": 2"#)
        let swapped = text.replacing(#"{"oid": "BL""#, with: #"{"oid": "_""#)
            .replacing(#"{"oid": "W2""#, with: #"{"oid": "BL""#)
            .replacing(#"{"oid": "_""#, with: #"{"oid": "W2""#)
        let order = try StudyDefinition(json: Array(swapped.utf8)).problems(replacing: first)
        #expect(order.map(\.path).contains("events"), "\(order)")
        let renamed = text.replacing(#""PK"#, with: #""PX"#)
        let gone = try StudyDefinition(json: Array(renamed.utf8)).problems(replacing: first)
        #expect(gone.map(\.path) == ["forms"])
        #expect(gone.first?.message.hasPrefix("PK was a form in version 1") == true)
    }

    @Test func `A log stays a log`() throws {
        let json = SmallStudy.json.replacing(#""version": 1"#, with: #""version": 2"#)
            .replacing(#""log": true,"#, with: "").replacing(#"["VS"],"#, with: #"["VS", "AE"],"#)
        let problems = try StudyDefinition(json: Array(json.utf8)).problems(replacing: try SmallStudy.study())
        #expect(problems.map(\.path) == ["forms[2].log"])
    }
}
