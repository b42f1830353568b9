import Testing
import TrialModel

@Suite(.tags(.unit)) struct LikelyDuplicateTests {
    private func key(_ values: [String: Value]) throws -> [String]? {
        let rule = try #require(try StudyDefinition.shipped().ruleBook.likelyDuplicate)
        return rule.key { values[$0.oid] ?? .empty }
    }

    @Test("Who agrees in initials, birth year and sex is likely one person; case and blanks do not matter")
    func keys() throws {
        let one: [String: Value] = [
            "DM.initials": .text("ZQ"), "DM.birthYear": .integer(1961), "DM.sex": .code("F"),
        ]
        let key = try #require(try key(one))
        #expect(try self.key(one.merging(["DM.initials": .text("z q")]) { $1 }) == key)
        #expect(try self.key(one.merging(["DM.birthYear": .integer(1962)]) { $1 }) != key)
        #expect(try self.key(one.merging(["DM.sex": .code("M")]) { $1 }) != key)
    }

    @Test("Who has not answered one of them is like nobody", arguments: [Value.empty, .missing(.unknown)])
    func missing(value: Value) throws {
        #expect(
            try key(["DM.initials": .text("ZQ"), "DM.birthYear": .integer(1961), "DM.sex": value]) == nil)
    }

    @Test(
        "What is wrong with the rule is named by its path",
        arguments: [
            (#""DM.sex"], "status""#, #""DM.shoe"], "status""#, ".value[2]", "there is no item"),
            (#""DM.sex"], "status""#, #""DM.birthYear"], "status""#, ".value[2]", "named twice"),
            (#"["DM.initials", "DM.birthYear", "DM.sex"]"#, "[]", ".value", "at least 1"),
            (#"["DM.initials", "DM.birthYear", "DM.sex"]"#, #""DM.sex""#, ".value", "must be a list"),
        ])
    func problems(old: String, new: String, path: String, says: String) throws {
        let study = try StudyDefinition.shipped()
        let index = try #require(study.rules.firstIndex { $0.kind == .likelyDuplicate })
        var json = String(decoding: study.json, as: UTF8.self)
        json.replaceSubrange(try #require(json.ranges(of: old).last), with: new)
        let problems = StudyDefinition.problems(in: Array(json.utf8))
        let place = "rules[\(index)].parameters[0]" + path
        #expect(problems.contains { $0.path == place && $0.message.contains(says) }, "\(problems)")
    }
}
