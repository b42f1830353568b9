import Testing
import TrialModel

@Suite struct DosingProblemTests {
    static let mistakes: [Mistake] = [
        // Day 0
        Mistake(#""name": "starts""#, #""name": "start""#, "rules[0].parameters[0].value", "no parameter"),
        Mistake(#""name": "starts""#, #""name": "start""#, "rules[0].parameters", "no parameter \"starts\""),
        Mistake(
            #""TX.prednisoneStart"}, {"#, #""TX.start"}, {"#, "rules[0].parameters[0].value[0].item",
            "no item"),
        Mistake(
            #""TX.prednisoneStart"}, {"#, #""VS.weight"}, {"#, "rules[0].parameters[0].value[0].item",
            "type decimal"),
        Mistake(
            #""TX.prednisoneStart"}, {"#, #""EX.start"}, {"#, "rules[0].parameters[0].value[0].item",
            "may be partial"),
        Mistake(
            #"{"event": "BL", "item": "TX"#, #"{"event": "B", "item": "TX"#,
            "rules[0].parameters[0].value[0].event", "no event"),
        Mistake(
            #"{"event": "BL", "item": "TX"#, #"{"event": "D14", "item": "TX"#,
            "rules[0].parameters[0].value[0].item", "not asked at event"),
        Mistake(
            #"{"event": "BL", "item": "SV.date"}"#, #"{"event": "UNS", "item": "SV.date"}"#,
            "rules[0].parameters[2].value.event", "more than once"),
        Mistake(#""earliest""#, #""first""#, "rules[0].parameters[1].value", "earliest or latest"),
        Mistake(#""value": "SV.date""#, #""value": "SV.type""#, "rules[0].parameters[3].value", "type code"),
        Mistake(#""EOS.date"}"#, #""EOS.reason"}"#, "rules[0].parameters[4].value.item", "type text"),
        // The taper
        Mistake(#""value": 0.8, "#, #""value": 0, "#, "rules[1].parameters[0].value", "more than 0"),
        Mistake(#""value": 0.8, "#, #""value": "0.8", "#, "rules[1].parameters[0].value", "not \"0.8\""),
        Mistake(#""unit": "mg/kg/d""#, #""unit": "mg/d""#, "rules[1].parameters[0].unit", "\"mg/kg/d\""),
        Mistake(#""value": 60, "#, #""value": 0, "#, "rules[1].parameters[1].value", "more than 0"),
        Mistake(#""value": 60, "#, #""value": -60, "#, "rules[1].parameters[1].value", "0, not -60"),
        Mistake(#""value": 60, "#, #""value": 1000000, "#, "rules[1].parameters[1].value", "less than"),
        Mistake(#""value": 14, "#, #""value": 0, "#, "rules[1].parameters[2].value", "from 1 to"),
        Mistake(#""value": 14, "#, #""value": -14, "#, "rules[1].parameters[2].value", "from 1 to"),
        Mistake(#""value": 14, "#, #""value": 1.5, "#, "rules[1].parameters[2].value", "not 1.5"),
        Mistake(#""value": 5, "#, #""value": 0, "#, "rules[1].parameters[3].value", "more than 0"),
        Mistake(#""value": 5, "#, #""value": -5, "#, "rules[1].parameters[3].value", "more than 0"),
        Mistake(#""value": 5, "#, #""value": 0.001, "#, "rules[1].parameters[3].value", "too small"),
        Mistake(#""value": 5, "#, #""value": 0.0000001, "#, "rules[1].parameters[3].value", "6 digits"),
        Mistake(#""value": 30, "#, #""value": 61, "#, "rules[1].parameters[4].value", "maximum, 60, not 61"),
        Mistake(#""value": 2.5, "#, #""value": 0, "#, "rules[1].parameters[5].value", "more than 0"),
        Mistake(#""value": 2.5, "#, #""value": 0.01, "#, "rules[1].parameters[5].value", "too small"),
        Mistake(
            #""item": "VS.weight""#, #""item": "SV.date""#, "rules[1].parameters[6].value.item", "type date"),
        Mistake(
            #""item": "VS.weight""#, #""item": "LB.alt""#, "rules[1].parameters[0].unit", "\"mg/U/L/d\""),
        Mistake(
            #"{"event": "BL", "item": "VS.weight""#, #"{"event": "X", "item": "VS.weight""#,
            "rules[1].parameters[6].value.event", "no event"),
        Mistake(#""roundFirstDoseTo", "#, #""roundTo", "#, "rules[1].parameters[7].value", "no parameter"),
        Mistake(
            #""roundFirstDoseTo", "value": 2.5"#, #""roundFirstDoseTo", "value": 62.5"#,
            "rules[1].parameters[7].value", "no more than maximum"),
        Mistake(#""stopsAtLowerFrom""#, #""stops""#, "rules[1].parameters[8].value", "stopsAtLowerFrom"),
        Mistake(#""PRED.planned""#, #""PRED.dose""#, "rules[1].parameters[9].value", "no derived item"),
        Mistake(#""PRED.planned""#, #""RI.total""#, "rules[1].parameters[9].value", "not a decimal"),
        Mistake(#""PRED.first""#, #""VS.weight""#, "rules[1].parameters[10].value.item", "is not in mg/d"),
        // The fixed schedule
        Mistake(#""fromDay": 0"#, #""fromDay": 1"#, "rules[2].parameters[0].value[0].fromDay", "gap"),
        Mistake(#""fromDay": 3"#, #""fromDay": 4"#, "rules[2].parameters[0].value[1].fromDay", "gap"),
        Mistake(#""fromDay": 3"#, #""fromDay": 2"#, "rules[2].parameters[0].value[1].fromDay", "overlaps"),
        Mistake(#""toDay": 2"#, #""toDay": null"#, "rules[2].parameters[0].value[0].toDay", "no end"),
        Mistake(
            #""fromDay": 3, "toDay": null"#, #""fromDay": 3, "toDay": 2"#,
            "rules[2].parameters[0].value[1].toDay", "before fromDay"),
        Mistake(#""dose": 2}"#, #""dose": 0}"#, "rules[2].parameters[0].value[0].dose", "more than 0"),
        Mistake(#""dose": 2}"#, #""mg": 2}"#, "rules[2].parameters[0].value[0].mg", "not a key"),
        Mistake(#""dose": 2}"#, #""mg": 2}"#, "rules[2].parameters[0].value[0].dose", "is missing"),
        // The log
        Mistake(
            #""code": "prednisone""#, #""code": "aspirin""#, "rules[1].parameters[12].value.code", "no code"),
        Mistake(
            #""drug": "EX.drug""#, #""drug": "EX.dose""#, "rules[1].parameters[12].value.drug", "decimal"),
        Mistake(
            #""dose": "EX.dose""#, #""dose": "VS.weight""#, "rules[1].parameters[12].value.dose", "in kg"),
        Mistake(
            #""end": "EX.end""#, #""end": "AE.end""#, "rules[1].parameters[12].value.end", "the form \"EX\""),
        Mistake(
            #"["troughAdjust", "#, #"["trough", "#, "rules[1].parameters[12].value.explaining[0]", "no code"),
        Mistake(
            #"["troughAdjust", "#, #"["#, "rules[1].parameters[12].value", "\"troughAdjust\" stands in none"),
        Mistake(#"["planned"]"#, #"["planned", "missed"]"#, "rules[1].parameters[12].value", "more than one"),
        // The rules together
        Mistake(#""oid": "sirolimus""#, #""oid": "visits""#, "rules[2].oid", "no name for a drug"),
    ]

    @Test(arguments: mistakes)
    func `A mistake in a rule of days and doses is named by its path`(mistake: Mistake) throws {
        let json = try Treated.spoilt([(mistake.old, mistake.new)])
        let problems = StudyDefinition.problems(in: Array(json.utf8))
        #expect(
            problems.contains { $0.path == mistake.path && $0.message.contains(mistake.says) }, "\(problems)")
    }

    @Test func `A second rule for day 0 is named`() throws {
        let again = #"""
            "rules": [{"oid": "again", "rule": "dayZero", "label": {"en": "a", "zh": "a"}, "parameters": [
              {"name": "starts", "value": [{"event": "BL", "item": "TX.sirolimusStart"}],
                "source": "registry"},
              {"name": "visitsCountFrom", "value": "latest", "source": "registry"},
              {"name": "whileEmpty", "value": {"event": "BL", "item": "SV.date"}, "source": "registry"},
              {"name": "visitDate", "value": "SV.date", "source": "registry"},
              {"name": "endOfStudy", "value": {"event": "EOS", "item": "EOS.date"}, "source": "registry"}]},
            """#
        let twice = try Treated.spoilt([(#""rules": ["#, again)])
        #expect(StudyDefinition.problems(in: Array(twice.utf8)).map(\.path) == ["rules[1].rule"])
    }
}
