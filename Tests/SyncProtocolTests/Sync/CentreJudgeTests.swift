import Foundation
import SyncProtocol
import Testing
import TrialModel

@Suite("The centre's verdicts", .tags(.unit))
struct CentreJudgeTests {
    /// What the judge is told, in place of a store.
    struct Evidence: JudgeEvidence {
        var changes: [ChangeID: Change] = [:]
        /// Of these changes, those that the centre kept and did not apply.
        var unapplied: Set<ChangeID> = []
        var state: RecordState?
        /// States of other records.
        var states: [RecordKey: RecordState] = [:]
        var isElsewhere = false
        var people = ["li.wei": CentreJudgeTests.person()]
        var isRevoked = false
        var study: StudyDefinition?

        func change(_ id: ChangeID) throws -> Change? { changes[id] }
        func wasApplied(_ id: ChangeID) throws -> Bool { changes[id] != nil && !unapplied.contains(id) }
        func state(of record: RecordKey) throws -> RecordState? { states[record] ?? state }
        func isElsewhere(_ record: RecordKey) throws -> Bool { isElsewhere }
        func person(_ name: String) throws -> PersonGrant? { people[name] }
        func isRevoked(_ device: DeviceID) throws -> Bool { isRevoked }
        func study(version: Int) throws -> StudyDefinition? { version == 1 ? study : nil }
    }

    static func person(
        role: Role = .dataEntry, sites: [SiteCode] = [Fixed.site], isDisabled: Bool = false
    ) -> PersonGrant {
        PersonGrant(
            name: "li.wei", role: role, sites: sites, isDisabled: isDisabled,
            publicKey: Fixed.publicKey(Fixed.personKey))
    }

    private var evidence = Evidence()

    init() throws { evidence.study = try StudyDefinition.shipped() }

    private func verdict(
        _ change: Change, _ evidence: Evidence? = nil, in journal: JournalIntroduction? = nil,
        signed: Bool = false, reason: String = "as agreed"
    ) throws -> Verdict {
        var change = change
        change.reason = reason
        let encoded = try EncodedChange(change, site: Fixed.site, signedWith: signed ? Fixed.personKey : nil)
        return try CentreJudge().verdict(
            on: encoded, in: journal ?? (try Fixed.introduction()), evidence: evidence ?? self.evidence)
    }

    private func with(_ set: (inout Evidence) -> Void) -> Evidence {
        var copy = evidence
        set(&copy)
        return copy
    }

    private func quarantined(_ code: ProblemCode) -> Verdict { .quarantined(code.rawValue) }

    private func change(
        kind: ChangeKind, role: Role, register: String = "DM.birthYear", _ value: Value = .integer(1960)
    ) -> Change {
        var change = Fixed.change(value, kind: kind, register: register)
        change.role = role
        return change
    }

    @Test("An ordinary save is applied; of a version of the study that nobody published it is kept aside")
    func applied() throws {
        #expect(try verdict(Fixed.change(.integer(1960))) == .applied)
        var newer = Fixed.change(.text("x"))
        newer.studyVersion = 2
        #expect(try verdict(newer) == quarantined(.studyVersionUnknown))
    }

    @Test("A laptop writes nothing that is study-wide; the centre does")
    func otherSite() throws {
        let change = Fixed.change(.text("x"), kind: .administer, record: .person("wu"), register: "@role")
        #expect(try verdict(change) == quarantined(.otherSite))
        #expect(try verdict(change, in: try Fixed.introduction(site: .all, device: .all)) == .applied)
    }

    @Test("A record belongs to one site for ever, and records of sites are not written at the star")
    func recordOfOtherSite() throws {
        #expect(try verdict(Fixed.change(), with { $0.isElsewhere = true }) == quarantined(.otherSite))
        let star = try Fixed.introduction(site: .all, device: .all)
        #expect(try verdict(Fixed.change(), in: star) == quarantined(.otherSite))
    }

    @Test(
        "A laptop cannot open a journal of the star for itself"
    )
    func laptopAtStar() throws {
        let evidence = with { $0.people["li.wei"] = Self.person(role: .admin, sites: []) }
        var change = Fixed.change(.text("admin"), kind: .administer, record: .person("wu"), register: "@role")
        change.role = .admin
        let journal = try Fixed.introduction(site: .all, device: Fixed.site)
        #expect(try verdict(change, evidence, in: journal) == quarantined(.otherSite))
    }

    @Test("A revoked device is refused")
    func deviceRevoked() throws {
        #expect(try verdict(Fixed.change(), with { $0.isRevoked = true }) == quarantined(.deviceRevoked))
    }

