import SyncProtocol
import Testing
import TrialModel

@Suite("The centre's verdicts on decisions", .tags(.unit))
struct CentreJudgeDecisionTests {
    private typealias Evidence = CentreJudgeTests.Evidence
    private let study: StudyDefinition

    init() throws { study = try StudyDefinition.shipped() }

    /// A void (1) and an edit (2) that did not see each other, and someone of this role.
    private func evidence(_ role: Role, seen: Bool = false, held: Bool = false, locked: Bool = false)
        -> Evidence
    {
        var evidence = Evidence()
        evidence.people = ["li.wei": CentreJudgeTests.person(role: role)]
        evidence.study = study
        var void = Fixed.change(.yesNo(true), kind: .void, register: "@void")
        void.cites = seen ? [Fixed.id(2)] : []
        evidence.changes = [Fixed.id(1): void, Fixed.id(2): Fixed.change()]
        var state = RecordState(key: Fixed.record)
        if held { state.held = [Fixed.id(2)] }
        func standing(_ register: String, _ id: UInt8) -> RegisterState {
            RegisterState(live: [Version(id: Fixed.id(id), values: [ItemValue(register, .yesNo(true))])])
        }
        state.registers["@void"] = standing("@void", 1)
        if locked { state.registers["@lock"] = standing("@lock", 9) }
        evidence.state = state
        return evidence
    }

    private func verdict(
        _ kind: ChangeKind, _ role: Role, _ evidence: Evidence, _ write: RegisterWrite?,
        cites: [ChangeID] = [],
        guards: [ChangeID] = [], conflict: ConflictID? = nil, on record: RecordKey = Fixed.record
    ) throws -> String {
        var change = Fixed.change(kind: kind)
        change.role = role
        change.reason = "as agreed"
        change.record = record
        change.writes = [write].compactMap(\.self)
        (change.cites, change.guards, change.conflict) = (cites, guards, conflict)
        let encoded = try EncodedChange(
            change, site: Fixed.site, signedWith: kind.needsSignature ? Fixed.personKey : nil)
        return try CentreJudge().verdict(on: encoded, in: try Fixed.introduction(), evidence: evidence).name
    }

    private func void(_ answer: Bool) -> RegisterWrite {
        RegisterWrite("@void", [ItemValue("@void", .yesNo(answer))], replaces: [Fixed.id(1)])
    }

    @Test(
        "An investigator lifts or keeps a void that stands against an edit, and no other",
        arguments: [true, false])
    func investigatorsAndVoids(answer: Bool) throws {
        let guards = [Fixed.id(1)]
        #expect(
            try verdict(
                .resolve, .investigator, evidence(.investigator), void(answer), cites: [Fixed.id(2)],
                guards: guards) == "applied")
        let refused = "quarantined:not-allowed"
        #expect(
            try verdict(.resolve, .investigator, evidence(.investigator), void(answer), guards: guards)
                == refused)
        #expect(
            try verdict(
                .resolve, .investigator, evidence(.investigator, seen: true), void(answer),
                cites: [Fixed.id(2)], guards: guards) == refused)
        #expect(
            try verdict(
                .resolve, .investigator, evidence(.investigator), void(answer), cites: [Fixed.id(77)],
                guards: guards) == refused)
    }

    @Test("What a lock holds is settled by a coordinator and nobody else")
    func heldChanges() throws {
        let held = evidence(.investigator, held: true, locked: true)
        let conflict = Conflict.editAfterLock(Fixed.id(2), on: Fixed.record).id
        let guards = [Fixed.id(9), Fixed.id(1)]
        let edit = RegisterWrite("DM.birthYear", [ItemValue("DM.birthYear", .integer(1960))])
        for write in [edit, nil] {
            #expect(
                try verdict(
                    .resolve, .investigator, held, write, cites: [Fixed.id(2)], guards: guards,
                    conflict: conflict) == "quarantined:not-allowed")
            #expect(
                try verdict(
                    .resolve, .coordinator, evidence(.coordinator, held: true, locked: true), write,
                    cites: [Fixed.id(2)], guards: guards, conflict: conflict) == "applied")
        }
        for kind in [ChangeKind.save, .confirm] {
            let write =
                kind == .save ? edit : RegisterWrite("@confirmed/x", [ItemValue("reason", .text("x"))])
            #expect(
                try verdict(
                    kind, .investigator, evidence(.investigator, held: true), write, cites: [Fixed.id(2)])
                    == "quarantined:not-allowed")
        }
    }

    @Test("Nobody signs for another")
    func signatures() throws {
        func sign(_ person: String) throws -> String {
            try verdict(
                .sign, .investigator, evidence(.investigator),
                RegisterWrite(RegisterName.signature(of: person), [ItemValue("meaning", .text("x"))]))
        }
        #expect(try sign("li.wei") == "applied")
        #expect(try sign("wu") == "quarantined:not-allowed")
    }

    @Test("A signature taken over to another record does not verify")
    func copiedSignature() throws {
        var change = Fixed.change(kind: .sign)
        change.role = .investigator
        change.writes = [
            RegisterWrite(RegisterName.signature(of: "li.wei"), [ItemValue("meaning", .text("reviewed"))])
        ]
        let genuine = try EncodedChange(change, site: Fixed.site, signedWith: Fixed.personKey)
        #expect(genuine.isSigned(by: Fixed.publicKey(Fixed.personKey), site: Fixed.site))
        change.record = .visit(Fixed.participant, event: "W2")
        let bytes = try EncodedChange(change, site: Fixed.site).bytes + genuine.bytes.suffix(66)
        let copied = try EncodedChange(received: bytes, id: Chain.changeID(of: bytes))
        #expect(copied.change.record != Fixed.record)
        #expect(!copied.isSigned(by: Fixed.publicKey(Fixed.personKey), site: Fixed.site))
        let verdict = try CentreJudge().verdict(
            on: copied, in: try Fixed.introduction(), evidence: evidence(.investigator))
        #expect(verdict.name == "quarantined:signature-invalid")
    }

    @Test("The study says who decides conflicts")
    func resolveBy() throws {
        var evidence = evidence(.investigator)
        let json = String(decoding: study.json, as: UTF8.self)
            .replacing(#"["coordinator", "investigator"]"#, with: #"["coordinator"]"#)
        evidence.study = try StudyDefinition(json: Array(json.utf8))
        #expect(evidence.study?.ruleBook.conflictResolution?.resolveBy == [.coordinator])
        let edit = RegisterWrite("DM.birthYear", [ItemValue("DM.birthYear", .integer(1960))])
        #expect(try verdict(.resolve, .investigator, evidence, edit) == "quarantined:not-allowed")
    }
}
