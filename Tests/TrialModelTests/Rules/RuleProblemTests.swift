import Testing
import TrialModel

/// Spoils the shipped definition and expects the place to be named.
@Suite struct RuleProblemTests {
    static let mistakes: [Mistake] = [
        // Eligibility
        Mistake(
            #"["IE.consent", "IE.diagnosis"]"#, #"["IE.consent", "IE.cancer"]"#,
            "rules[5].parameters[1].value[1]", "there is no item \"IE.cancer\""),
        Mistake(
            #"["IE.consent", "IE.diagnosis"]"#, #"["DM.sex"]"#, "rules[5].parameters[1].value[0]",
            "of type code, not yesNo"),
        Mistake(
            #"["IE.consent", "IE.diagnosis"]"#, #"["OP.calcium"]"#, "rules[5].parameters[1].value[0]",
            "is not asked at event \"SCR\""),
        Mistake(
            #"["IE.consent", "IE.diagnosis"]"#, "[]", "rules[5].parameters[1].value", "nothing to judge"),
        Mistake(
            #""name": "exclude", "value": []"#, #""name": "exclude", "value": ["IE.consent"]"#,
            "rules[5].parameters[2].value", "is in \"include\" too"),
        Mistake(
            #""name": "event", "value": "SCR""#, #""name": "event", "value": "UNS""#,
            "rules[5].parameters[3].value", "more than once"),
        Mistake(
            #""name": "consentDate", "value": "DM.consentDate""#, #""name": "consentDate", "value": "DM.x""#,
            "rules[5].parameters[4].value", "there is no item \"DM.x\""),
        Mistake(
            #""name": "entry", "value": "BL""#, #""name": "entry", "value": "BASE""#,
            "rules[5].parameters[5].value", "there is no event \"BASE\""),
        Mistake(
            #""name": "derived", "value": "IE.eligible""#, #""name": "derived", "value": "RI.total""#,
            "rules[5].parameters[0].value", "no derived item \"RI.total\" of type yesNo"),
        Mistake(
            #""name": "entry", "value""#, #""name": "door", "value""#, "rules[5].parameters", "\"entry\""),
        Mistake(
            #""oid": "resolution", "rule": "conflictResolution""#, #""oid": "e", "rule": "eligibility""#,
            "rules[11].rule", "already"),
        // Disposition
        Mistake(
            #""completedWith", "value": ["W48"]"#, #""completedWith", "value": ["UNS"]"#,
            "rules[13].parameters[2].value[0]", "more than once"),
        Mistake(
            #""value": "EOS.reason""#, #""value": "EOS.why""#, "rules[13].parameters[1].value",
            "there is no item \"EOS.why\""),
        Mistake(
            #""value": "EOS.reason""#, #""value": "IE.consent""#, "rules[13].parameters[1].value",
            "of type yesNo, not text or code"),
        Mistake(
            #""value": "EOS.reason""#, #""value": "AE.term""#, "rules[13].parameters[1].value",
            "is not asked at event \"EOS\""),
        Mistake(
            #"{"name": "completedWith","#, #"{"name": "completedReasons","#, "rules[13].parameters",
            "\"completedWith\""),
        // Dates that cannot be in the future
        Mistake(
            #""date": "AE.end", "notAfter""#, #""date": "AE.term", "notAfter""#, "checks[18].date",
            "of type text, not date"),
        Mistake(
            #""date": "EOS.date", "notAfter": "entry""#, #""date": "EOS.date", "notAfter": "now""#,
            "checks[20].notAfter", "must be \"entry\""),
        // Therapeutic window
        Mistake(
            #""name": "item", "value": "PK.trough""#, #""name": "item", "value": "PK.level""#,
            "rules[3].parameters[0].value", "there is no item \"PK.level\""),
        Mistake(
            #""name": "low", "value": 4, "unit": "ug/L""#, #""name": "low", "value": 15, "unit": "ug/L""#,
            "rules[3].parameters[2].value", "must be more than low, 15"),
        Mistake(
            #""name": "low", "value": 4, "unit": "ug/L""#, #""name": "low", "value": 4, "unit": "g/L""#,
            "rules[3].parameters[1].unit", "must be \"ug/L\""),
        Mistake(
            #""name": "endsInside", "value": true"#, #""name": "endsInside", "value": "yes""#,
            "rules[3].parameters[3].value", "true or false"),
        Mistake(
            #""value": ["D14", "W12", "W48"]"#, #""value": ["D14", "BL"]"#,
            "rules[3].parameters[4].value[1]", "is not asked at event \"BL\""),
        Mistake(
            #""value": ["D14", "W12", "W48"]"#, #""value": ["D15"]"#, "rules[3].parameters[4].value[0]",
            "there is no event \"D15\""),
        Mistake(
            #""name": "alsoAt""#, #""name": "besides""#, "rules[3].parameters[5].value",
            "no parameter \"besides\""),
        // Conflicts
        Mistake(
            #"["coordinator", "investigator"]"#, #"["coordinator", "director"]"#,
            "rules[11].parameters[0].value[1]", "no role that may decide"),
        Mistake(
            #"["coordinator", "investigator"]"#, #"["statistician"]"#, "rules[11].parameters[0].value[0]",
            "investigator and coordinator may"),
        Mistake(
            #"["coordinator", "investigator"]"#, "[]", "rules[11].parameters[0].value", "at least 1"),
        Mistake(
            #"["coordinator", "investigator"]"#, #"["coordinator", "coordinator"]"#,
            "rules[11].parameters[0].value[1]", "twice"),
        // Checks
        Mistake(
            #"{"check": "sequence", "date": "SV.date""#, #"{"check": "sequence", "date": "SV.day""#,
            "checks[0].date", "there is no item \"SV.day\""),
        Mistake(
            #"{"check": "window", "date": "SV.date""#, #"{"check": "range", "date": "SV.date""#,
            "checks[1].check", "those are date-order, sequence, window, dose-deviation"),
        Mistake(
            #"{"event": "SCR", "item": "DM.consentDate"}"#, #"{"event": "BL", "item": "DM.consentDate"}"#,
            "checks[2].earlier.item", "is not asked at event \"BL\""),
        Mistake(
            #"{"event": "SCR", "item": "DM.consentDate"}"#, #"{"event": "S", "item": "DM.consentDate"}"#,
            "checks[2].earlier.event", "there is no event \"S\""),
        Mistake(
            #""planned": "PRED.planned", "date""#, #""planned": "PRED.plan", "date""#, "checks[9].planned",
            "no derived item \"PRED.plan\""),
        Mistake(
            #""code": "prednisone", "dose""#, #""code": "aspirin", "dose""#, "checks[9].log.code",
            "\"aspirin\" is no code of EX.drug"),
        Mistake(
            #""start": "EX.start", "end""#, #""start": "CM.start", "end""#, "checks[9].log.start",
            "not an item of the form \"EX\""),
    ]

    @Test(arguments: mistakes)
    func `A mistake in a rule or check is named by its path`(mistake: Mistake) throws {
        let json = String(decoding: try StudyDefinition.shipped().json, as: UTF8.self)
        let spoilt = json.replacing(mistake.old, with: mistake.new, maxReplacements: 1)
        #expect(spoilt != json)
        let problems = StudyDefinition.problems(in: Array(spoilt.utf8))
        #expect(
            problems.contains { $0.path == mistake.path && $0.message.contains(mistake.says) }, "\(problems)")
    }

    @Test func `Coordinators and investigators decide conflicts, unless the study says otherwise`() throws {
        #expect(try StudyDefinition.shipped().ruleBook.resolveBy == [.coordinator, .investigator])
        #expect(try SmallStudy.study().ruleBook.resolveBy == [.coordinator, .investigator])
        #expect(try ExampleStudy.load().ruleBook.resolveBy == [.coordinator])
    }

    @Test func `The window of the shipped study is read exactly`() throws {
        let window = try #require(try StudyDefinition.shipped().ruleBook.therapeuticWindows.first)
        #expect(window.item.oid == "PK.trough")
        #expect([window.low, window.high] == [ExactDecimal(4), ExactDecimal(15)])
        #expect(window.endsInside)
        #expect(window.events == ["D14", "W12", "W48", "UNS"])
    }

    @Test(arguments: [("4", false), ("4.01", true), ("14.99", true), ("15", false)])
    func `Ends may be outside`(number: String, isInside: Bool) throws {
        let json = String(decoding: try StudyDefinition.shipped().json, as: UTF8.self).replacing(
            #""name": "endsInside", "value": true"#, with: #""name": "endsInside", "value": false"#)
        let window = try StudyDefinition(json: Array(json.utf8)).ruleBook.therapeuticWindows.first
        #expect(window?.contains(try #require(ExactDecimal(number))) == isInside)
    }
}
