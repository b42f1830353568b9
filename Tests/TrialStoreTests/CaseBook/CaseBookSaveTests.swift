import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

@Suite(.tags(.store), .timeLimit(.minutes(10))) struct CaseBookSaveTests {
    let fixture: CaseBookFixture

    init() async throws { fixture = try await CaseBookFixture() }

    private func desk() async throws -> CaseBookFixture.Desk {
        let wang = try await fixture.desk("wang")
        try await wang.enrol("PKU-001")
        return wang
    }

    @Test("A first value needs no reason; replacing or emptying one does")
    func reasons() async throws {
        let wang = try await desk()
        try await wang.save(["VS.weight=60"])
        for value in ["61", "", "@notDone", "61 kg"] {
            await expectProblem(.reasonNeeded) { _ = try await wang.saving(["VS.weight=\(value)"]) }
        }
        let change = try #require(try await wang.save(["VS.weight=61"], reason: "typing error"))
        #expect(change.reason == "typing error" && change.writes.first?.replaces.count == 1)
        #expect(try await wang.weights() == ["61"])
        try await wang.save(["VS.weight="], reason: "wrong participant")
        #expect(try await wang.saving(["VS.weight=70"])?.writes.count == 1, "nothing is replaced")
    }

    @Test(
        "A save that says what is shown writes nothing",
        arguments: [["VS.weight=60"], ["VS.weight=60.0"], ["VS.weight=60000 g"], ["PGA.vas="], []])
    func unchanged(values: [String]) async throws {
        let wang = try await desk()
        try await wang.save(["VS.weight=60"])
        #expect(try await wang.saving(values) == nil)
    }

    @Test("Only what is changed is written")
    func onlyChanges() async throws {
        let wang = try await desk()
        try await wang.save(["VS.weight=60", "PGA.vas=30"])
        let change = try #require(try await wang.saving(["VS.weight=60", "PGA.vas=31"], reason: "again"))
        #expect(change.writes.map(\.register) == ["PGA.vas"])
    }

    @Test("A save of part of an atomic group writes the whole group")
    func atomicGroups() async throws {
        let wang = try await desk()
        try await wang.save(["PRED.dose=40", "PRED.since=2026-03-02"])
        let change = try #require(try await wang.save(["PRED.dose=35"], reason: "taper"))
        let write = try #require(change.writes.first)
        #expect(change.writes.count == 1 && write.register == "PRED")
        #expect(write.values.map(\.item) == ["PRED.dose", "PRED.since"])
        #expect(write.values.last?.value == .date(try #require(CalendarDate("2026-03-02"))))
        #expect(try await wang.visit("BL").view.state["PRED"].live.count == 1)
    }

    @Test(
        "What does not belong at the visit or is not of its type is refused",
        arguments: [
            ("PK.trough=5", ProblemCode.itemNotAtEvent), ("XX.y=1", .unknownItem),
            ("VS.weight=heavy", .wrongType),
            ("VS.weight=60 stone", .unknownUnit), ("SV.type=fax", .unknownCode), ("VS.weight", .usage),
            ("=1", .usage),
        ])
    func refusals(assignment: String, code: ProblemCode) async throws {
        let wang = try await desk()
        await expectProblem(code) { _ = try await wang.saving([assignment]) }
        await expectProblem(.usage) { _ = try await wang.saving(["VS.weight=1", "VS.weight=1"]) }
    }

    @Test(
        "Only who may save saves",
        arguments: [Role.monitor, .dataManager, .coordinator, .statistician, .admin])
    func roles(role: Role) async throws {
        try await fixture.sync(try await desk())
        let other = try await fixture.desk("other", role)
        try await fixture.sync(other)
        await expectProblem(.notAllowed) { _ = try await other.saving(["VS.weight=60"]) }
    }

    @Test("A register in conflict takes no ordinary edit; its neighbours do")
    func conflictsRefuseEdits() async throws {
        let (wang, _) = try await fixture.conflicting()
        let id = try await wang.conflict().conflict.id
        do {
            _ = try await wang.saving(["VS.weight=63"], reason: "why")
            Issue.record("a conflict was settled in passing")
        } catch let problem as Problem {
            #expect(problem.code == .conflictOpen && problem.remedy.contains(id.hex))
        }
        try await wang.save(["PGA.vas=30"])
        try await fixture.sync(wang)
    }

    @Test("What is locked or void takes no edit", arguments: ["@lock", "@void"])
    func lockedAndVoid(register: String) async throws {
        let wang = try await desk()
        try await wang.save(["VS.weight=60"])
        try await fixture.sync(wang)
        let (zhang, kind) = (
            try await fixture.centreDesk("zhang", .coordinator), register == "@lock" ? ChangeKind.lock : .void
        )
        let write = RegisterWrite(register, [ItemValue(register, .yesNo(true))])
        let change = zhang.author.change(kind, try await wang.visit("BL").key, [write], study: fixture.study)
        _ = try await fixture.centre.save([change], site: fixture.site, signedWith: zhang.key)
        try await fixture.sync(wang)
        await expectProblem(kind == .lock ? .recordLocked : .recordVoided) {
            _ = try await wang.saving(["VS.weight=61"], reason: "why")
        }
        let view = try await wang.view()
        #expect(view.locked == (kind == .lock) && view.voided == (kind == .void))
    }

    // MARK: Bases

    @Test("A base token says again what was shown")
    func tokensRoundTrip() async throws {
        let (wang, _) = try await fixture.conflicting()
        try await wang.save(["PRED.dose=40"])
        try await wang.save(["PRED.dose=41"], reason: "again")
        let base = try await wang.visit("BL").view.base
        #expect(try BaseToken.decode(try BaseToken.encode(base)) == base)
        #expect(try BaseToken.decode(try BaseToken.encode(Base())) == Base())
        #expect(
            try await wang.view().base.utf8.allSatisfy { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") })
    }

    @Test(
        "A text that is no token is refused",
        arguments: ["", "x", "AAAA", "AQAB", "AgAA", "AQAAIyAj", "%%%%", "AQAAMAo"])
    func foreignTexts(text: String) {
        #expect { try BaseToken.decode(text) } throws: { ($0 as? Problem)?.code == .baseUnknown }
    }

    @Test("A token that was cut anywhere is refused, or names less")
    func cutTokens() async throws {
        let wang = try await desk()
        try await wang.save(["VS.weight=60", "PGA.vas=30"])
        let token = try await wang.view().base
        let whole = try BaseToken.decode(token)
        for count in 0..<token.count {
            guard let base = try? BaseToken.decode(String(token.prefix(count))) else { continue }
            #expect(base != whole || count >= token.count - 1)
        }
    }

    @Test("A token of another store is refused")
    func foreignTokens() async throws {
        let wang = try await desk()
        try await wang.save(["VS.weight=60"])
        let liu = try await fixture.desk("liu")
        try await liu.enrol("PKU-001")
        try await liu.save(["VS.weight=60"])
        let foreign = try BaseToken.decode(try await liu.view().base)
        await expectProblem(.baseUnknown) {
            _ = try await wang.saving(["VS.weight=61"], base: foreign, reason: "why")
        }
    }

    @Test(
        "A token of another visit is refused")
    func tokensOfOtherVisits() async throws {
        let wang = try await desk()
        try await wang.save(["VS.weight=60"])
        try await wang.save(["VS.weight=70"], at: "D14")
        let other = try await wang.visit("D14").view.base
        await expectProblem(.baseUnknown) {
            _ = try await wang.saving(["VS.weight=61"], base: other, reason: "why")
        }
    }

    @Test("A save replaces what was shown when the form was opened, not what has come in since")
    func savesFromWhatWasShown() async throws {
        let (wang, liu) = (try await desk(), try await fixture.desk("liu"))
        try await wang.save(["VS.weight=60"])
        try await fixture.sync(wang, liu)
        let opened = try BaseToken.decode(try await wang.view().base)
        try await liu.save(["VS.weight=62"], reason: "typing error")
        try await fixture.sync(liu, wang)
        #expect(try await wang.weights() == ["62"])
        try await wang.save(["VS.weight=61"], base: opened, reason: "scale")
        #expect(try await wang.weights() == ["61", "62"])
        try await fixture.sync(wang, liu)
        #expect(try await liu.weights() == ["61", "62"])
    }

    @Test(
        "A form that was opened on a conflict cannot settle it after it was decided")
    func formsOpenedOnAConflict() async throws {
        let (wang, _) = try await fixture.conflicting()
        let opened = try await wang.visit("BL").view.base
        try await wang.resolve(try await wang.conflict().conflict.id, .set(["VS.weight": try weight("63")]))
        do { try await wang.save(["VS.weight=64"], base: opened, reason: "why") } catch let problem as Problem
        {
            #expect([.conflictOpen, .baseUnknown, .conflictNotCurrent].contains(problem.code))
        }
        // Whatever the laptop let through must not end in quarantine.
        try await fixture.sync(wang)
    }

    private func weight(_ text: String) throws -> Value {
        try fixture.study.value(from: text, for: try #require(fixture.study.item("VS.weight")))
    }
}