    @Test("Who is unknown, acts elsewhere, has another role or not the right is refused")
    func notAllowed() throws {
        let refused = quarantined(.notAllowed)
        #expect(try verdict(Fixed.change(), with { $0.people = [:] }) == refused)
        #expect(
            try verdict(Fixed.change(), with { $0.people["li.wei"] = Self.person(sites: [Fixed.otherSite]) })
                == refused)
        #expect(
            try verdict(Fixed.change(), with { $0.people["li.wei"] = Self.person(role: .investigator) })
                == refused)
        #expect(try verdict(change(kind: .resolve, role: .dataEntry), signed: true) == refused)
        let monitor = with { $0.people["li.wei"] = Self.person(role: .monitor) }
        #expect(try verdict(change(kind: .save, role: .monitor), monitor) == refused)
    }

    @Test("Who sees the whole trial needs no site")
    func wholeTrial() throws {
        let manager = with { $0.people["li.wei"] = Self.person(role: .dataManager, sites: []) }
        var question = change(kind: .query, role: .dataManager, register: "@message/1")
        question.record = .query(Fixed.participant, id: RecordID(prefixOf: [1]))
        #expect(try verdict(question, manager) == .applied)
    }

    @Test("A disabled person is refused")
    func userDisabled() throws {
        let evidence = with { $0.people["li.wei"] = Self.person(isDisabled: true) }
        #expect(try verdict(Fixed.change(), evidence) == quarantined(.userDisabled))
    }

    @Test("A change that needs the person's signature is refused without it, at the centre too")
    func signatureInvalid() throws {
        let evidence = with { $0.people["li.wei"] = Self.person(role: .investigator) }
        let change = change(kind: .resolve, role: .investigator)
        #expect(try verdict(change, evidence) == quarantined(.signatureInvalid))
        #expect(try verdict(change, evidence, signed: true) == .applied)
        let centre = try Fixed.introduction(device: .all)
        #expect(try verdict(change, evidence, in: centre) == quarantined(.signatureInvalid))
    }

    @Test("A save does not settle a conflict in passing; a resolution does")
    func conflictNotResolved() throws {
        let evidence = with {
            $0.changes = [Fixed.id(1): Fixed.change(.integer(1)), Fixed.id(2): Fixed.change(.integer(2))]
            $0.changes[Fixed.id(3)] = Fixed.change(.integer(1), salt: 9)
            $0.people["li.wei"] = Self.person(role: .investigator)
        }
        func replacing(_ ids: [ChangeID], kind: ChangeKind = .save) -> Change {
            var change = change(kind: kind, role: .investigator)
            let value = [ItemValue("DM.birthYear", .integer(1960))]
            change.writes = [RegisterWrite("DM.birthYear", value, replaces: ids)]
            return change
        }
        let ids = [Fixed.id(1), Fixed.id(2)]
        #expect(try verdict(replacing(ids), evidence) == quarantined(.conflictNotResolved))
        #expect(try verdict(replacing(ids, kind: .resolve), evidence, signed: true) == .applied)
        #expect(try verdict(replacing([Fixed.id(1), Fixed.id(3)]), evidence) == .applied)
        #expect(try verdict(replacing([Fixed.id(1), Fixed.id(99)]), evidence) == .applied)
    }

    @Test(
        "A value that the study does not take is refused for its reason",
        arguments: [
            (Value.integer(1), "DM.shoeSize", ProblemCode.unknownItem),
            (.text("sixty"), "DM.birthYear", .wrongType),
            (.code("X"), "DM.sex", .unknownCode),
            (.text(String(repeating: "x", count: 5000)), "DM.initials", .textTooLong),
        ])
    func values(value: Value, register: String, code: ProblemCode) throws {
        #expect(try verdict(Fixed.change(value, register: register)) == quarantined(code))
    }

    @Test("A quantity in another unit is refused")
    func unknownUnit() throws {
        let value = Value.decimal(Quantity(ExactDecimal("1")!, unit: "furlong"))
        #expect(try verdict(Fixed.change(value, register: "VS.weight")) == quarantined(.unknownUnit))
    }

    @Test("An item outside its register is refused")
    func wrongRegister() throws {
        var change = Fixed.change()
        change.writes = [RegisterWrite("DM.sex", [ItemValue("DM.birthYear", .integer(1960))])]
        #expect(try verdict(change) == quarantined(.unknownItem))
    }

    @Test(
        "Emptying an item, with or without a reason, is a value like any other",
        arguments: [Value.empty, .missing(.refused)])
    func emptied(value: Value) throws { #expect(try verdict(Fixed.change(value)) == .applied) }

    @Test(
        "An edit that had seen the lock is refused, one that had not is held, and after an unlock all is well"
    )
    func locks() throws {
        func evidence(_ register: String, _ value: Bool) -> Evidence {
            with {
                var state = RecordState(key: Fixed.record)
                state.registers[register] = RegisterState(
                    live: [Version(id: Fixed.id(9), values: [ItemValue(register, .yesNo(value))])])
                $0.state = state
            }
        }
        let unseen = Fixed.change(.integer(1960))
        var seen = unseen
        seen.guards = [Fixed.id(9)]
        #expect(try verdict(seen, evidence("@lock", true)) == quarantined(.locked))
        #expect(try verdict(unseen, evidence("@lock", true)) == .heldLock)
        #expect(try verdict(seen, evidence("@lock", false)) == .applied)
        #expect(try verdict(unseen, evidence("@lock", false)) == .applied)
        #expect(try verdict(seen, evidence("@void", true)) == quarantined(.voided))
        #expect(try verdict(unseen, evidence("@void", true)) == .applied)
        #expect(try verdict(seen, evidence("@void", false)) == .applied)
        var question = change(kind: .query, role: .dataEntry, register: "@message", .text("why?"))
        question.record = .query(Fixed.participant, id: RecordID(prefixOf: [1]))
        #expect(try verdict(question, evidence("@lock", true)) == .applied)
    }

    @Test(
        "A kind of change writes only what is its own: only a lock locks, and a query edits no data",
        arguments: [
            (ChangeKind.save, "@lock", Value.yesNo(true)), (.save, "@void", .yesNo(true)),
            (.query, "@lock", .yesNo(false)), (.query, "DM.birthYear", .integer(1960)),
            (.confirm, "@void", .yesNo(true)),
        ])
    func kindAndRegister(kind: ChangeKind, register: String, value: Value) throws {
        let change = change(kind: kind, role: .dataEntry, register: register, value)
        #expect(try verdict(change).kind == .quarantined)
    }

    private let query = RecordKey.query(Fixed.participant, id: RecordID(prefixOf: [1]))

    @Test("Queries are written on query records only, and those take nothing else but a coordinator's copy")
    func queries() throws {
        func verdict(_ kind: ChangeKind, _ record: RecordKey, _ register: String, _ role: Role) throws
            -> Verdict
        {
            var change = change(kind: kind, role: role, register: register, .text("x"))
            change.record = record
            let evidence = with { $0.people["li.wei"] = Self.person(role: role, sites: [Fixed.site]) }
            return try self.verdict(change, evidence, signed: kind.needsSignature)
        }
        #expect(try verdict(.query, query, "@message/1", .dataEntry) == .applied)
        #expect(try verdict(.query, Fixed.record, "@message/1", .dataEntry) == quarantined(.notAllowed))
        #expect(try verdict(.save, query, "DM.initials", .dataEntry) == quarantined(.notAllowed))
        #expect(try verdict(.release, query, "@message/1", .coordinator) == .applied)
        #expect(try verdict(.query, query, "@query/closed", .monitor) == .applied)
        for role in [Role.dataEntry, .investigator] {
            #expect(try verdict(.query, query, "@query/closed", role) == quarantined(.notAllowed))
        }
        for register in ["@lock", "@void", "@signature/wang"] {
            #expect(try verdict(.release, Fixed.record, register, .coordinator) == quarantined(.notAllowed))
        }
        #expect(try verdict(.release, Fixed.record, "@number", .coordinator) == .applied)
        #expect(try verdict(.release, Fixed.record, "@number", .dataEntry) == quarantined(.notAllowed))
    }

    @Test(
        "A new visit of a participant who went to another site is held, an ordinary lock holds no other visit"
    )
    func departed() throws {
        func verdict(_ values: [ItemValue]) throws -> Verdict {
            var state = RecordState(key: .participant(Fixed.participant))
            state.registers["@lock"] = RegisterState(live: [Version(id: Fixed.id(9), values: values)])
            let evidence = with { $0.states[.participant(Fixed.participant)] = state }
            return try self.verdict(Fixed.change(.integer(1960)), evidence)
        }
        #expect(try verdict(Departure.lock(.transferred, to: "SHA")) == .heldLock)
        #expect(try verdict(Departure.lock(.merged, to: "PKU-001")) == .heldLock)
        #expect(try verdict([ItemValue("@lock", .yesNo(true))]) == .applied)
        #expect(try verdict([ItemValue("@lock", .yesNo(false))]) == .applied)
    }
}
