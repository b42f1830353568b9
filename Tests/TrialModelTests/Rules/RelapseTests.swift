import Testing
import TrialModel

@Suite(.tags(.unit)) struct RelapseTests {
    let study: StudyDefinition

    init() throws { study = try StudyDefinition.shipped() }

    private func summary(_ study: StudyDefinition, _ visits: [String]) throws -> String {
        try study.rate("relapse", over: WrittenCase.participant("P", visits)).summary
    }

    private static let no = "0/1 worst 0/1 best 0/1 missing [] unsettled []"
    private static let yes = "1/1 worst 1/1 best 1/1 missing [] unsettled []"
    private static let outside = "0/0 worst 0/0 best 0/0 missing [] unsettled []"
    private static let missing = "0/1 worst 1/1 best 0/1 missing [P] unsettled []"
    private static let unsettled = "0/1 worst 1/1 best 0/1 missing [] unsettled [P]"

    @Test(arguments: [
        (["W48 5"], no), (["W48 6"], yes), (["EOS 6"], yes), (["W48 4", "EOS 7"], yes),
        (["W48 6", "EOS 4"], yes), (["W48 4 Y"], yes), (["EOS Y"], yes), (["W48 4 N", "EOS 5 N"], no),
        (["W48 N"], no), (["UNS#1 6 @2026-06-01"], yes),
        (["UNS#1 4 @2026-06-01", "UNS#2 Y @2026-07-01"], yes),
    ])
    func `Relapse is a rise of at least 2 over week 12, or reinstituted treatment, at any later assessment`(
        later: [String], summary: String
    ) throws {
        #expect(try self.summary(study, ["BL 8", "W12 4 N @2026-05-01"] + later) == summary)
    }

    @Test(arguments: [
        ["BL 8", "W12 7", "W48 20 Y"], ["BL 8", "W48 20 Y"], ["BL 8", "W12 ?", "W48 20 Y"],
        ["W12 4", "W48 20 Y"], ["BL 8|9", "W48 20 Y"], ["BL ?", "W12 4|5", "W48 20 Y"],
    ])
    func `Only responders can relapse`(visits: [String]) throws {
        #expect(try summary(study, visits) == Self.outside)
    }

    @Test(arguments: [
        [], ["W48 @2027-01-01"], ["W48 ?"], ["W48 6 void"], ["W48 vas=3"], ["UNS#1 3 N"],
    ])
    func `A responder without any later assessment is missing, and a relapse in the worst case`(
        later: [String]
    ) throws {
        #expect(try summary(study, ["BL 8", "W12 4 @2026-05-01"] + later) == Self.missing)
    }

    @Test(arguments: [
        ("noRelapse", missing), ("relapse", "1/1 worst 1/1 best 0/1 missing [P] unsettled []"),
        ("excluded", "0/0 worst 1/1 best 0/1 missing [P] unsettled []"),
    ])
    func `What a responder without later assessment counts as is a parameter`(
        missing: String, summary: String
    ) throws {
        let study = try AlteredStudy.with("relapse", "missing", "\"\(missing)\"")
        #expect(try self.summary(study, ["BL 8", "W12 4"]) == summary)
        #expect(try self.summary(study, ["BL 8", "W12 4", "W48 4"]) == Self.no)
    }

    @Test func `What makes a visit an assessment is a parameter`() throws {
        let study = try AlteredStudy.with("relapse", "assessment", #""total""#)
        #expect(try summary(study, ["BL 8", "W12 4", "W48 N"]) == Self.missing)
        #expect(try summary(study, ["BL 8", "W12 4", "W48 4"]) == Self.no)
    }

    // MARK: Unscheduled visits

    @Test(arguments: ["@2026-03-01", "@2026-05-01"])
    func `An unscheduled visit on or before the date of week 12 does not count`(date: String) throws {
        let visits = ["BL 8", "W12 4 @2026-05-01", "UNS#1 12 Y \(date)"]
        #expect(try summary(study, visits) == Self.missing)
        #expect(try summary(study, visits + ["EOS 4"]) == Self.no)
        #expect(try summary(study, visits + ["UNS#2 12|1 N|Y \(date)", "EOS 4"]) == Self.no)
    }

    @Test(arguments: [
        ["W12 4 @2026-05-01", "UNS#1 12"], ["W12 4", "UNS#1 12 @2026-06-01"],
        ["W12 4 @2026-05-01", "UNS#1 12 @2026-05"],
    ])
    func `A relapse at a visit that nobody can place counts, and is listed as missing its date`(
        visits: [String]
    ) throws {
        let listed = "1/1 worst 1/1 best 0/1 missing [P] unsettled []"
        #expect(try summary(study, ["BL 8"] + visits) == listed)
        #expect(try summary(study, ["BL 8"] + visits + ["EOS 4"]) == listed)
        #expect(try summary(study, ["BL 8"] + visits + ["EOS 6"]) == Self.yes)
        let study = try AlteredStudy.with("relapse", "undated", #""excluded""#)
        #expect(try summary(study, ["BL 8"] + visits + ["EOS 4"]) == Self.missing)
    }

    @Test func `A date in conflict is as good as none, and is listed as unsettled`() throws {
        let listed = "1/1 worst 1/1 best 0/1 missing [] unsettled [P]"
        let visits = ["BL 8", "W12 4 @2026-05-01", "UNS#1 12 @2026-04-01|2026-06-01", "EOS 4"]
        #expect(try summary(study, visits) == listed)
        let other = ["BL 8", "W12 4 @2026-05-01|2026-05-02", "UNS#1 12 @2026-06-01", "EOS 4"]
        #expect(try summary(study, other) == listed)
        #expect(try summary(study, ["BL 8", "W12 4 @2026-05-01|2026-05-02", "EOS 4"]) == Self.no)
    }

    // MARK: Reference

    @Test(arguments: [
        ("responseEvent", ["W48 5"], no), ("baseline", ["W48 9"], no), ("baseline", ["W48 10"], yes),
        ("lowest", ["W48 2", "EOS 4"], yes), ("lowest", ["W48 4", "EOS 2"], no),
        ("responseEvent", ["W48 2", "EOS 4"], no),
        ("lowest", ["UNS#1 2 @2026-06-01", "UNS#2 4 @2026-07-01"], yes),
        ("lowest", ["UNS#1 4 @2026-07-01", "UNS#2 2 @2026-07-02"], no),
        ("lowest", ["UNS#1 4 @2026-07-01", "UNS#2 2"], no),
        ("lowest", ["W48 4 @2027-02-01", "UNS#1 2 @2027-01-01"], yes),
        ("lowest", ["W48 4 @2027-01-01", "UNS#1 2 @2027-02-01"], no),
    ])
    func `What a rise is measured from is a parameter`(reference: String, later: [String], summary: String)
        throws
    {
        let study = try AlteredStudy.with("relapse", "reference", "\"\(reference)\"")
        #expect(try self.summary(study, ["BL 8", "W12 4 @2026-05-01"] + later) == summary)
    }

    // MARK: Conflicts

    @Test(arguments: [
        (["W48 4|6"], unsettled), (["W48 4|5"], unsettled), (["W48 4 N|Y"], unsettled),
        (["W48 4", "EOS N|Y"], unsettled), (["W48 4|6", "EOS 4"], unsettled),
        (["W48 4|6", "EOS 6"], "1/1 worst 1/1 best 1/1 missing [] unsettled [P]"),
        (["W48 4 vas=1|2"], no), (["W48 4|6 void", "EOS 4"], no),
    ])
    func `A conflict goes either way, but undoes no relapse that another assessment shows`(
        later: [String], summary: String
    ) throws {
        #expect(try self.summary(study, ["BL 8", "W12 4 @2026-05-01"] + later) == summary)
    }

    @Test(arguments: [
        (["BL 8", "W12 4|7", "W48 4"], "0/0 worst 1/1 best 0/1 missing [] unsettled [P]"),
        (["BL 8", "W12 4|5", "W48 9"], "0/0 worst 1/1 best 0/1 missing [] unsettled [P]"),
        (["BL 8|5", "W12 4"], "0/0 worst 1/1 best 0/1 missing [] unsettled [P]"),
        (["BL 8|5", "W12 4", "W48 9"], "0/0 worst 1/1 best 0/0 missing [] unsettled [P]"),
        (["BL 8", "W12 4|7", "W48 4 Y"], "0/0 worst 1/1 best 0/0 missing [] unsettled [P]"),
    ])
    func `Whose response is unsettled is in the denominator of the bounds only`(
        visits: [String], summary: String
    ) throws {
        #expect(try self.summary(study, visits) == summary)
    }

    @Test func `A study may do without the answer on reinstitution`() throws {
        let json = try AlteredStudy.json(
            (#"{"name": "reinstituted", "value": "RL.reinstituted", "source": "registry"},"#, ""))
        let study = try StudyDefinition(json: json)
        #expect(try summary(study, ["BL 8", "W12 4", "W48 4 Y"]) == Self.no)
    }
}
