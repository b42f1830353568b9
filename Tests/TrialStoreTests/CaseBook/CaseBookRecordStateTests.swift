import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

@Suite(.tags(.store), .timeLimit(.minutes(10))) struct CaseBookRecordStateTests {
    let fixture: CaseBookFixture

    init() async throws { fixture = try await CaseBookFixture() }

    /// A coordinator at the centre, two investigators, and PKU-001 with a weight at baseline that all have.
    private func trial() async throws -> (
        zhang: CaseBookFixture.Desk, wang: CaseBookFixture.Desk, liu: CaseBookFixture.Desk
    ) {
        let zhang = try await fixture.knownCentreDesk("zhang", .coordinator)
        let (wang, liu) = (try await fixture.desk("wang"), try await fixture.desk("liu"))
        try await wang.enrol("PKU-001")
        try await wang.save(["VS.weight=60"])
        try await fixture.sync(wang, liu)
        return (zhang, wang, liu)
    }

    /// The entry of a conflict that says this of an item.
    private func entry(_ item: String, in open: CaseBook.OpenConflict) throws -> String {
        try #require(open.shown.versions.first { $0.values.contains { $0.item == item } }).stamp.entry
    }

    private func agree(_ desks: CaseBookFixture.Desk...) async throws {
        let digest = try await fixture.centre.summary(of: fixture.site).digest
        for desk in desks {
            #expect(try await desk.store.summary(of: fixture.site).digest == digest)
            #expect(try await desk.store.verify().problems.isEmpty, "\(desk.author.name)")
        }
        #expect(try await fixture.centre.verify().problems.isEmpty)
    }

    @Test("A lock is seen at once at the centre and after a sync on laptops, and refuses edits")
    func locks() async throws {
        let (zhang, wang, _) = try await trial()
        await expectProblem(.reasonNeeded) { try await zhang.decide(.lock, reason: " ") }
        await expectProblem(.notLocked) { try await zhang.decide(.unlock) }
        await expectProblem(.notFound) { try await zhang.decide(.lock, at: "W12") }
        await expectProblem(.notAllowed) { try await wang.decide(.lock) }
        try await zhang.decide(.lock)
        await expectProblem(.recordLocked) { try await zhang.decide(.lock) }
        await expectProblem(.recordLocked) { try await zhang.decide(.void) }
        try await fixture.sync(wang)
        #expect(try await wang.view().locked)
        await expectProblem(.recordLocked) { try await wang.save(["VS.weight=61"], reason: "x") }
        try await zhang.decide(.unlock)
        try await fixture.sync(wang)
        #expect(try await !wang.view().locked)
        try await wang.save(["VS.weight=61"], reason: "x")
        try await fixture.sync(wang)
        #expect(try await zhang.weights() == ["61"])
        try await agree(wang)
    }

    @Test("A record in conflict is neither locked nor made void")
    func conflictFirst() async throws {
        let zhang = try await fixture.knownCentreDesk("zhang", .coordinator)
        _ = try await fixture.conflicting()
        for decision in [RecordDecision.lock, .void] {
            await expectProblem(.conflictOpen) { try await zhang.decide(decision) }
        }
    }

    @Test(
        "An edit made before the lock came is held and shown until a coordinator keeps the lock or admits it",
        arguments: [true, false], [true, false])
    func heldEdits(keepsLock: Bool, unlocked: Bool) async throws {
        let (zhang, wang, liu) = try await trial()
        try await zhang.decide(.lock)
        try await wang.save(["VS.weight=61"], reason: "typing error")
        try await fixture.sync(wang, liu)
        if unlocked { try await zhang.decide(.unlock) }
        try await fixture.sync(wang, liu)
        #expect(try await wang.weights() == ["60"])
        let open = try await zhang.conflict()
        for desk in [wang, liu] { #expect(try await desk.conflict().shown == open.shown) }
        #expect(open.conflict.kind == .editAfterLock && open.shown.versions.count == 2)
        #expect(open.shown.items == ["VS.weight"])
        await expectProblem(.notAllowed) { try await wang.resolve(open.conflict.id, .take("x/1")) }
        await expectProblem(.notFound) { try await zhang.resolve(open.conflict.id, .take("x/1")) }
        await expectProblem(.usage) { try await zhang.resolve(open.conflict.id, .set([:])) }
        let taken = try entry(keepsLock ? "@lock" : "VS.weight", in: open)
        try await zhang.resolve(open.conflict.id, .take(taken))
        try await fixture.sync(wang, liu)
        for desk in [zhang, wang, liu] {
            #expect(try await desk.weights() == [keepsLock ? "60" : "61"])
            #expect(try await desk.book.conflicts().isEmpty)
            #expect(try await desk.view().locked == !unlocked)
            let decided = try await desk.book.conflict(open.conflict.id.hex)
            #expect(decided.kind == .editAfterLock && decided.resolution?.stamp.author == "zhang")
            #expect(
                decided.versions.map(\.stamp.entry).sorted()
                    == open.shown.versions.map(\.stamp.entry).sorted())
        }
        let history = try await wang.book.history(of: try await wang.visit("BL").key)
        #expect(history.contains { $0.verdict == "held-lock" && $0.stamp.author == "wang" })
        try await agree(wang, liu)
    }

    @Test("A held edit is shown with what stands without it, and what taking it does to a signature is told")
    func foretold() async throws {
        let (zhang, wang, liu) = try await trial()
        try await liu.sign()
        try await fixture.sync(liu)
        try await zhang.decide(.lock)
        try await wang.save(["VS.weight=61"], reason: "typing error")
        try await fixture.sync(wang)
        let open = try await zhang.conflict()
        #expect(open.shown.before.map(\.item) == ["VS.weight"])
        for version in open.shown.versions {
            let keeps = version.values.contains { $0.item == "@lock" }
            let signatures = try await zhang.book.signatures(of: open, taking: version.values)
            #expect(signatures.kept.map(\.user) == (keeps ? ["liu"] : []))
            #expect(signatures.voided.map(\.user) == (keeps ? [] : ["liu"]))
        }
        #expect(zhang.book.mayDecide(open, as: zhang.author))
        #expect(!liu.book.mayDecide(open, as: liu.author))
    }

    @Test("A held edit that was overtaken is admitted beside what overtook it: nothing is lost")
    func admittedLate() async throws {
        let (zhang, wang, liu) = try await trial()
        try await zhang.decide(.lock)
        try await wang.save(["VS.weight=61"], reason: "typing error")
        try await fixture.sync(wang)
        try await zhang.decide(.unlock)
        try await fixture.sync(liu)
        try await liu.save(["VS.weight=62"], reason: "weighed again")
        try await fixture.sync(liu)
        let open = try await zhang.conflict()
        try await zhang.resolve(open.conflict.id, .take(try entry("VS.weight", in: open)))
        #expect(try await zhang.weights() == ["61", "62"])
        #expect(try await zhang.conflict().conflict.kind == .concurrentEdit)
    }

    @Test(
        "An edit that a void had not seen stands against it, and an investigator decides",
        arguments: [true, false])
    func voids(keepsVoid: Bool) async throws {
        let (zhang, wang, liu) = try await trial()
        try await zhang.decide(.void)
        await expectProblem(.recordVoided) { try await zhang.decide(.void) }
        try await wang.save(["VS.weight=61"], reason: "typing error")
        try await fixture.sync(wang, liu)
        let open = try await wang.conflict()
        for desk in [zhang, liu] { #expect(try await desk.conflict().shown == open.shown) }
        #expect(open.conflict.kind == .editVersusVoid && open.shown.items == ["VS.weight"])
        #expect(try await wang.view().voided)
        await expectProblem(.recordVoided) { try await wang.save(["VS.weight=65"], reason: "x") }
        let nurse = try await fixture.desk("nurse", .dataEntry)
        try await fixture.sync(nurse)
        await expectProblem(.notAllowed) { try await nurse.resolve(open.conflict.id, .take("x/1")) }
        try await liu.resolve(open.conflict.id, .take(try entry(keepsVoid ? "@void" : "VS.weight", in: open)))
        try await fixture.sync(liu, wang)
        for desk in [zhang, wang, liu] {
            #expect(try await desk.book.conflicts().isEmpty)
            #expect(try await desk.view().voided == keepsVoid)
            #expect(try await desk.weights() == ["61"], "the value stays in sight")
            let decided = try await desk.book.conflict(open.conflict.id.hex)
            #expect(decided.kind == .editVersusVoid && decided.resolution?.stamp.author == "liu")
            #expect(decided.versions.count == 2)
        }
        if !keepsVoid { try await wang.save(["VS.weight=62"], reason: "and again") }
        try await fixture.sync(wang, liu, nurse)
        try await agree(wang, liu, nurse)
    }

    @Test("A void that was a mistake is lifted: the record counts and is edited again, on every replica")
    func liftedVoid() async throws {
        let (zhang, wang, liu) = try await trial()
        await expectProblem(.notVoided) { try await zhang.decide(.unvoid) }
        try await zhang.decide(.void)
        await expectProblem(.reasonNeeded) { try await zhang.decide(.unvoid, reason: "") }
        await expectProblem(.notAllowed) { try await wang.decide(.unvoid) }
        await expectProblem(.recordVoided) { try await zhang.decide(.lock) }
        try await fixture.sync(wang)
        try await zhang.decide(.unvoid)
        try await fixture.sync(wang, liu)
        for desk in [zhang, wang, liu] {
            #expect(try await !desk.view().voided)
            #expect(try await desk.weights() == ["60"])
        }
        try await wang.save(["VS.weight=61"], reason: "weighed again")
        try await fixture.sync(wang, liu)
        #expect(try await liu.weights() == ["61"])
        #expect(try await liu.book.conflicts().isEmpty)
        try await agree(wang, liu)
    }

    @Test("An edit that had not seen the void stands when the void is lifted before it arrives")
    func liftedVoidAndLateEdit() async throws {
        let (zhang, wang, liu) = try await trial()
        try await zhang.decide(.void)
        try await zhang.decide(.unvoid)
        try await wang.save(["VS.weight=61"], reason: "weighed again")
        try await fixture.sync(wang, liu)
        for desk in [zhang, wang, liu] {
            #expect(try await desk.weights() == ["61"])
            #expect(try await desk.book.conflicts().isEmpty)
        }
        try await agree(wang, liu)
    }

    @Test(
        "Random deeds of three laptops and a coordinator: all end with one state, and nothing said is lost",
        arguments: 1...6)
    func seeded(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let (zhang, wang, liu) = try await trial()
        var said: Set<String> = ["60"]
        for step in 0..<25 {
            let desk = random.chance(0.5) ? wang : liu
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                let weight = "\(61 + step)"
                do {
                    if try await desk.save(["VS.weight=\(weight)"], reason: "x") != nil {
                        said.insert(weight)
                    }
                } catch let problem as Problem {
                    #expect([.recordLocked, .recordVoided, .conflictOpen].contains(problem.code))
                }
            case 4: try? await zhang.decide(.lock)
            case 5: try? await zhang.decide(.unlock)
            case 6: try? await zhang.decide(random.chance(0.7) ? .void : .unvoid)
            case 7:
                let decider = random.chance(0.5) ? zhang : desk
                guard let open = try await decider.book.conflicts().randomElement(using: &random) else {
                    break
                }
                let taken = open.shown.versions.randomElement(using: &random)?.stamp.entry ?? ""
                do {
                    try await decider.resolve(open.conflict.id, .take(taken))
                } catch let problem as Problem {
                    #expect([.notAllowed, .recordLocked, .recordVoided].contains(problem.code), "\(problem)")
                }
            default: try await fixture.syncLeniently(desk)
            }
        }
        for _ in 0..<2 { for desk in [wang, liu] { try await fixture.syncLeniently(desk) } }
        try await agree(wang, liu)
        let history = try await zhang.book.history(of: try await zhang.visit("BL").key)
        let kept = history.flatMap(\.changes).compactMap { change -> String? in
            if case .decimal(let quantity) = change.new { quantity.number.description } else { nil }
        }
        #expect(said.isSubset(of: kept))
        let conflicts = try await zhang.book.conflicts().map(\.shown)
        for desk in [wang, liu] { #expect(try await desk.book.conflicts().map(\.shown) == conflicts) }
    }
}
