import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

@Suite(.tags(.store), .timeLimit(.minutes(10))) struct CaseBookQueryTests {
    let fixture: CaseBookFixture

    init() async throws { fixture = try await CaseBookFixture() }

    /// Two people of the site and a monitor at the centre, and a question on the weight of PKU-001.
    private func asked() async throws -> (
        wang: CaseBookFixture.Desk, liu: CaseBookFixture.Desk, monitor: CaseBookFixture.Desk, id: String
    ) {
        let (wang, liu) = (try await fixture.desk("wang"), try await fixture.desk("liu", .dataEntry))
        try await wang.enrol("PKU-001")
        try await wang.save(["VS.weight=60"])
        try await fixture.sync(wang, liu)
        let monitor = try await fixture.centreDesk("zhao", .monitor)
        let id = try await monitor.raise("PKU-001", "BL", "VS.weight", "is this right?")
        try await fixture.sync(wang, liu)
        return (wang, liu, monitor, id)
    }

    @Test("An answer that was written offline leaves a query open that was asked more in the meantime")
    func answers() async throws {
        let (wang, liu, monitor, id) = try await asked()
        #expect(try await wang.query(id).status == .open)
        #expect(try await wang.book.openQueries() == 1)
        try await wang.answer(id, "yes")
        #expect(try await wang.query(id).status == .answered)
        try await monitor.answer(id, "and the unit?")
        try await fixture.sync(wang, liu)
        for desk in [wang, liu, monitor] { #expect(try await desk.query(id).status == .open) }
        try await liu.answer(id, "kilograms")
        try await fixture.sync(liu, wang)
        for desk in [wang, liu, monitor] {
            let query = try await desk.query(id)
            #expect(query.status == .answered && query.thread.messages.count == 4)
            #expect(query.participant == "PKU-001" && query.thread.item == "VS.weight")
        }
    }

    @Test("Answers made apart both stay, and nothing of it is a conflict or depends on a lock")
    func answersApart() async throws {
        let (wang, liu, monitor, id) = try await asked()
        try await monitor.lock("BL")
        try await wang.answer(id, "yes")
        try await liu.answer(id, "no")
        try await fixture.sync(wang, liu, wang)
        for desk in [wang, liu, monitor] {
            let texts = try await desk.query(id).thread.messages.map(\.text)
            #expect(Set(texts) == ["is this right?", "yes", "no"])
            #expect(try await desk.book.conflicts().isEmpty)
        }
    }

    @Test("A closed query is listed only with all, takes no answer, and is opened again with a question")
    func closing() async throws {
        let (wang, liu, monitor, id) = try await asked()
        try await monitor.close(id)
        #expect(
            try await monitor.book.closing(try await monitor.found(id), reason: "", by: monitor.author) == nil
        )
        try await fixture.sync(wang, liu)
        #expect(try await wang.book.queries().isEmpty)
        #expect(try await wang.book.openQueries() == 0)
        #expect(try await wang.book.queries(all: true).map(\.shown.status) == [.closed])
        await expectProblem(.queryClosed) { try await wang.answer(id, "late") }
        try await monitor.reopen(id, "still not clear")
        try await fixture.sync(wang)
        #expect(try await wang.query(id).status == .open)
        try await wang.answer(id, "now it is")
        #expect(try await wang.query(id).status == .answered)
    }

    @Test("A query of the site's is answered by the centre, and opened again waits for the site")
    func siteAsks() async throws {
        let (wang, _, monitor, _) = try await asked()
        let id = try await wang.raise("PKU-001", "BL", "", "is a phone visit enough?")
        try await fixture.sync(wang)
        #expect(try await monitor.query(id).thread.asked == .site)
        try await monitor.answer(id, "yes")
        #expect(try await monitor.query(id).status == .answered)
        try await monitor.reopen(id, "was it a phone visit?")
        #expect(try await monitor.query(id).status == .open)
        try await fixture.sync(wang)
        try await wang.answer(id, "it was, and is that enough?")
        #expect(try await wang.query(id).status == .open)
    }

    @Test("What is asked is about something there is, and is not empty or endless")
    func refusals() async throws {
        let (wang, _, monitor, id) = try await asked()
        await expectProblem(.unknownEvent) { try await monitor.raise("PKU-001", "XX", "", "why?") }
        await expectProblem(.unknownItem) { try await monitor.raise("PKU-001", "BL", "VS.shoe", "why?") }
        await expectProblem(.itemNotAtEvent) { try await monitor.raise("PKU-001", "SCR", "VS.weight", "?") }
        await expectProblem(.unknownParticipant) { try await monitor.raise("PKU-009", "BL", "", "why?") }
        for desk in [wang, monitor] {
            await expectProblem(.usage) { try await desk.answer(id, " \n") }
            await expectProblem(.textTooLong) {
                try await desk.answer(id, String(repeating: "x", count: 4001))
            }
        }
        try await wang.answer(id, String(repeating: "重", count: 4000))
        await expectProblem(.notFound) { try await wang.answer("0000", "yes") }
        await expectProblem(.notFound) { try await wang.answer(String(id.prefix(3)), "yes") }
    }

    @Test("A statistician asks nothing, and who enters data closes nothing")
    func roles() async throws {
        let (wang, _, _, id) = try await asked()
        let reader = try await fixture.centreDesk("qian", .statistician)
        await expectProblem(.notAllowed) { try await reader.raise("PKU-001", "BL", "", "why?") }
        await expectProblem(.notAllowed) { try await reader.answer(id, "so") }
        await expectProblem(.notAllowed) { try await reader.close(id) }
        await expectProblem(.notAllowed) { try await wang.close(id) }
        await expectProblem(.notAllowed) { try await wang.reopen(id, "again") }
    }

    @Test("After any order of syncs all replicas show the same queries", arguments: UInt64(1)...5)
    func seeded(seed: UInt64) async throws {
        let (wang, liu, monitor, id) = try await asked()
        var random = SeededGenerator(seed: seed)
        for round in 0..<12 {
            let desk = [wang, liu, monitor].randomElement(using: &random) ?? wang
            let isClosed = try await desk.query(id).status == .closed
            if !isClosed, random.chance(0.7) {
                try await desk.answer(id, "round \(round)")
            } else if desk.author.role == .monitor {
                if isClosed { try await desk.reopen(id, "again") } else { try await desk.close(id) }
            }
            if random.chance(0.4), desk.author.role != .monitor { try await fixture.sync(desk) }
        }
        try await fixture.sync(wang, liu, wang)
        let shown = try await monitor.query(id)
        for desk in [wang, liu] { #expect(try await desk.query(id) == shown) }
        #expect(try await monitor.book.conflicts().isEmpty)
    }
}

extension CaseBookFixture.Desk {
    func found(_ id: String) async throws -> CaseBook.Query { try await book.query(id) }

    func query(_ id: String) async throws -> QueryView { try await book.query(id).shown }

    @discardableResult
    func raise(_ participant: String, _ sheet: String, _ item: String, _ text: String) async throws -> String
    {
        let change = try await book.raising(
            on: try await book.participant(participant), sheet: sheet, item: item, text: text, by: author)
        try await save(change)
        return CaseBook.shortName(of: change.record)
    }

    func answer(_ id: String, _ text: String) async throws {
        try await save(try book.answering(try await book.query(id), text: text, by: author))
    }

    func close(_ id: String) async throws {
        guard let change = try book.closing(try await book.query(id), reason: "", by: author) else { return }
        try await save(change)
    }

    func reopen(_ id: String, _ text: String) async throws {
        try await save(try book.reopening(try await book.query(id), text: text, by: author))
    }

    /// Locks a visit, whoever may.
    func lock(_ event: String) async throws {
        let write = RegisterWrite("@lock", [ItemValue("@lock", .yesNo(true))])
        try await save(
            author.change(.lock, try await visit(event).key, [write], study: book.study, reason: "done"))
    }

    func save(_ change: Change) async throws {
        _ = try await store.save([change], site: site, signedWith: key)
    }
}
