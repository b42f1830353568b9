import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

@Suite(.tags(.store), .timeLimit(.minutes(10))) struct CaseBookParticipantTests {
    let fixture: CaseBookFixture
    private let other = SiteCode("SHA")!

    init() async throws {
        fixture = try await CaseBookFixture()
        try await fixture.centre.makeSite(other)
        coordinator = try await fixture.centreDesk("zhang", .coordinator)
    }

    private let coordinator: CaseBookFixture.Desk

    private func mover(_ desk: CaseBookFixture.Desk, reason: String = "moved house") -> CaseBook.Mover {
        CaseBook.Mover(author: desk.author, key: desk.key, reason: reason)
    }

    private func transfer(_ number: String = "PKU-001") async throws {
        let desk = coordinator
        let moving = try await desk.book.transferring(
            try await desk.book.participant(number), to: other, by: mover(desk))
        _ = try await desk.store.save(moving.saves)
    }

    private func merge(_ number: String, into other: String) async throws {
        let desk = coordinator
        let merging = try await desk.book.merging(
            try await desk.book.participant(number), into: try await desk.book.participant(other),
            by: mover(desk))
        _ = try await desk.store.save([merging])
    }

    /// PKU-001 with a visit, a log line and a query, at the centre.
    private func participant() async throws -> CaseBookFixture.Desk {
        let wang = try await fixture.desk("wang")
        try await wang.enrol("PKU-001")
        try await wang.save(["VS.weight=60", "SV.date=2026-03-02"])
        let participant = try await wang.book.participant("PKU-001")
        let line = wang.book.newLine(
            of: participant, form: try wang.book.log("AE"), id: RecordID(prefixOf: [7]))
        let values = try wang.book.values(["AE.term=rash"])
        try await wang.save(
            try #require(
                try await wang.book.saving(values, on: line, base: nil, reason: "", by: wang.author)))
        _ = try await wang.raise("PKU-001", "BL", "VS.weight", "enough?")
        try await fixture.sync(wang)
        return wang
    }

    @Test("Two who bear one number: one is renumbered, and the conflict is decided by that")
    func renumbering() async throws {
        let (wang, liu) = (try await fixture.desk("wang"), try await fixture.desk("liu"))
        try await wang.enrol("PKU-001")
        let id = try await liu.enrol("PKU-001")
        try await fixture.sync(wang, liu, wang)
        let desk = coordinator
        let conflict = try await desk.conflict().conflict
        let participant = try await desk.book.participant("PKU-001~\(id.hex.prefix(4))")
        func renumber(_ number: String, reason: String = "given twice", by who: CaseBookFixture.Desk)
            async throws -> Change
        {
            try await desk.book.renumbering(participant, to: number, reason: reason, by: who.author)
        }
        for wrong in ["SHA-002", "PKU-2", "PKU-0002", "PKU-000", "PKU2", "PKU-٠٠٢", "PKU-1234567890"] {
            await expectProblem(.nameInvalid) { _ = try await renumber(wrong, by: desk) }
        }
        await expectProblem(.alreadyExists) { _ = try await renumber("PKU-001", by: desk) }
        await expectProblem(.reasonNeeded) { _ = try await renumber("PKU-002", reason: " ", by: desk) }
        for role in [Role.investigator, .monitor, .dataManager, .admin] {
            await expectProblem(.notAllowed) {
                _ = try await renumber("PKU-002", by: try await fixture.centreDesk("x", role))
            }
        }
        let change = try await renumber("PKU-300", by: desk)
        #expect(change.conflict == conflict.id)
        try await desk.save(change)
        try await fixture.sync(wang, liu)
        for reader in [wang, liu, desk] {
            #expect(try await reader.book.participants().map(\.name) == ["PKU-001", "PKU-300"])
            #expect(try await reader.book.conflicts().isEmpty)
            #expect(try await reader.book.conflict(conflict.id.hex).kind == .duplicateNumber)
        }
        #expect(try await wang.store.numbers().highestSeen == 300, "no later lease gives it out")
    }

    @Test("A transferred participant has everything at the new site, and the old records are locked")
    func transferring() async throws {
        let wang = try await participant()
        let day = try await coordinator.book.view(of: coordinator.book.participant("PKU-001")).enrolled
        try await transfer()
        let (desk, book) = (coordinator, coordinator.book)
        let moved = try await book.participant("PKU-001")
        #expect(moved.site == other)
        #expect(try await book.view(of: moved).enrolled == day && !day.isEmpty)
        let visit = try await book.view(of: try await book.visit(moved, "BL") { RecordID(prefixOf: []) })
        #expect(visit.items.first { $0.item == "VS.weight" }?.state == .agreed)
        #expect(try await book.lines(of: moved).count == 1)
        let query = try #require(try await book.queries(site: other).first)
        #expect(query.shown.thread.messages.map(\.author) == ["wang"] && query.shown.status == .open)
        #expect(try await book.openQueries() == 1)
        #expect(try await book.queries(all: true).count == 2)
        #expect(try await book.conflicts().isEmpty, "one number at two sites, but one participant")
        #expect(try await book.participants().map(\.status).sorted() == ["enrolled", "transferred"])
        #expect(try await book.participantCases().count == 1, "reports count the participant once")
        #expect(try await desk.store.verify().problems.isEmpty)

        try await fixture.sync(wang)
        #expect(try await wang.book.participants().map(\.status) == ["transferred"])
        #expect(try await wang.view().locked)
        await expectProblem(.recordLocked) { try await wang.save(["PGA.vas=10"]) }
        await expectProblem(.recordLocked) { try await wang.save(["PGA.vas=10"], at: "W12") }
        await expectProblem(.recordLocked) { try await wang.raise("PKU-001", "BL", "", "why?") }
        #expect(try await wang.store.numbers().highestSeen == 1)
    }

    @Test("What the old site entered offline is held for a person to see, on visits that were not there too")
    func lateEdits() async throws {
        let wang = try await participant()
        try await transfer()
        try await wang.save(["PGA.vas=10"])
        try await wang.save(["PGA.vas=20"], at: "W12")
        try await fixture.sync(wang)
        let kinds = try await coordinator.book.conflicts().map(\.conflict.kind)
        #expect(kinds == [.editAfterLock, .editAfterLock])
        for open in try await coordinator.book.conflicts() {
            let versions = open.shown.versions
            let lock = try #require(versions.first { $0.values.contains { $0.item == "@lock" } })
            let edit = try #require(versions.first { $0.stamp.author == "wang" })
            await expectProblem(.recordLocked) {
                try await coordinator.resolve(open.conflict.id, .take(edit.stamp.entry))
            }
            try await coordinator.resolve(open.conflict.id, .take(lock.stamp.entry))
            #expect(try await coordinator.book.conflict(open.conflict.id.hex).versions == versions)
        }
        #expect(try await coordinator.book.conflicts().isEmpty)
    }

    @Test("Locks and voids go with the copies")
    func locksAndVoids() async throws {
        let wang = try await participant()
        let desk = coordinator
        try await desk.lock("BL")
        try await wang.save(["SV.date=2026-05-25"], at: "W12")
        try await fixture.sync(wang)
        let void = RegisterWrite("@void", [ItemValue("@void", .yesNo(true))])
        let visit = try await desk.visit("W12")
        var change = desk.author.change(
            .void, visit.key, [void], study: desk.book.study, reason: "wrong person")
        change.cites = visit.view.state.registers.values.flatMap { $0.live.map(\.id) }
        try await desk.save(change)
        try await transfer()
        let moved = try await desk.book.participant("PKU-001")
        for (event, locked, voided) in [("BL", true, false), ("W12", false, true)] {
            let sheet = try await desk.book.sheet(moved, event)
            let view = try await desk.book.view(of: sheet)
            #expect(view.locked == locked && view.voided == voided, "\(event)")
            #expect(sheet.view.state.departure == nil)
        }
        #expect(try await desk.book.conflicts().isEmpty)
    }

    @Test("A transfer needs another site, a reason, the right, and no open conflict")
    func transferRefusals() async throws {
        let (wang, liu) = try await fixture.conflicting()
        let desk = coordinator
        let participant = try await desk.book.participant("PKU-001")
        await expectProblem(.conflictOpen) { try await transfer() }
        try await wang.resolve(
            try await wang.conflict().conflict.id,
            .set(["VS.weight": try fixture.study.value(from: "61", for: fixture.study.item("VS.weight")!)]))
        try await fixture.sync(wang, liu)
        await expectProblem(.alreadyExists) {
            _ = try await desk.book.transferring(participant, to: fixture.site, by: mover(desk))
        }
        await expectProblem(.reasonNeeded) {
            _ = try await desk.book.transferring(participant, to: other, by: mover(desk, reason: ""))
        }
        for role in [Role.investigator, .dataManager, .monitor, .statistician] {
            let person = try await fixture.centreDesk("x", role)
            await expectProblem(.notAllowed) {
                _ = try await desk.book.transferring(participant, to: other, by: mover(person))
            }
            await expectProblem(.notAllowed) {
                _ = try await desk.book.merging(participant, into: participant, by: mover(person))
            }
        }
        let moving = try await desk.book.transferring(participant, to: other, by: mover(desk))
        try await wang.save(["PGA.vas=10"])
        try await fixture.sync(wang)
        await expectProblem(.storeBusy) { _ = try await desk.store.save(moving.saves) }
        #expect(try await desk.book.participants(site: other).isEmpty, "all or nothing")
        try await transfer()
        await expectProblem(.recordLocked) {
            _ = try await desk.book.transferring(
                try await desk.book.participants(site: fixture.site)[0], to: other, by: mover(desk))
        }
    }

    // MARK: One person twice

    private let person = ["DM.initials=ZQ", "DM.birthYear=1961", "DM.sex=F"]

    /// PKU-001 and PKU-002, who are alike, with different weights at baseline.
    private func alike() async throws -> CaseBookFixture.Desk {
        let wang = try await fixture.desk("wang")
        for (number, weight) in [("PKU-001", "60"), ("PKU-002", "61")] {
            try await wang.enrol(number)
            for (event, values) in [("SCR", person), ("BL", ["VS.weight=\(weight)", "SV.date=2026-03-02"])] {
                let sheet = try await wang.visit(event, of: number)
                let change = try await wang.book.saving(
                    try wang.book.values(values), on: sheet, base: nil, reason: "", by: wang.author)
                try await wang.save(try #require(change))
            }
        }
        try await fixture.sync(wang)
        return wang
    }

    @Test("Likely duplicates are listed on both sides until they are dismissed with a reason")
    func dismissing() async throws {
        let wang = try await alike()
        let desk = coordinator
        for reader in [wang, desk] {
            #expect(try await reader.book.duplicates().map(\.participants) == [["PKU-001", "PKU-002"]])
        }
        let (first, second) = (
            try await desk.book.participant("PKU-002"), try await desk.book.participant("PKU-001")
        )
        func dismiss(_ reason: String, by who: CaseBookFixture.Desk) async throws -> Change {
            try await desk.book.dismissing(first, second, reason: reason, by: who.author)
        }
        await expectProblem(.reasonNeeded) { _ = try await dismiss("", by: desk) }
        for role in [Role.monitor, .dataManager, .statistician] {
            await expectProblem(.notAllowed) {
                _ = try await dismiss("twins", by: try await fixture.centreDesk("x", role))
            }
        }
        try await desk.save(try await dismiss("twins", by: desk))
        await expectProblem(.notFound) { _ = try await dismiss("twins", by: desk) }
        try await fixture.sync(wang)
        for reader in [wang, desk] { #expect(try await reader.book.duplicates().isEmpty) }
    }

    @Test("Merged, the one's data stands with the other's: what differs is a conflict, what agrees is not")
    func merging() async throws {
        let wang = try await alike()
        try await merge("PKU-002", into: "PKU-001")
        try await fixture.sync(wang)
        for reader in [wang, coordinator] {
            #expect(try await reader.book.duplicates().isEmpty)
            #expect(try await reader.book.participants().map(\.status) == ["enrolled", "merged"])
            #expect(try await reader.conflict().conflict.register == "VS.weight")
            #expect(try await reader.weights() == ["60", "61"])
        }
        await expectProblem(.recordLocked) { try await merge("PKU-002", into: "PKU-001") }
        await expectProblem(.usage) { try await merge("PKU-001", into: "PKU-001") }
        #expect(try await coordinator.store.verify().problems.isEmpty)
    }

    @Test("Two repeats of one number that a merge brings together are renumbered")
    func repeats() async throws {
        let wang = try await alike()
        for number in ["PKU-001", "PKU-002"] {
            let sheet = try await wang.visit("UNS#1", of: number)
            let change = try await wang.book.saving(
                try wang.book.values(["VS.weight=70"]), on: sheet, base: nil, reason: "", by: wang.author)
            try await wang.save(try #require(change))
        }
        try await fixture.sync(wang)
        try await merge("PKU-002", into: "PKU-001")
        let desk = coordinator
        let kinds = try await desk.book.conflicts().map(\.conflict.kind)
        #expect(Set(kinds) == [.concurrentEdit, .duplicateNumber])
        let participant = try await desk.book.participant("PKU-001")
        let twice = try await desk.book.visits(of: participant).filter { $0.name.hasPrefix("UNS#1~") }
        #expect(twice.count == 2)
        func renumber(_ number: Int, _ sheet: CaseBook.Sheet, reason: String = "twice") async throws -> Change
        {
            try await desk.book.renumbering(sheet, to: number, reason: reason, by: desk.author)
        }
        await expectProblem(.alreadyExists) { _ = try await renumber(1, twice[1]) }
        await expectProblem(.unknownEvent) { _ = try await renumber(0, twice[1]) }
        await expectProblem(.reasonNeeded) { _ = try await renumber(2, twice[1], reason: "") }
        let baseline = try await desk.visit("BL")
        await expectProblem(.unknownEvent) { _ = try await renumber(2, baseline) }
        await expectProblem(.notAllowed) {
            _ = try await desk.book.renumbering(twice[1], to: 2, reason: "twice", by: wang.author)
        }
        try await desk.save(try await renumber(2, twice[1]))
        try await fixture.sync(wang)
        #expect(try await wang.book.conflicts().map(\.conflict.kind) == [.concurrentEdit])
    }
}
