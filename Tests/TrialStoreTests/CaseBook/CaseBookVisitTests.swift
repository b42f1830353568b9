import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

@Suite(.tags(.store), .timeLimit(.minutes(10))) struct CaseBookVisitTests {
    let fixture: CaseBookFixture

    init() async throws { fixture = try await CaseBookFixture() }

    @Test(
        "An event that the study has not, or a repeat that cannot be, is refused",
        arguments: ["XX", "", "BL#1", "UNS", "UNS#", "UNS#0", "UNS#-1", "UNS#x", "UNS#10000", "#1"])
    func unknownEvents(text: String) async throws {
        let wang = try await fixture.desk("wang")
        try await wang.enrol("PKU-001")
        await expectProblem(.unknownEvent) { _ = try await wang.visit(text) }
    }

    @Test("What would be found on a sheet is what is found once it is saved, and nothing is written before")
    func foundBefore() async throws {
        let wang = try await fixture.desk("wang")
        try await wang.enrol("PKU-001")
        try await wang.save(["DM.consentDate=2026-03-05"], at: "SCR")
        try await wang.save(["SV.date=2026-03-06", "VS.weight=70"])
        let typed = ["SV.date=2026-03-02", "VS.weight=300", "PRED.dose=5"]
        let (sheet, before) = (try await wang.visit("BL"), try await wang.view())
        let book = try await wang.book.reading(around: sheet)
        let preview = try await book.preview(
            of: sheet, saving: try wang.book.values(typed), at: wang.author.now)
        #expect(try await wang.view() == before)
        try await wang.save(typed, reason: "typing errors")
        let after = try await wang.view().checks
        #expect(preview.findings.map(\.confirmation) == after.map(\.confirmation))
        let keys = Set(after.map(\.key))
        #expect(keys.isSuperset(of: ["range:VS.weight", "date-order:DM.consentDate+SV.date"]))
    }

    @Test("A participant is found by number, pending or confirmed, and nobody else is")
    func participants() async throws {
        let wang = try await fixture.desk("wang")
        let id = try await wang.enrol("PKU-001")
        #expect(try await wang.book.participant("PKU-001").id == id)
        try await fixture.sync(wang)
        #expect(try await wang.book.participant("PKU-001").id == id)
        #expect(try await wang.book.participant("pku-001").id == id, "as a person types it")
        for text in ["PKU-002", "PKU-00", "", "~", "PKU-001~ffffffff"] {
            await expectProblem(.unknownParticipant) { _ = try await wang.book.participant(text) }
        }
    }

    @Test("A visit is the same record on every replica, planned or unplanned")
    func visitsAreTheSameEverywhere() async throws {
        let (wang, liu) = (try await fixture.desk("wang"), try await fixture.desk("liu"))
        try await wang.enrol("PKU-001")
        try await wang.save(["VS.weight=60"])
        try await wang.save(["VS.weight=61"], at: "UNS#2")
        try await wang.save(["VS.weight=62"], at: "UNS#1")
        try await wang.save(["VS.weight=63"], at: "D14")
        try await fixture.sync(wang, liu)
        for event in ["BL", "UNS#1", "UNS#2", "D14"] {
            let (here, there) = (try await wang.visit(event), try await liu.visit(event))
            #expect(here.key == there.key && here.view.state == there.view.state)
            #expect(try await wang.view(event) == liu.view(event))
        }
        let participant = try await liu.book.participant("PKU-001")
        #expect(try await liu.book.view(of: participant).visits == ["BL", "D14", "UNS#1", "UNS#2"])
        #expect(try await liu.visit("UNS#3").view.state.registers.isEmpty)
    }

    @Test("Two repeats made apart with one number are told apart by short ids")
    func ambiguousRepeats() async throws {
        let (wang, liu) = (try await fixture.desk("wang"), try await fixture.desk("liu"))
        try await wang.enrol("PKU-001")
        try await fixture.sync(wang, liu)
        try await wang.save(["VS.weight=61"], at: "UNS#1")
        try await liu.save(["VS.weight=62"], at: "UNS#1")
        try await fixture.sync(wang, liu, wang)
        let participant = try await wang.book.participant("PKU-001")
        let ids = try await wang.book.visits(of: participant).compactMap { $0.key.id?.hex.prefix(4) }
        try #require(ids.count == 2)
        do {
            _ = try await wang.visit("UNS#1")
            Issue.record("one of the two was chosen")
        } catch let problem as Problem {
            #expect(problem.code == .ambiguousNumber)
            for id in ids { #expect(problem.message.contains("UNS#1~\(id)")) }
            #expect(Set(problem.choices) == Set(ids.map { "UNS#1~\($0)" }))
            #expect(problem.remedy.contains("trialsyncd visit renumber"))
        }
        let names = Set(ids.map { "UNS#1~\($0)" })
        #expect(Set(try await wang.book.view(of: participant).visits) == names)
        let today = try #require(CalendarDate("2026-03-02"))
        let schedule = ParticipantSchedule(
            of: try await wang.book.participantCase(of: participant), in: wang.book.study, today: today)
        #expect(Set(schedule.visits.map(\.event)).isSuperset(of: names))
        for name in names { #expect(try await wang.view(name).header.eventName == name) }
        for id in ids { #expect(try await wang.visit("UNS#1~\(id)").key.id?.hex.prefix(4) == id) }
        await expectProblem(.notFound) { _ = try await wang.visit("UNS#1~zzzz") }
        let kinds = try await wang.book.conflicts().map(\.conflict.kind)
        #expect(kinds == [.duplicateNumber])
    }

    @Test("Two participants with one number stay apart, and every replica names the same conflict")
    func duplicateParticipants() async throws {
        let (wang, liu) = (try await fixture.desk("wang"), try await fixture.desk("liu"))
        let ids = [try await wang.enrol("PKU-001"), try await liu.enrol("PKU-001")]
        #expect(try await wang.book.conflicts().isEmpty)
        try await fixture.sync(wang, liu, wang)
        let centre = try await fixture.centreDesk("zhang", .coordinator)
        let conflict = try await wang.conflict()
        #expect(conflict.conflict.kind == .duplicateNumber && conflict.conflict.siblings.count == 2)
        for desk in [liu, centre] { #expect(try await desk.conflict().conflict == conflict.conflict) }
        await expectProblem(.ambiguousNumber) { _ = try await wang.book.participant("PKU-001") }
        for id in ids {
            let name = "PKU-001~\(id.hex.prefix(4))"
            #expect(try await wang.book.participant(name).id == id)
            #expect(try await wang.book.participants().map(\.name).contains(name))
        }
        #expect { try wang.book.resolving(conflict, .take("x/1"), reason: "why", by: wang.author) } throws: {
            ($0 as? Problem)?.code == .notAllowed
        }
    }

    @Test(
        "A duplicate number is flagged while one of the two is only pending, and ends when one is renumbered")
    func duplicatesEnd() async throws {
        let (wang, liu) = (try await fixture.desk("wang"), try await fixture.desk("liu"))
        let id = try await wang.enrol("PKU-001")
        try await fixture.sync(wang, liu)
        try await liu.enrol("PKU-001")
        #expect(try await liu.conflict().conflict.kind == .duplicateNumber)
        try await fixture.sync(liu, wang)
        let zhao = try await fixture.centreDesk("zhao", .coordinator)
        let twice = try #require(
            try await zhao.book.participants(number: "PKU-001").first { $0.id == id })
        let change = try await zhao.book.renumbering(
            twice, to: "PKU-009", reason: "enrolled twice", by: zhao.author)
        _ = try await zhao.store.save([change], site: fixture.site, signedWith: zhao.key)
        #expect(try await zhao.book.conflicts().isEmpty)
        try await fixture.sync(wang, liu)
        for desk in [wang, liu] {
            #expect(try await desk.book.conflicts().isEmpty)
            #expect(try await desk.book.participant("PKU-009").id == id)
        }
    }
}
