import Foundation
import SyncProtocol
import Testing
import TrialModel

/// What a hostile program could replace without saying so.
@Suite("What a change may replace", .tags(.unit))
struct CentreJudgeReplacingTests {
    private var evidence = CentreJudgeTests.Evidence()
    private let register = "DM.birthYear"

    init() throws { evidence.study = try StudyDefinition.shipped() }

    private func verdict(_ change: Change, reason: String = "") throws -> Verdict {
        var change = change
        change.reason = reason
        return try CentreJudge().verdict(
            on: try EncodedChange(change, site: Fixed.site), in: try Fixed.introduction(), evidence: evidence)
    }

    private func quarantined(_ code: ProblemCode) -> Verdict { .quarantined(code.rawValue) }

    private func write(_ year: Int64, replaces: [ChangeID] = [], through: [ChangeID] = []) -> Change {
        var change = Fixed.change(.integer(year), register: register)
        change.writes = [
            RegisterWrite(
                register, [ItemValue(register, .integer(year))], replaces: replaces, through: through)
        ]
        return change
    }

    /// A change that is at the centre.
    private mutating func take(_ change: Change, applied: Bool = true) throws -> ChangeID {
        let id = try EncodedChange(change, site: Fixed.site).id
        evidence.changes[id] = change
        if !applied { evidence.unapplied.insert(id) }
        return id
    }

    @Test("A version that nothing on the way names cannot be replaced by way of others")
    mutating func unfounded() throws {
        let old = try take(write(1960))
        #expect(try verdict(write(1961, through: [old])) == quarantined(.notAllowed))
        #expect(try verdict(write(1961, through: [old]), reason: "because") == quarantined(.notAllowed))
        let other = try take(write(1970))
        #expect(
            try verdict(write(1961, replaces: [other], through: [old]), reason: "because")
                == quarantined(.notAllowed))
    }

    @Test("Two versions in conflict are not settled by way of others, known or not")
    mutating func conflict() throws {
        let (one, two) = (try take(write(1960)), try take(write(1961)))
        let unknown = ChangeID(prefixOf: Array(repeating: 9, count: 16))
        #expect(try verdict(write(1962, through: [one, two])) == quarantined(.notAllowed))
        #expect(
            try verdict(write(1962, replaces: [unknown], through: [one, two]), reason: "because")
                == quarantined(.conflictNotResolved))
    }

    @Test("A save on top of a save of one's own replaces what that replaced, whatever became of it")
    mutating func honest() throws {
        let first = try take(write(1960))
        for applied in [true, false] {
            let second = try take(write(1961, replaces: [first]), applied: applied)
            #expect(
                try verdict(write(1962, replaces: [second], through: [first]), reason: "typing error")
                    == .applied)
        }
    }

    @Test("What came to nothing does not carry a value past the need for a reason")
    mutating func laundered() throws {
        let first = try take(write(1960))
        let refused = try take(write(1961, replaces: [first]), applied: false)
        #expect(
            try verdict(write(1961, replaces: [refused], through: [first])) == quarantined(.reasonNeeded))
        let applied = try take(write(1963, replaces: [first]))
        #expect(try verdict(write(1963, replaces: [applied], through: [first])) == .applied)
    }

    @Test(
        "A reason that nobody can see is none",
        arguments: ["\u{200B}", " \u{2060}\u{FEFF}", "\u{0}", "\u{3164}"])
    mutating func unseen(reason: String) throws {
        let first = try take(write(1960))
        #expect(try verdict(write(1961, replaces: [first]), reason: reason) == quarantined(.reasonNeeded))
    }

    // MARK: Numbers, places and messages

    private func numbered(_ text: String, on record: RecordKey, replaces: [ChangeID] = []) -> Change {
        var change = Fixed.change(.text(text), register: RegisterName.number)
        change = Change(
            kind: .save, record: record,
            writes: [
                RegisterWrite(
                    RegisterName.number, [ItemValue(RegisterName.number, .text(text))], replaces: replaces)
            ], author: change.author, role: change.role, at: change.at, studyVersion: 1, salt: 5)
        return change
    }

    @Test("A save gives a first number, of its own site and in the form that numbers have")
    mutating func numbers() throws {
        let participant = EnrolmentID(prefixOf: [1])
        let record = RecordKey.participant(participant)
        #expect(try verdict(numbered("\(Fixed.site.text)-007", on: record)) == .applied)
        for text in [
            "\u{1B}[31m\(Fixed.site.text)-001", "XYZ-001", "\(Fixed.site.text)-1", "",
            "\(Fixed.site.text)-0007",
        ] {
            #expect(try verdict(numbered(text, on: record)) == quarantined(.nameInvalid), "\(text)")
        }
        let visit = RecordKey.unscheduledVisit(participant, event: "UNS", id: RecordID(prefixOf: [2]))
        #expect(try verdict(numbered("2", on: visit)) == .applied)
        for text in ["0", "02", "10000", "-1", "two"] {
            #expect(try verdict(numbered(text, on: visit)) == quarantined(.nameInvalid), "\(text)")
        }
        let first = try take(numbered("\(Fixed.site.text)-007", on: record))
        #expect(
            try verdict(numbered("\(Fixed.site.text)-008", on: record, replaces: [first]), reason: "because")
                == quarantined(.notAllowed))
    }

    @Test("A visit at an event or a line of a form that the study does not have is kept aside")
    mutating func places() throws {
        var change = write(1960)
        for (record, code) in [
            (RecordKey.visit(EnrolmentID(prefixOf: [1]), event: "NOPE"), ProblemCode.unknownEvent),
            (.logLine(EnrolmentID(prefixOf: [1]), form: "VS", id: RecordID(prefixOf: [2])), .unknownForm),
        ] {
            change = Change(
                kind: .save, record: record, writes: change.writes, author: change.author, role: change.role,
                at: change.at, studyVersion: 1, salt: 6)
            #expect(try verdict(change) == quarantined(code))
        }
    }
}
