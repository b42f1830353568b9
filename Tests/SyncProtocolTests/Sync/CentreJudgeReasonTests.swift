import SyncProtocol
import Testing
import TrialModel

@Suite("The centre's verdicts on changes without a reason", .tags(.unit))
struct CentreJudgeReasonTests {
    private let known = Fixed.id(1)

    /// The verdict on a save of one register that replaces versions, of which `known` is at the centre.
    private func verdict(
        of now: [ItemValue], replacing before: [ItemValue], ids: [ChangeID]? = nil, reason: String = "",
        kind: ChangeKind = .save
    ) throws -> String {
        var evidence = CentreJudgeTests.Evidence()
        evidence.study = try StudyDefinition.shipped()
        evidence.people = ["li.wei": CentreJudgeTests.person(role: .investigator)]
        let register = before.count > 1 || now.count > 1 ? "PRED" : "VS.weight"
        var old = Fixed.change(kind: .save, register: register)
        old.writes = [RegisterWrite(register, before)]
        evidence.changes = [known: old]
        var change = Fixed.change(kind: kind, register: register)
        change.role = .investigator
        change.writes = [RegisterWrite(register, now, replaces: ids ?? [known])]
        change.reason = reason
        let encoded = try EncodedChange(
            change, site: Fixed.site, signedWith: kind.needsSignature ? Fixed.personKey : nil)
        return try CentreJudge().verdict(on: encoded, in: try Fixed.introduction(), evidence: evidence).name
    }

    private func weight(_ text: String) throws -> [ItemValue] {
        [ItemValue("VS.weight", .decimal(Quantity(try #require(ExactDecimal(text)), unit: "kg")))]
    }

    private let refused = "quarantined:reason-needed"

    @Test("A value is not replaced without a reason", arguments: ["", " ", "\n\t"])
    func replaced(reason: String) throws {
        #expect(try verdict(of: weight("61"), replacing: weight("60"), reason: reason) == refused)
        #expect(try verdict(of: weight("61"), replacing: weight("60"), reason: "misread") == "applied")
    }

    @Test("Emptying a value, or giving a missing one, replaces it")
    func emptied() throws {
        for value in [Value.empty, .missing(.notDone)] {
            #expect(try verdict(of: [ItemValue("VS.weight", value)], replacing: weight("60")) == refused)
        }
    }

    @Test("Filling in what was empty, saying the same again and a first value need no reason")
    func nothingReplaced() throws {
        let empty = [ItemValue("VS.weight", .empty)]
        #expect(try verdict(of: weight("60"), replacing: empty) == "applied")
        #expect(try verdict(of: weight("60.0"), replacing: weight("60")) == "applied")
        #expect(try verdict(of: weight("60"), replacing: [], ids: []) == "applied")
    }

    @Test("What the centre does not hold may have been a value")
    func unknown() throws {
        #expect(try verdict(of: weight("61"), replacing: weight("60"), ids: [Fixed.id(9)]) == refused)
    }

    @Test("In a group, the item that is altered or left out counts, and not the one that is filled in")
    func group() throws {
        let dose = ItemValue("PRED.dose", .decimal(Quantity(try #require(ExactDecimal("40")), unit: "mg/d")))
        let less = ItemValue("PRED.dose", .decimal(Quantity(try #require(ExactDecimal("35")), unit: "mg/d")))
        let since = ItemValue("PRED.since", .date(try #require(CalendarDate("2026-03-02"))))
        #expect(try verdict(of: [dose, since], replacing: [dose]) == "applied")
        #expect(try verdict(of: [less, since], replacing: [dose, since]) == refused)
        #expect(try verdict(of: [since], replacing: [dose, since]) == refused)
    }

    @Test("A resolution says why")
    func resolution() throws {
        #expect(try verdict(of: weight("61"), replacing: weight("60"), kind: .resolve) == refused)
        #expect(
            try verdict(of: weight("61"), replacing: weight("60"), reason: "asked", kind: .resolve)
                == "applied")
    }
}
