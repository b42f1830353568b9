import Crypto
import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

@Suite(.tags(.store), .timeLimit(.minutes(10))) struct CaseBookSigningTests {
    let fixture: CaseBookFixture

    init() async throws { fixture = try await CaseBookFixture() }

    private func trial() async throws -> (wang: CaseBookFixture.Desk, liu: CaseBookFixture.Desk) {
        let (wang, liu) = (try await fixture.desk("wang"), try await fixture.desk("liu"))
        try await wang.enrol("PKU-001")
        try await wang.save(["VS.weight=250"])
        try await fixture.sync(wang, liu)
        return (wang, liu)
    }

    @Test("A signature is valid at the centre and everywhere until the data changes")
    func signs() async throws {
        let (wang, liu) = try await trial()
        let zhang = try await fixture.knownCentreDesk("zhang", .coordinator)
        try await wang.sign()
        try await fixture.sync(wang, liu)
        for desk in [zhang, wang, liu] {
            let signature = try #require(try await desk.view().signatures.first)
            #expect(signature.user == "wang" && signature.meaning == "reviewed" && signature.isValid)
        }
        try await zhang.decide(.lock)
        try await fixture.sync(wang, liu)
        #expect(try await liu.view().signatures.map(\.isValid) == [true])
        try await zhang.decide(.unlock)
        try await fixture.sync(wang, liu)
        try await liu.confirm("range")
        try await fixture.sync(liu, wang)
        #expect(try await wang.view().signatures.map(\.isValid) == [true])
        try await liu.save(["PRED.dose=40", "PRED.since=2026-03-02"])
        try await fixture.sync(liu, wang)
        for desk in [zhang, wang, liu] { #expect(try await desk.view().signatures.map(\.isValid) == [false]) }
        try await wang.sign()
        try await liu.sign()
        try await fixture.sync(wang, liu, wang)
        #expect(try await zhang.view().signatures.map(\.user) == ["liu", "wang"])
        #expect(try await zhang.view().signatures.map(\.isValid) == [true, true])
        for store in [wang.store, liu.store, fixture.centre] {
            #expect(try await store.verify().problems.isEmpty)
        }
    }

    @Test("A signature stays valid when the participant gets another number")
    func renumbered() async throws {
        let (wang, _) = try await trial()
        let zhang = try await fixture.knownCentreDesk("zhang", .coordinator)
        try await wang.sign()
        try await fixture.sync(wang)
        let participant = try await zhang.book.participant("PKU-001")
        let change = try await zhang.book.renumbering(
            participant, to: "PKU-300", reason: "given twice", by: zhang.author)
        try await zhang.save(change)
        try await fixture.sync(wang)
        for desk in [zhang, wang] {
            let view = try await desk.book.view(of: try await desk.visit("BL", of: "PKU-300"))
            #expect(view.signatures.map(\.isValid) == [true])
        }
    }

    @Test("Nothing is signed that is empty, void or in conflict, or by someone who may not")
    func refusals() async throws {
        let zhang = try await fixture.knownCentreDesk("zhang", .coordinator)
        let (wang, _) = try await fixture.conflicting()
        await expectProblem(.conflictOpen) { try await wang.sign() }
        await expectProblem(.nothingToSign) { try await wang.sign(at: "W12") }
        await expectProblem(.reasonNeeded) { try await wang.sign(meaning: " ") }
        await expectProblem(.notAllowed) { try await zhang.sign() }
        let nurse = try await fixture.desk("nurse", .dataEntry)
        try await fixture.sync(nurse)
        await expectProblem(.notAllowed) { try await nurse.sign() }
        try await wang.save(["VS.weight=60"], at: "D14")
        try await fixture.sync(wang)
        try await zhang.decide(.void, at: "D14")
        try await fixture.sync(wang)
        await expectProblem(.recordVoided) { try await wang.sign(at: "D14") }
    }

    @Test(
        "A signature is listed with who made it and what was saved since, and says when it is no longer valid"
    )
    func seals() async throws {
        let (wang, liu) = try await trial()
        #expect(try await wang.seals().isEmpty)
        try await wang.sign()
        try await fixture.sync(wang, liu)
        let signed = try await liu.seals()
        #expect(signed.map(\.kind) == [.sign] && signed.map(\.isValid) == [true])
        #expect(signed.map(\.signer) == [wang.author.name])
        let before = try await liu.book.shown(try #require(signed.first))
        #expect(before.stamp.author == wang.author.name && before.since.isEmpty)
        try await liu.save(["VS.weight=252"], reason: "typing error")
        try await fixture.sync(liu, wang)
        let broken = try await wang.seals()
        #expect(broken.map(\.isValid) == [false])
        let since = try await wang.book.shown(try #require(broken.first)).since
        #expect(since.map(\.stamp.author) == [liu.author.name])
        #expect(since.flatMap { $0.changes.map(\.item) } == ["VS.weight"])
    }

    @Test("Verify names a signature that its author's key did not make, and one of nobody")
    func verifies() async throws {
        let (wang, _) = try await trial()
        let stranger = Curve25519.Signing.PrivateKey()
        let nobody = Author(
            name: "nobody", role: .investigator, now: wang.author.now, random: wang.author.random)
        for author in [wang.author, nobody] {
            let change = try wang.book.signing(try await wang.visit("BL"), meaning: "reviewed", by: author)
            _ = try await fixture.centre.save([change], site: fixture.site, signedWith: stranger)
        }
        #expect(
            try await fixture.centre.verify().problems.map(\.code) == [.signatureInvalid, .signatureInvalid])
    }

    @Test("A confirmation counts until the value changes, on every replica")
    func confirms() async throws {
        let (wang, liu) = try await trial()
        func confirmed(_ desk: CaseBookFixture.Desk) async throws -> [Bool] {
            try await desk.view().checks.filter { $0.check == .range }.map(\.confirmed)
        }
        #expect(try await confirmed(wang) == [false])
        await expectProblem(.unknownFinding) { try await wang.confirm("window") }
        await expectProblem(.reasonNeeded) { try await wang.confirm("range", reason: "") }
        try await wang.confirm("range:VS.weight")
        await expectProblem(.alreadyExists) { try await wang.confirm("range") }
        try await fixture.sync(wang, liu)
        for desk in [wang, liu] { #expect(try await confirmed(desk) == [true]) }
        try await liu.save(["VS.weight=251"], reason: "typing error")
        try await fixture.sync(liu, wang)
        for desk in [wang, liu] { #expect(try await confirmed(desk) == [false]) }
        try await wang.confirm("range", reason: "weighed twice")
        #expect(try await confirmed(wang) == [true])
        try await fixture.sync(wang)
        #expect(try await fixture.centre.verify().problems.isEmpty)
    }

    @Test("The key of a finding confirms that finding alone, whatever others speak of the same item")
    func confirmsOne() async throws {
        let wang = try await fixture.desk("wang")
        try await wang.enrol("PKU-001")
        try await wang.save(["SV.date=2026-01-06", "DM.consentDate=2026-01-05"], at: "SCR")
        try await wang.save(["SV.date=2026-01-02"])
        func open() async throws -> Set<String> {
            let checks = try await wang.view().checks.filter { $0.check == .dateOrder && !$0.confirmed }
            return Set(checks.map(\.key))
        }
        let (first, second) = ("date-order:SV.date", "date-order:DM.consentDate+SV.date")
        #expect(try await open() == [first, second])
        try await wang.confirm(first)
        #expect(try await open() == [second])
        await expectProblem(.alreadyExists) { try await wang.confirm(first) }
    }

    @Test("A confirmation keeps the check and the prompt, and the finding says who confirmed it and why")
    func confirmationIsRecorded() async throws {
        let (wang, liu) = try await trial()
        let prompt = try #require(try await wang.view().checks.first { $0.check == .range }).message
        try await wang.confirm("range", reason: "weighed twice")
        try await fixture.sync(wang, liu)
        let view = try await liu.view(withHistory: true)
        let finding = try #require(view.checks.first { $0.check == .range })
        #expect(finding.confirmations.map(\.user) == ["wang"])
        #expect(finding.confirmations.map(\.reason) == ["weighed twice"])
        #expect(
            finding.json.text.contains(
                #""confirmed":true,"confirmations":[{"user":"wang","at":"\#(wang.author.now.iso8601)","#))
        let saved = try #require(view.history?.last { $0.kind == "confirm" })
        let written = saved.changes.map { "\($0.item)=\($0.new)" }
        #expect(written.contains("range:VS.weight/check=\(Value.text("range"))"), "\(written)")
        #expect(written.contains("range:VS.weight/prompt=\(Value.text(prompt))"), "\(written)")
    }

    @Test("A measurement outside its window is confirmed by an investigator, and by nobody else")
    func windowsAreForInvestigators() async throws {
        let (wang, nurse) = (
            try await fixture.desk("wang"), try await fixture.desk("nurse", .dataEntry)
        )
        try await wang.enrol("PKU-001")
        try await fixture.sync(wang, nurse)
        try await nurse.save(
            ["PK.trough=20", "PK.sampleTime=2026-03-16T08:00+08:00"], at: "D14")
        try await fixture.sync(nurse, wang)
        await expectProblem(.notAllowed) { try await nurse.confirm("pk-window", at: "D14") }
        try await wang.confirm("pk-window", reason: "dose was reduced", at: "D14")
        let finding = try await wang.view("D14").checks.first { $0.check == .pkWindow }
        #expect(finding?.confirmed == true)
    }

    @Test("Neither a locked nor a void record is confirmed, nor by a role that may not")
    func confirmRefusals() async throws {
        let zhang = try await fixture.knownCentreDesk("zhang", .coordinator)
        let monitor = try await fixture.desk("monitor", .monitor)
        let (wang, _) = try await trial()
        try await fixture.sync(monitor)
        await expectProblem(.notAllowed) { try await monitor.confirm("range") }
        try await zhang.decide(.lock)
        try await fixture.sync(wang)
        await expectProblem(.recordLocked) { try await wang.confirm("range") }
        try await zhang.decide(.unlock)
        try await zhang.decide(.void)
        try await fixture.sync(wang)
        await expectProblem(.recordVoided) { try await wang.confirm("range") }
    }
}
