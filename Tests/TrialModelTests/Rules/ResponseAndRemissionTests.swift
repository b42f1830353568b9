import Testing
import TrialModel

@Suite(.tags(.unit)) struct ResponseAndRemissionTests {
    let study: StudyDefinition

    init() throws { study = try StudyDefinition.shipped() }

    @Test(arguments: [
        (["BL 8", "W12 6"], "1/1 worst 1/1 best 1/1 missing [] unsettled []"),
        (["BL 8", "W12 7"], "0/1 worst 0/1 best 0/1 missing [] unsettled []"),
        (["BL 8", "W12 9"], "0/1 worst 0/1 best 0/1 missing [] unsettled []"),
        (["BL 8"], "0/1 worst 0/1 best 1/1 missing [P] unsettled []"),
        (["BL 8", "W12 ?"], "0/1 worst 0/1 best 1/1 missing [P] unsettled []"),
        (["BL 8", "W12 6 void"], "0/1 worst 0/1 best 1/1 missing [P] unsettled []"),
        (["W12 6"], "0/0 worst 0/0 best 0/0 missing [] unsettled []"),
        (["BL ?", "W12 6"], "0/0 worst 0/0 best 0/0 missing [] unsettled []"),
        (["BL 8 void", "W12 6"], "0/0 worst 0/0 best 0/0 missing [] unsettled []"),
        (["BL ?", "W12 5|6"], "0/0 worst 0/0 best 0/0 missing [] unsettled []"),
        (["BL 8", "W12 5|9"], "0/1 worst 0/1 best 1/1 missing [] unsettled [P]"),
        (["BL 8", "W12 5|6"], "0/1 worst 0/1 best 1/1 missing [] unsettled [P]"),
        (["BL 8|9", "W12 6"], "0/1 worst 0/1 best 1/1 missing [] unsettled [P]"),
        (["BL 8|?", "W12 6"], "0/1 worst 0/1 best 1/1 missing [] unsettled [P]"),
        (["BL 8|9"], "0/1 worst 0/1 best 1/1 missing [P] unsettled [P]"),
        (["BL 8 vas=1|2", "W12 6 N|Y", "W48 1|2"], "1/1 worst 1/1 best 1/1 missing [] unsettled []"),
    ])
    func `Response is a fall of at least 2 from baseline to week 12`(visits: [String], summary: String)
        throws
    {
        let view = try study.rate("response", over: WrittenCase.participant("P", visits))
        #expect(view.summary == summary)
    }

    @Test(arguments: [
        (["BL 8", "W12 6"], "1/1 worst 1/1 best 1/1 missing [] unsettled []"),
        (["BL 8"], "0/0 worst 0/1 best 1/1 missing [P] unsettled []"),
        (["BL 8", "W12 5|6"], "0/0 worst 0/1 best 1/1 missing [] unsettled [P]"),
    ])
    func `Without week 12 a participant may be left out of the headline`(visits: [String], summary: String)
        throws
    {
        let study = try AlteredStudy.with("response", "missing", #""excluded""#)
        let view = try study.rate("response", over: WrittenCase.participant("P", visits))
        #expect(view.summary == summary)
    }

    @Test func `How much a response takes is a parameter`() throws {
        let study = try AlteredStudy.with("response", "decreaseAtLeast", "3")
        #expect(
            try study.rate("response", over: WrittenCase.participant("P", "BL 8", "W12 6")).headline.n == 0)
        #expect(
            try study.rate("response", over: WrittenCase.participant("P", "BL 8", "W12 5")).headline.n == 1)
    }

    @Test(arguments: [
        (["BL 8", "W48 0"], "1/1 worst 1/1 best 1/1 missing [] unsettled []"),
        (["BL 8", "W48 1"], "0/1 worst 0/1 best 0/1 missing [] unsettled []"),
        (["BL 0", "W48 0"], "1/1 worst 1/1 best 1/1 missing [] unsettled []"),
        (["BL 8", "W12 0", "EOS 0"], "0/1 worst 0/1 best 1/1 missing [P] unsettled []"),
        (["BL 8", "W48 ?"], "0/1 worst 0/1 best 1/1 missing [P] unsettled []"),
        (["W48 0"], "0/0 worst 0/0 best 0/0 missing [] unsettled []"),
        (["BL 8", "W48 0|?"], "0/1 worst 0/1 best 1/1 missing [] unsettled [P]"),
    ])
    func `Remission is a total of 0 at week 48`(visits: [String], summary: String) throws {
        let view = try study.rate("remission", over: WrittenCase.participant("P", visits))
        #expect(view.summary == summary)
    }

    @Test func `Without week 48 a participant may be left out of the headline`() throws {
        let study = try AlteredStudy.with("remission", "missing", #""excluded""#)
        let view = try study.rate("remission", over: WrittenCase.participant("P", "BL 8"))
        #expect(view.summary == "0/0 worst 0/1 best 1/1 missing [P] unsettled []")
    }

    @Test func `Participants are counted together and listed in the order of their numbers`() throws {
        let view = try study.rate(
            "response", over: WrittenCase.participant("PKU-003", "BL 8"),
            WrittenCase.participant("PKU-001", "BL 8", "W12 2"),
            WrittenCase.participant("PKU-004", "BL 8", "W12 8"), WrittenCase.participant("PKU-002", "BL 9"))
        #expect(view.summary == "1/4 worst 1/4 best 3/4 missing [PKU-002 PKU-003] unsettled []")
        #expect(view.headline.rate == 0.25)
    }
}
