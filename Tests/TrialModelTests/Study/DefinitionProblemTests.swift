import Testing
import TrialModel

/// A mistake in a definition, and the place that must be named.
struct Mistake: Sendable, CustomTestStringConvertible {
    let old: String
    let new: String
    let path: String
    let says: String

    init(_ old: String, _ new: String, _ path: String, _ says: String) {
        (self.old, self.new, self.path, self.says) = (old, new, path, says)
    }

    var testDescription: String { "\(path) \(says)" }
}

@Suite struct DefinitionProblemTests {
    static let mistakes: [Mistake] = [
        // Names
        Mistake(#""oid": "W2""#, #""oid": "BL""#, "events[1].oid", "already, at events[0].oid"),
        Mistake(
            #""oid": "AE.end""#, #""oid": "AE.start""#, "forms[2].items[1].oid",
            "already, at forms[2].items[0].oid"),
        Mistake(#""oid": "AE.days""#, #""oid": "AE.start""#, "forms[2].derived[0].oid", "already"),
        Mistake(#"{"oid": "AE", "#, #"{"oid": "VS", "#, "forms[2].oid", "name of a form already"),
        Mistake(
            #""oid": "PK", "atomic""#, #""oid": "VS.sex", "atomic""#, "forms[1].groups[0].oid", "already"),
        Mistake(#""oid": "grade""#, #""oid": "sex""#, "codeLists[1].oid", "taken"),
        Mistake(#""oid": "g", "#, #""oid": "kg", "#, "units[1].oid", "taken"),
        Mistake(#""oid": "g", "#, #""oid": "1g", "#, "units[1].oid", "begin with a letter"),
        Mistake(#""code": "M""#, #""code": "f""#, "codeLists[0].codes[1].code", "already"),
        Mistake(
            #""oid": "VS.weight""#, #""oid": "weight""#, "forms[0].items[0].oid",
            "must begin with its form's OID"),
        Mistake(#""oid": "VS.weight""#, #""oid": "@weight""#, "forms[0].items[0].oid", "reserved"),
        Mistake(
            #""oid": "VS.weight""#, #""oid": "VS.wéight""#, "forms[0].items[0].oid", "characters other than"),
        Mistake(
            #""oid": "VS.weight""#, "\"oid\": \"VS.\(String(repeating: "w", count: 126))\"",
            "forms[0].items[0].oid", "128"),
        Mistake(#""oid": "SMALL", "#, "", "oid", "is missing"),
        // References
        Mistake(#"["VS", "PK"]"#, #"["VS", "XX"]"#, "events[0].forms[1]", "no form \"XX\""),
        Mistake(#"["VS", "PK"]"#, #"["VS", "AE"]"#, "events[0].forms[1]", "is a log"),
        Mistake(#"["VS", "PK"]"#, #"["VS", "VS"]"#, "events[0].forms[1]", "already"),
        Mistake(#""log": true"#, #""log": false"#, "forms[2]", "no event has the form"),
        Mistake(
            #""codeList": "sex""#, #""codeList": "sexes""#, "forms[0].items[1].codeList",
            "no code list \"sexes\""),
        Mistake(
            #""type": "code", "codeList": "sex""#, #""type": "code""#, "forms[0].items[1].codeList",
            "is missing"),
        Mistake(
            #""codeList": "grade""#, #""codeList": "sex""#, "forms[2].items[2].codeList", "is an integer"),
        Mistake(#""unit": "kg","#, #""unit": "stone","#, "forms[0].items[0].unit", "no unit \"stone\""),
        Mistake(
            #"[{"unit": "g", "#, #"[{"unit": "lb", "#, "forms[0].items[0].factors[0].unit", "no unit \"lb\""),
        Mistake(#"[{"unit": "g", "#, #"[{"unit": "kg", "#, "forms[0].items[0].factors[0].unit", "already"),
        Mistake(#""events": ["BL"]"#, #""events": ["B"]"#, "forms[0].items[1].events[0]", "no event \"B\""),
        Mistake(
            #""required": ["W2"]"#, #""required": ["UNS"]"#, "forms[1].groups[0].items[0].required",
            "does not have the form"),
        Mistake(
            #"{"item": "AE.serious""#, #"{"item": "VS.sex""#, "forms[2].items[4].required.item", "no item"),
        Mistake(#""equals": "Y""#, #""equals": "yes""#, "forms[2].items[4].required.equals", "Y or N"),
        Mistake(#""earlier": "AE.start""#, #""earlier": "AE.began""#, "checks[0].earlier", "no item"),
        Mistake(#""later": "AE.end""#, #""later": "AE.grade""#, "checks[0].later", "of type integer"),
        // Values of the wrong kind
        Mistake(#""type": "decimal""#, #""type": "number""#, "forms[0].items[0].type", "no item type"),
        Mistake(
            #""min": 20, "max": 200"#, #""min": 200, "max": 20"#, "forms[0].items[0].range", "more than max"),
        Mistake(#""min": 20, "max": 200"#, #""min": 2e1"#, "forms[0].items[0].range.min", "without exponent"),
        Mistake(#""min": 20, "max": 200"#, "", "forms[0].items[0].range", "neither min nor max"),
        Mistake(
            #""factor": 0.001"#, #""factor": 0"#, "forms[0].items[0].factors[0].factor", "more than 0, not"),
        Mistake(
            #""en": "Weight", "zh": "体重""#, #""en": "Weight""#, "forms[0].items[0].label.zh", "is missing"),
        Mistake(
            #""en": "Weight", "zh": "体重""#, #""en": " ", "zh": "体重""#, "forms[0].items[0].label.en",
            "is empty"),
        Mistake(#""maxLength": 5"#, #""maxLength": 5000"#, "forms[0].items[2].maxLength", "1 to 4000"),
        Mistake(
            #""type": "text", "maxLength""#, #""type": "date", "maxLength""#, "forms[0].items[2].maxLength",
            "only text"),
        Mistake(#""required": true"#, #""requierd": true"#, "forms[0].items[0].requierd", "is not a key"),
        Mistake(#""required": true"#, #""type": "text""#, "forms[0].items[0].type", "twice"),
        Mistake(#""required": true"#, #""required": 1"#, "forms[0].items[0].required", "must be true, false"),
        Mistake(#""target": 2"#, #""target": "2""#, "target", "whole number"),
        Mistake(#""target": 2, "source": "registry""#, #""target": 2"#, "", "neither"),
        Mistake(
            #""status": "to be confirmed by the sponsor"}"#, #""status": "unsure"}"#,
            "events[1].window.status", "must be"),
        Mistake(#""before": 3"#, #""before": -3"#, "events[1].window.before", "whole number"),
        Mistake(#""day": 14, "#, "", "events[1].window", "without a day"),
        Mistake(#""severity": "major""#, #""severity": "grave""#, "checks[0].severity", "minor or major"),
        Mistake(#""rule": "doseSchedule""#, #""rule": "dayOne""#, "rules[0].rule", "no rule"),
        Mistake(
            #""value": [{"fromDay": 0, "dose": 8.10}], "#, "", "rules[0].parameters[0].value", "is missing"),
    ]

    @Test func `The small study has no problem`() {
        #expect(StudyDefinition.problems(in: Array(SmallStudy.json.utf8)) == [])
    }

    @Test(arguments: mistakes)
    func `A mistake is named by its path`(mistake: Mistake) throws {
        let problems = StudyDefinition.problems(
            in: Array(try SmallStudy.spoilt(mistake.old, mistake.new).utf8))
        #expect(
            problems.contains { $0.path == mistake.path && $0.message.contains(mistake.says) }, "\(problems)")
    }

    @Test func `An atomic group without items is named`() {
        let json = SmallStudy.json.replacingItemsOfGroup(with: "[]")
        let problems = StudyDefinition.problems(in: Array(json.utf8))
        #expect(
            problems.contains { $0.path == "forms[1].groups[0].items" && $0.message.contains("at least 1") })
    }

    @Test func `All problems are named at once, and a refusal counts them`() throws {
        let json = try SmallStudy.spoilt(#""type": "decimal""#, #""type": "number""#)
            .replacing(#""codeList": "sex""#, with: #""codeList": "x""#).replacing(
                #""target": 2"#, with: #""target": 0"#)
        let paths = StudyDefinition.problems(in: Array(json.utf8)).map(\.path)
        #expect(paths == ["target", "forms[0].items[0].type", "forms[0].items[1].codeList"])
        let problem = #expect(throws: Problem.self) { try StudyDefinition(json: Array(json.utf8)) }
        #expect(problem?.code == .studyInvalid)
        #expect(problem?.message.contains("3 problems") == true)
        #expect(problem?.message.contains("forms[0].items[1].codeList") == true)
    }

    @Test(arguments: [
        ("", "line 1, column 1"), ("{\n  \"oid\": }", "line 2, column 10"), ("{\"a\": 1,}", "column 9"),
        ("{} x", "follows"),
        ("{\"a\": tru}", "a value should stand here"), ("{\"a\": 01}", "column 8"),
        ("{\"a\": \"\\x\"}", "escape"),
        ("{\"a\": \"\\ud800\"}", "surrogate"), ("{\"a\": \"b", "closing quote"),
        ("{\"a\": \"\n\"}", "control character"),
        (String(repeating: "[", count: 100), "nest deeper"), ("[1, 2", "a comma or ]"),
        ("{\"a\" 1}", "colon"), ("{1}", "key"),
        ("{\"a\": -}", "digit"), ("{\"a\": 1.}", "digit"), ("{\"a\": \"\\u12g4\"}", "hexadecimal"),
    ])
    func `What is not JSON is one problem with line and column`(json: String, says: String) throws {
        let problems = StudyDefinition.problems(in: Array(json.utf8))
        #expect(problems.count == 1)
        #expect(problems.first?.path == "")
        #expect(problems.first?.message.contains(says) == true, "\(problems)")
    }

    @Test func `Bytes that are not UTF-8 are named`() {
        let problems = StudyDefinition.problems(in: Array("{\"a\": \"".utf8) + [0xFF, 0x22, 0x7D])
        #expect(problems.first?.message.contains("not UTF-8") == true)
    }

    @Test(arguments: ["[]", "3", "null", "\"x\"", "{}"])
    func `A document of another kind is refused`(json: String) {
        #expect(!StudyDefinition.problems(in: Array(json.utf8)).isEmpty)
    }

    @Test func `Escapes and a byte order mark are read`() throws {
        let json = try SmallStudy.spoilt(#""Weight""#, #""\u4f53\ud83d\ude00\n\"""#)
        let study = try StudyDefinition(json: [0xEF, 0xBB, 0xBF] + Array(json.utf8))
        #expect(study.item("VS.weight")?.label.en == "体😀\n\"")
    }

    @Test func `Too large a document and too many items are refused`() throws {
        let large = Array(SmallStudy.json.utf8) + Array(repeating: 0x20, count: 2 << 20)
        #expect(StudyDefinition.problems(in: large).map(\.path) == [""])
        let items = (0..<5_000).map {
            #"{"oid": "VS.i\#($0)", "label": {"en": "i", "zh": "i"}, "type": "text"}"#
        }
        let many = try SmallStudy.spoilt(
            #"{"oid": "VS.weight""#, items.joined(separator: ",") + #", {"oid": "VS.weight""#)
        #expect(StudyDefinition.problems(in: Array(many.utf8)).map(\.path) == ["forms"])
    }

    @Test func `A list of problems has an end`() throws {
        let items = Array(repeating: "{}", count: 3_000).joined(separator: ",")
        let json = try SmallStudy.spoilt(#"{"oid": "VS.weight""#, items + #", {"oid": "VS.weight""#)
        #expect(StudyDefinition.problems(in: Array(json.utf8)).count == 1_000)
    }

    @Test func `Rule parameters keep their digits`() throws {
        let parameter = try #require(try SmallStudy.study().rule("day")?.parameter("doses"))
        #expect(parameter.value.list?.first?["dose"] == .number("8.10"))
        #expect(parameter.unit == "kg")
        #expect(parameter.provenance == .toBeConfirmed)
    }

    @Test(arguments: [
        (#""version": 1"#, #""version": 1"#, "version", "more than 1"),
        (#""type": "yesNo""#, #""type": "text""#, "forms[2].items[3].type", "was yesNo"),
        (#""unit": "kg","#, #""unit": "umol/L","#, "forms[0].items[0].unit", "was in kg"),
        (#""atomic": true"#, #""atomic": false"#, "forms[1].groups[0].items[0].oid", "was saved with PK"),
    ])
    func `A new version may not change what data stands on`(
        old: String, new: String, path: String, says: String
    ) throws {
        let first = try SmallStudy.study()
        var json = try SmallStudy.spoilt(old, new).replacing(#""equals": "Y""#, with: #""equals": "Y""#)
        if path != "version" { json = json.replacing(#""version": 1"#, with: #""version": 2"#) }
        let next = try StudyDefinition(json: Array(json.utf8))
        let problems = next.problems(replacing: first)
        #expect(problems.contains { $0.path == path && $0.message.contains(says) }, "\(problems)")
    }

    @Test func `A new version may add and rename labels`() throws {
        let json = try SmallStudy.spoilt(#""version": 1"#, #""version": 2"#).replacing(
            #""Weight""#, with: #""Body weight""#)
        let next = try StudyDefinition(json: Array(json.utf8))
        #expect(next.problems(replacing: try SmallStudy.study()) == [])
    }
}

extension String {
    fileprivate func replacingItemsOfGroup(with items: String) -> String {
        guard let start = ranges(of: #""atomic": true, "items": "#).first?.upperBound,
            let end = self[start...].firstIndex(of: "]").flatMap({
                self[index(after: $0)...].firstIndex(of: "]")
            }),
            let close = self[index(after: end)...].firstIndex(of: "]")
        else { return self }
        return self[..<start] + items + self[index(after: close)...]
    }
}
