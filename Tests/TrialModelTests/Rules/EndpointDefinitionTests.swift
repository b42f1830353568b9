import Testing
import TrialModel

/// The rules of endpoints and totals in a definition: what is wrong with one is named by its path.
@Suite(.tags(.unit)) struct EndpointDefinitionTests {
    /// The path of a rule of the shipped study.
    private func path(_ rule: String) throws -> String {
        let index = try #require(try StudyDefinition.shipped().rules.firstIndex { $0.oid == rule })
        return "rules[\(index)]"
    }

    /// The path of the value of a parameter, or of the rule's parameters if it has none of that name.
    private func path(_ rule: String, _ parameter: String) throws -> String {
        let parameters = try #require(try StudyDefinition.shipped().rule(rule)).parameters
        let index = parameters.firstIndex { $0.name == parameter }
        return try path(rule) + ".parameters" + (index.map { "[\($0)].value" } ?? "")
    }

    private func problems(_ replacements: (old: String, new: String)...) throws -> [DefinitionProblem] {
        var json = String(decoding: try StudyDefinition.shipped().json, as: UTF8.self)
        for (old, new) in replacements {
            let range = try #require(json.ranges(of: old).first, "\(old)")
            json.replaceSubrange(range, with: new)
        }
        return StudyDefinition.problems(in: Array(json.utf8))
    }

    private func names(_ problems: [DefinitionProblem], _ path: String, _ says: String) {
        #expect(problems.contains { $0.path == path && $0.message.contains(says) }, "\(path): \(problems)")
    }

    @Test func `The endpoints stand in the order of the document`() throws {
        let book = try StudyDefinition.shipped().ruleBook
        #expect(book.endpoints.endpoints.map(\.oid) == ["response", "relapse", "remission", "pga"])
        #expect(book.endpoints.interval?.confidence == ExactDecimal("0.95"))
    }

    @Test(arguments: [
        ("response", "total", #""RI.sum""#, "there is no item"),
        ("response", "total", #""PRED.planned""#, "no rule \"instrumentTotal\" computes"),
        ("response", "baseline", #""BASE""#, "no event \"BASE\""),
        ("response", "event", #""D14""#, "does not have the form \"RI\""),
        ("response", "event", #""UNS""#, "more than once"),
        ("response", "decreaseAtLeast", "-2", "whole number from 1"),
        ("response", "decreaseAtLeast", "0", "whole number from 1"),
        ("response", "missing", #""no""#, "must be noResponse or excluded"),
        ("relapse", "among", #""remission""#, "no rule \"responseRate\" before this one"),
        ("relapse", "among", #""relapse""#, "no rule \"responseRate\" before this one"),
        ("relapse", "events", #"["W48", "BL"]"#, ""), ("relapse", "events", "[]", "at least 1"),
        ("relapse", "increaseAtLeast", "-1", "whole number from 1"),
        ("relapse", "reinstituted", #""RL.date""#, "is of type date, not yesNo"),
        ("relapse", "reinstituted", #""RL.none""#, "no item"),
        ("relapse", "visitDate", #""SV.type""#, "is of type code, not date"),
        ("relapse", "reference", #""W12""#, "must be responseEvent or baseline or lowest"),
        ("relapse", "missing", #""unknown""#, "must be noRelapse"),
        ("relapse", "undated", "1", "must be a text"),
        ("relapse", "assessment", #""x""#, "must be anyAnswer"),
        ("remission", "equals", "-1", "whole number from 0"),
        ("remission", "missing", #""notInRemission""#, "must be notInState or excluded"),
        ("pga", "item", #""PGA.none""#, "no item"), ("pga", "item", #""SV.date""#, "is of type date"),
        ("pga", "event", #""D14""#, "does not have the form \"PGA\""),
        ("rates", "confidence", "1", "less than 1"), ("rates", "confidence", "-0.5", "more than 0"),
        ("rates", "interval", #""wald""#, "must be clopperPearson"),
        ("responderIndex", "total", #""RI.kidney""#, "is entered"),
        ("responderIndex", "group", #""RX""#, "no item, derived item or item group"),
        ("responderIndex", "scale", "[]", "at least 1"), ("responderIndex", "urgentFactor", "0", "from 1"),
        ("responderIndex", "unansweredUrgent", #""Y""#, "must be N or totalMissing"),
        ("responderIndex", "unansweredScore", #""zero""#, "must be totalMissing"),
        ("responderIndex", "damageCounts", "true", "must be false"),
    ])
    func `A mistake in a parameter is named by its path`(
        rule: String, parameter: String, value: String, says: String
    ) throws {
        let problem = #expect(throws: Problem.self) { try AlteredStudy.with(rule, parameter, value) }
        #expect(problem?.message.contains(says) == true, "\(String(describing: problem))")
        #expect(
            problem?.message.contains(try path(rule, parameter)) == true, "\(String(describing: problem))")
    }

    @Test func `Elements of a list are named by their place`() throws {
        let events = try path("relapse", "events")
        names(
            try problems((#"["W48", "UNS", "EOS"]"#, #"["W48", "BL"]"#)), events + "[1]",
            "does not come after")
        names(try problems((#"["W48", "UNS", "EOS"]"#, #"["W12"]"#)), events + "[0]", "does not come after")
        names(try problems((#"["W48", "UNS", "EOS"]"#, #"["W48", "W48"]"#)), events + "[1]", "already")
        names(try problems((#"["W48", "UNS", "EOS"]"#, #"["D99"]"#)), events + "[0]", "no event")
        let domains = try path("responderIndex", "domains")
        names(try problems((#"["meninges", "#, #"["brain", "#)), domains + "[0]", "no item \"RI.brain\"")
        names(try problems((#"["meninges", "#, #"["orbit", "#)), domains + "[2]", "already")
        names(try problems((#""value": [0, 1, 2, 3]"#, #""value": [0, 1, 2]"#)), domains + "[0]", "takes 3")
    }

    @Test func `An instrument has to be one atomic group`() throws {
        let problems = try problems((#""oid": "RI", "atomic": true"#, #""oid": "RI", "atomic": false"#))
        names(problems, try path("responderIndex", "domains") + "[0]", "not in an atomic item group")
    }

    @Test func `A parameter that is missing or unknown is named`() throws {
        let missing = #"{"name": "decreaseAtLeast", "value": 2, "source": "registry"},"#
        names(
            try problems((missing, "")), try path("response") + ".parameters",
            "no parameter \"decreaseAtLeast\"")
        let unknown = try problems((#""decreaseAtLeast""#, #""fallAtLeast""#))
        names(unknown, try path("response", "decreaseAtLeast"), "this rule has no parameter \"fallAtLeast\"")
    }

    @Test func `An endpoint cannot name one that stands further down`() throws {
        let text = #""oid": "response", "rule": "responseRate""#
        let problems = try problems((text, text.replacing("response\"", with: "answer\"")))
        names(
            problems, try path("relapse", "among"), "no rule \"responseRate\" before this one is \"response\""
        )
    }

    @Test func `Rates need exactly one rule for their interval`() throws {
        let two = try problems(
            (#""oid": "pga", "rule": "meanDecrease""#, #""oid": "pga", "rule": "rateInterval""#))
        names(two, try path("rates") + ".rule", "the second")
        let none = try problems(
            (#""oid": "rates", "rule": "rateInterval""#, #""oid": "rates", "rule": "meanDecrease""#))
        names(none, try path("response") + ".rule", "no rule \"rateInterval\"")
    }

    @Test func `An endpoint cannot bear the name of a key that every report has`() throws {
        let problems = try problems((#""oid": "pga", "rule""#, #""oid": "asOf", "rule""#))
        names(problems, try path("pga") + ".oid", "every report has")
    }

    @Test func `Two rules cannot compute one total`() throws {
        let problems = try problems(
            (#""oid": "eligible", "rule": "eligibility""#, #""oid": "eligible", "rule": "instrumentTotal""#),
            (#""name": "derived", "value": "IE.eligible""#, #""name": "total", "value": "RI.total""#))
        names(
            problems, try path("eligible") + ".parameters[0].value", "computed by \"responderIndex\" already")
    }
}
