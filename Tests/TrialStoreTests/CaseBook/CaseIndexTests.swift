import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

/// An index that goes on for as long as a centre runs, against the same read from the store at each moment.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct CaseIndexTests {
    let fixture: CaseBookFixture
    let today: CalendarDate
    private let other = SiteCode("SHA")!

    init() async throws {
        fixture = try await CaseBookFixture()
        today = try #require(CalendarDate("2026-06-01"))
        try await fixture.centre.makeSite(other)
    }

    /// Everything that a list, a count or a report shows.
    private struct Facts: Equatable {
        var participants: [ParticipantView] = []
        var standings = StandingCounts()
        var conflicts: [ConflictView] = []
        var queries: [QueryView] = []
        var openQueries: [QueryView] = []
        var serious: [SeriousEvent] = []
        var quarantine: [HistoryEntry] = []
        var reports: [String] = []
    }

    private func kept(_ index: CaseIndex) async throws -> Facts {
        let list = try await index.current(study: fixture.study, today: today)
        let now = DeviceTime(milliseconds: 1_772_000_000_000, offsetMinutes: 0)
        return Facts(
            participants: list.cards.map(\.shown), standings: list.standings,
            conflicts: list.conflicts.map(\.shown), queries: list.queries(all: true).map(\.shown),
            openQueries: list.queries(all: false).map(\.shown), serious: list.seriousEvents(now: now),
            quarantine: list.quarantine,
            reports: [
                list.endpoints(asOf: "now").json.text,
                ScheduleReport(list.staying.compactMap(\.standing?.schedule)).json.text,
            ])
    }

    /// The same, read from a store now.
    private func read(_ store: SQLiteReplica) async throws -> Facts {
        let book = CaseBook(store: store, study: fixture.study)
        let now = DeviceTime(milliseconds: 1_772_000_000_000, offsetMinutes: 0)
        var facts = Facts()
        let participants = try await book.participants()
        for participant in participants {
            facts.participants.append(try await book.view(of: participant))
            guard participant.departure == nil, let rule = fixture.study.ruleBook.seriousEvents else {
                continue
            }
            for line in try await book.participantCase(of: participant).lines where rule.isSerious(line) {
                let sheet = try await book.line(participant, line.line)
                let received = try await store.history(of: sheet.key).compactMap(\.judgement).first
                facts.serious.append(
                    SeriousEvent(
                        line, of: participant.name, site: participant.site, by: rule, now: now,
                        receivedMilliseconds: received?.receivedMilliseconds))
            }
        }
        facts.standings = try await book.standings(of: participants)
        facts.conflicts = try await book.conflicts().map(\.shown)
        facts.queries = try await book.queries(all: true).map(\.shown)
        facts.openQueries = try await book.queries().map(\.shown)
        facts.quarantine = try await store.quarantine()
        let cases = try await book.participantCases()
        facts.reports = [
            fixture.study.endpointReport(over: cases, asOf: "now").json.text,
            ScheduleReport(cases.map { ParticipantSchedule(of: $0, in: fixture.study, today: today) }).json
                .text,
        ]
        return facts
    }

    /// Two laptops that are often apart, and a coordinator.
    private struct Walk {
        let laptops: [CaseBookFixture.Desk]
        let coordinator: CaseBookFixture.Desk
        let other: SiteCode
        var random: SeededGenerator
        /// What was done, for a failure to say.
        var steps: [String] = []

        /// Does one thing; what is refused is refused.
        mutating func step(_ fixture: CaseBookFixture) async throws {
            let desk = laptops.randomElement(using: &random) ?? coordinator
            let number = "PKU-00\(Int.random(in: 1...3, using: &random))"
            let event = ["BL", "W12", "W48", "UNS#1"].randomElement(using: &random) ?? "BL"
            let kind = Int.random(in: 0..<15, using: &random)
            steps.append("\(kind) \(desk.author.name) \(number) \(event)")
            do {
                switch kind {
                case 0: try await desk.enrol(number)
                case 1...3: try await save(desk, number, event)
                case 4: try await adverseEvent(desk, number)
                case 5: try await desk.raise(number, event, "", "is this so?")
                case 6: try await talk(desk)
                case 7: try await decide(number, event)
                case 8: try await settle()
                case 9: try await renumber(number)
                case 10 where random.chance(0.3): try await move(number)
                default: try await fixture.syncLeniently(desk)
                }
            } catch is Problem {}
        }

        private mutating func save(_ desk: CaseBookFixture.Desk, _ number: String, _ event: String)
            async throws
        {
            let weight = Int.random(in: 50...90, using: &random)
            let sheet = try await desk.visit(event, of: number)
            let values = try desk.book.values(
                ["VS.weight=\(weight)", "PGA.vas=\(weight)", "SV.date=2026-03-\(weight % 20 + 10)"])
            if let change = try await desk.book.saving(
                values, on: sheet, base: nil, reason: "seen again", by: desk.author)
            {
                try await desk.save(change)
            }
        }

        private mutating func adverseEvent(_ desk: CaseBookFixture.Desk, _ number: String) async throws {
            let line = desk.book.newLine(
                of: try await desk.book.participant(number), form: try desk.book.log("AE"),
                id: RecordID(prefixOf: [UInt8.random(in: 0...255, using: &random)]))
            let values = try desk.book.values(["AE.term=rash", "AE.serious=Y"])
            if let change = try await desk.book.saving(
                values, on: line, base: nil, reason: "", by: desk.author)
            {
                try await desk.save(change)
            }
        }

        private mutating func talk(_ desk: CaseBookFixture.Desk) async throws {
            let queries = try await coordinator.book.queries(all: true)
            guard let query = queries.randomElement(using: &random)?.shown.id else { return }
            switch Int.random(in: 0..<3, using: &random) {
            case 0: try await desk.answer(query, "yes")
            case 1: try await coordinator.close(query)
            default: try await coordinator.reopen(query, "and now?")
            }
        }

        private mutating func decide(_ number: String, _ event: String) async throws {
            let decision = [RecordDecision.lock, .unlock, .void].randomElement(using: &random) ?? .lock
            let sheet = try await coordinator.visit(event, of: number)
            try await coordinator.save(
                try coordinator.book.deciding(
                    decision, on: sheet, reason: "as agreed", by: coordinator.author))
        }

        private mutating func settle() async throws {
            let open = try await coordinator.book.conflicts()
            guard let conflict = open.randomElement(using: &random),
                let side = conflict.shown.versions.randomElement(using: &random)
            else { return }
            try await coordinator.resolve(conflict.conflict.id, .take(side.stamp.entry))
        }

        private mutating func renumber(_ number: String) async throws {
            let bearers = try await coordinator.book.participants(number: number)
            guard let one = bearers.randomElement(using: &random) else { return }
            let free = "PKU-0\(Int.random(in: 10...99, using: &random))"
            try await coordinator.save(
                try await coordinator.book.renumbering(
                    one, to: free, reason: "given twice", by: coordinator.author))
        }

        private func move(_ number: String) async throws {
            let mover = CaseBook.Mover(
                author: coordinator.author, key: coordinator.key, reason: "moved house")
            let participant = try await coordinator.book.participant(number)
            let moving = try await coordinator.book.transferring(participant, to: other, by: mover)
            _ = try await coordinator.store.save(moving.saves)
        }
    }

    @Test("After whatever comes, in whatever order, it shows what the store shows", arguments: 1...6)
    func anything(seed: UInt64) async throws {
        let laptops = [try await fixture.desk("wang"), try await fixture.desk("liu")]
        var walk = Walk(
            laptops: laptops, coordinator: try await fixture.centreDesk("zhang", .coordinator), other: other,
            random: SeededGenerator(seed: seed))
        for laptop in laptops { try await fixture.syncLeniently(laptop) }
        let stores = [fixture.centre] + laptops.map(\.store)
        let indices = stores.map { CaseIndex($0, keepsFindings: true) }
        for _ in 0..<60 {
            try await walk.step(fixture)
            for (store, index) in zip(stores, indices) {
                let (kept, read) = (try await kept(index), try await read(store))
                try #require(kept == read, "\(walk.steps)")
            }
        }
        for laptop in laptops { try await fixture.syncLeniently(laptop) }
        for (store, index) in zip(stores, indices) {
            let read = try await read(store)
            #expect(try await kept(index) == read)
            #expect(!read.participants.isEmpty)
        }
    }

    @Test("Another day has other visits late")
    func otherDay() async throws {
        let wang = try await fixture.desk("wang")
        try await wang.enrol("PKU-001")
        try await wang.save(["VS.weight=60", "SV.date=2026-03-02"])
        try await fixture.sync(wang)
        let index = CaseIndex(fixture.centre)
        func statuses(_ study: StudyDefinition, _ day: String) async throws -> [VisitStatus] {
            let list = try await index.current(study: study, today: try #require(CalendarDate(day)))
            return try #require(list.cards.first?.standing).schedule.visits.map(\.status)
        }
        let first = try await statuses(fixture.study, "2026-03-02")
        #expect(try await statuses(fixture.study, "2027-03-02") != first)
        #expect(try await statuses(fixture.study, "2026-03-02") == first)
    }

    @Test("Records that are written anew are shown, though the sum of their site is what it was")
    func rebuilt() async throws {
        let wang = try await fixture.desk("wang")
        try await wang.enrol("PKU-001")
        try await wang.save(["VS.weight=60", "SV.date=2026-03-02"])
        try await fixture.sync(wang)
        let whole = try await read(fixture.centre)
        try fixture.centre.tamper("DELETE FROM record WHERE participant IS NOT NULL")
        let index = CaseIndex(fixture.centre)
        #expect(try await kept(index) != whole)
        #expect(try await fixture.centre.repair().problems == [])
        #expect(try await kept(index) == whole)
    }

    @Test("Many who ask at once are told the same")
    func atOnce() async throws {
        let wang = try await fixture.desk("wang")
        try await wang.enrol("PKU-001")
        try await fixture.sync(wang)
        let index = CaseIndex(fixture.centre)
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask { try await index.current(study: fixture.study, today: today).cards.count }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts == Array(repeating: 1, count: 20))
    }
}
