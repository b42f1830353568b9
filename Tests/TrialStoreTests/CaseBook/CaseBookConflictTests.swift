import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

@Suite(.tags(.store), .timeLimit(.minutes(10))) struct CaseBookConflictTests {
    let fixture: CaseBookFixture

    init() async throws { fixture = try await CaseBookFixture() }

    private func weight(_ text: String) throws -> Value {
        try fixture.study.value(from: text, for: try #require(fixture.study.item("VS.weight")))
    }

    @Test("A conflict is the same on every replica, and shows who wrote what")
    func conflictsAreTheSame() async throws {
        let (wang, liu) = try await fixture.conflicting()
        let open = try await wang.conflict()
        #expect(open.conflict.kind == .concurrentEdit && open.shown.register == "VS.weight")
        #expect(open.shown.versions.map(\.stamp.author).sorted() == ["liu", "wang"])
        for desk in [liu, try await fixture.centreDesk("zhang", .coordinator)] {
            #expect(try await desk.conflict().shown == open.shown)
        }
        #expect(try await wang.view().items.first { $0.item == "VS.weight" }?.state == .conflict)
    }

    @Test("A value is taken by the short name of its entry")
    func takes() async throws {
        let (wang, liu) = try await fixture.conflicting()
        let open = try await wang.conflict()
        let entry = try #require(open.shown.versions.first { $0.stamp.author == "liu" }).stamp.entry
        let parts = entry.split(separator: "/")
        for wrong in ["\(parts[0].prefix(4))/99", "zzzz/\(parts[1])", "", "\(parts[0])", "/"] {
            await expectProblem(.notFound) { try await wang.resolve(open.conflict.id, .take(wrong)) }
        }
        try await wang.resolve(open.conflict.id, .take("\(parts[0].prefix(8).uppercased())/\(parts[1])"))
        try await fixture.sync(wang, liu)
        for desk in [wang, liu, try await fixture.centreDesk("zhang", .coordinator)] {
            #expect(try await desk.weights() == ["62"])
            #expect(try await desk.book.conflicts().isEmpty)
            let decided = try await desk.book.conflict(open.conflict.id.hex)
            #expect(decided.resolution?.stamp.author == "wang" && decided.versions.count == 2)
        }
    }

    @Test("What is no start of a conflict's name finds none, decided or not")
    func wrongNames() async throws {
        let (wang, liu) = try await fixture.conflicting()
        let open = try await wang.conflict()
        try await wang.resolve(open.conflict.id, .set(["VS.weight": try weight("61.5")]))
        try await fixture.sync(wang, liu)
        #expect(try await wang.book.conflict(String(open.conflict.id.hex.prefix(8))).id == open.conflict.id)
        for wrong in ["zzzz", "", "%", "____", String(open.conflict.id.hex.prefix(3))] {
            await expectProblem(.notFound) { _ = try await wang.book.conflict(wrong) }
        }
    }

    @Test("A value that came from another laptop, and that the centre has not seen, stands in the conflict")
    func borrowedValues() async throws {
        let (wang, liu) = (try await fixture.desk("wang"), try await fixture.desk("liu"))
        try await wang.enrol("PKU-001")
        try await wang.save(["VS.weight=60"])
        try await fixture.sync(wang, liu)
        try await wang.save(["VS.weight=61"], reason: "scale was read wrongly")
        try await liu.save(["VS.weight=62"], reason: "typing error")
        let lent = try await liu.store.lend(
            site: fixture.site, beyond: try await wang.store.stored(site: fixture.site))
        #expect(try await wang.store.borrow(lent, site: fixture.site) == 1)
        let open = try await wang.conflict()
        #expect(open.shown.versions.map(\.stamp.author).sorted() == ["liu", "wang"])
        let item = try #require(try await wang.view().items.first { $0.item == "VS.weight" })
        #expect(item.versions.count == 2)
        let shown = try await wang.view(withHistory: true)
        #expect(shown.history?.map(\.stamp.author).sorted() == ["liu", "wang", "wang"])
        let entry = try #require(open.shown.versions.first { $0.stamp.author == "liu" }).stamp.entry
        try await wang.resolve(open.conflict.id, .take(entry))
        try await fixture.sync(wang, liu)
        #expect(try await liu.weights() == ["62"])
        let names = try await liu.view(withHistory: true).history?.map(\.stamp.entry) ?? []
        #expect(names.contains(entry), "the name stays when the centre has it")
    }

    @Test("Another value is set instead")
    func sets() async throws {
        let (wang, liu) = try await fixture.conflicting()
        let open = try await liu.conflict()
        try await liu.resolve(open.conflict.id, .set(["VS.weight": try weight("61.5")]))
        try await fixture.sync(liu, wang)
        #expect(try await wang.weights() == ["61.5"])
    }

    @Test("A resolution needs a reason, the right, the items of the register, and all of a group")
    func refusals() async throws {
        let (wang, liu) = try await fixture.conflicting()
        let open = try await wang.conflict()
        let id = open.conflict.id
        await expectProblem(.reasonNeeded) { try await wang.resolve(id, .take("x/1"), reason: "") }
        await expectProblem(.unknownItem) { try await wang.resolve(id, .set(["PGA.vas": .empty])) }
        await expectProblem(.atomicIncomplete) { try await wang.resolve(id, .set([:])) }
        await expectProblem(.wrongType) { try await wang.resolve(id, .set(["VS.weight": .text("61")])) }
        let nurse = try await fixture.desk("nurse", .dataEntry)
        try await fixture.sync(nurse)
        await expectProblem(.notAllowed) { try await nurse.resolve(id, .set(["VS.weight": weight("61")])) }
        for (desk, dose) in [(wang, "40"), (liu, "50")] {
            try await desk.save(["PRED.dose=\(dose)", "PRED.since=2026-03-02"])
        }
        try await fixture.sync(wang, liu, wang)
        let group = try #require(try await wang.book.conflicts().first { $0.conflict.register == "PRED" })
        let dose = try fixture.study.value(from: "45", for: try #require(fixture.study.item("PRED.dose")))
        await expectProblem(.atomicIncomplete) {
            try await wang.resolve(group.conflict.id, .set(["PRED.dose": dose]))
        }
    }

    @Test("A conflict is named by the start of its id, of four digits at least")
    func prefixes() async throws {
        let (wang, _) = try await fixture.conflicting()
        let id = try await wang.conflict().conflict.id
        #expect(try await wang.book.openConflict(String(id.hex.prefix(4)).uppercased()).conflict.id == id)
        for text in ["", "f", String(id.hex.prefix(3)), "0000000000000000", "zzzz"] {
            await expectProblem(.notFound) { _ = try await wang.book.openConflict(text) }
        }
    }

    @Test("A late edit opens a decided conflict again, with exactly the value that was not seen")
    func lateEdits() async throws {
        let late = try await fixture.desk("late")
        let (wang, liu) = (try await fixture.desk("wang"), try await fixture.desk("liu"))
        try await wang.enrol("PKU-001")
        try await wang.save(["VS.weight=60"])
        try await fixture.sync(wang, liu, late)
        try await wang.save(["VS.weight=61"], reason: "a")
        try await liu.save(["VS.weight=62"], reason: "b")
        let unseen = try #require(try await late.save(["VS.weight=65"], reason: "c"))
        try await fixture.sync(wang, liu, wang)
        let first = try await wang.conflict().conflict.id
        let resolution = try await wang.resolve(first, .set(["VS.weight": try weight("63")]))
        try await fixture.sync(wang, late, liu, wang)
        let unseenID = try EncodedChange(unseen, site: fixture.site).id
        for desk in [wang, liu, late] {
            #expect(try await desk.conflict().conflict.siblings == [resolution, unseenID].sorted())
            #expect(try await desk.weights() == ["63", "65"])
        }
        let now = try await liu.conflict().conflict.id
        await expectNotCurrent(first, names: now, at: liu)
    }

    @Test("Two resolutions made apart are a new conflict of the two")
    func resolutionsApart() async throws {
        let (wang, liu) = try await fixture.conflicting()
        let id = try await wang.conflict().conflict.id
        let ours = [
            try await wang.resolve(id, .set(["VS.weight": try weight("63")])),
            try await liu.resolve(id, .set(["VS.weight": try weight("64")])),
        ]
        try await fixture.sync(wang, liu, wang)
        for desk in [wang, liu] { #expect(try await desk.conflict().conflict.siblings == ours.sorted()) }
        await expectNotCurrent(id, names: try await wang.conflict().conflict.id, at: wang)
    }

    @Test("Two equal resolutions made apart agree by themselves")
    func equalResolutions() async throws {
        let (wang, liu) = try await fixture.conflicting()
        let id = try await wang.conflict().conflict.id
        try await wang.resolve(id, .set(["VS.weight": try weight("63")]))
        try await liu.resolve(id, .set(["VS.weight": try weight("63.0")]))
        try await fixture.sync(wang, liu, wang)
        for desk in [wang, liu] { #expect(try await desk.book.conflicts().isEmpty) }
    }

    @Test(
        "An id that has grown since it was shown is refused with the one that stands now")
    func grownConflicts() async throws {
        let late = try await fixture.desk("late")
        let (wang, liu) = try await fixture.conflicting()
        let shown = try await wang.conflict().conflict.id
        try await late.store.closeJournals()
        let change = try await lateEdit(wang, late)
        try await fixture.sync(late, wang, liu)
        let now = try await wang.conflict().conflict
        #expect(now.siblings.contains(change) && now.siblings.count == 3)
        await expectNotCurrent(shown, names: now.id, at: wang)
    }

    /// An edit of someone who was shown nothing at all.
    private func lateEdit(_ wang: CaseBookFixture.Desk, _ late: CaseBookFixture.Desk) async throws -> ChangeID
    {
        let write = RegisterWrite("VS.weight", [ItemValue("VS.weight", try weight("65"))])
        let change = late.author.change(.save, try await wang.visit("BL").key, [write], study: fixture.study)
        _ = try await late.store.save([change], site: fixture.site, signedWith: nil)
        return try EncodedChange(change, site: fixture.site).id
    }

    private func expectNotCurrent(
        _ id: ConflictID, names now: ConflictID, at desk: CaseBookFixture.Desk,
        _ location: SourceLocation = #_sourceLocation
    ) async {
        do {
            _ = try await desk.book.openConflict(id.hex)
            Issue.record("a conflict that is no more was opened", sourceLocation: location)
        } catch {
            let problem = error as? Problem
            #expect(problem?.code == .conflictNotCurrent, "\(error)", sourceLocation: location)
            #expect(problem?.message.contains(now.hex) ?? false, "\(error)", sourceLocation: location)
        }
    }
}
