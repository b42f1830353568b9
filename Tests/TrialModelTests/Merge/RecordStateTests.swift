import Testing
import TrialModel

@Suite("What is said of a whole record", .tags(.unit))
struct RecordStateTests {
    private let record = RecordKey.visit(EnrolmentID(prefixOf: [7]), event: "BL")

    private func change(
        _ register: String, _ value: Value, replaces: [UInt8] = [], guards: [UInt8] = [], cites: [UInt8] = [],
        on other: RecordKey? = nil
    ) -> Change {
        let write = RegisterWrite(
            register, [ItemValue(register, value)], replaces: replaces.map(ChangeID.numbered))
        var change = Change.made(on: other ?? record, writes: [write], cites: cites.map(ChangeID.numbered))
        change.guards = guards.map(ChangeID.numbered)
        return change
    }

    private func state(_ changes: [(UInt8, Change)], on other: RecordKey? = nil) -> RecordState {
        var replica = SmallReplica(other ?? record)
        for (number, change) in changes { replica.take(change, .numbered(number)) }
        return replica.state
    }

    private var weight: Change { change("r", .integer(1)) }

    @Test("Only an edit and a void that did not see each other are in conflict")
    func voids() {
        let void = change("@void", .yesNo(true))
        #expect(state([(1, weight), (2, void)]).conflicts.map(\.siblings) == [[.numbered(1), .numbered(2)]])
        let knowing = change("@void", .yesNo(true), cites: [1])
        #expect(state([(1, weight), (2, knowing)]).conflicts.isEmpty)
        #expect(state([(2, void), (1, change("r", .integer(1), guards: [2]))]).conflicts.isEmpty)
        #expect(state([(1, weight), (2, change("@void", .yesNo(false)))]).conflicts.isEmpty)
        #expect(state([(2, void), (1, change("@number", .text("2")))]).conflicts.isEmpty)
    }

    @Test("One decision for all edits that a void had not seen, and its name changes with each")
    func oneConflict() {
        let void = (UInt8(2), change("@void", .yesNo(true)))
        let one = state([(1, weight), void]).conflicts
        let two = state([(1, weight), (3, change("s", .integer(1))), void]).conflicts
        #expect(one.count == 1 && two.count == 1 && one[0].id != two[0].id)
        #expect(two[0].register == "@void" && two[0].kind == .editVersusVoid)
    }

    @Test("A void that gave way leaves the record live, and one that was kept ends the conflict")
    func decided() {
        let start = [(UInt8(1), weight), (2, change("@void", .yesNo(true)))]
        let lifted = state(start + [(3, change("@void", .yesNo(false), replaces: [2], cites: [1]))])
        #expect(!lifted.hasConflict && lifted["@void"].standing == nil && lifted["r"].live.count == 1)
        let kept = state(start + [(3, change("@void", .yesNo(true), replaces: [2], cites: [1]))])
        #expect(!kept.hasConflict && kept["@void"].standing == .numbered(3) && kept["r"].live.count == 1)
        let late = state(start + [(3, kept3), (4, change("r", .integer(2), replaces: [1]))])
        #expect(late.conflicts.map(\.siblings) == [[.numbered(3), .numbered(4)]])
    }

    private var kept3: Change { change("@void", .yesNo(true), replaces: [2], cites: [1]) }

    @Test("Keeping and lifting a void apart is a conflict of its own")
    func decidedApart() {
        let state = state([
            (1, weight), (2, change("@void", .yesNo(true))), (3, kept3),
            (4, change("@void", .yesNo(false), replaces: [2], cites: [1])),
        ])
        #expect(state.conflicts.map(\.kind) == [.concurrentEdit])
        #expect(state.conflicts.map(\.register) == ["@void"])
    }

    @Test("A signature is valid while the data is what was signed, whatever else happens to the record")
    func signatures() throws {
        var saves = [(UInt8(1), weight)]
        let signed = RegisterWrite(
            RegisterName.signature(of: "li"), Signature.values(meaning: "reviewed", of: state(saves)))
        saves.append((2, .made(on: record, writes: [signed])))
        #expect(state(saves).signatures.map(\.user) == ["li"])
        let besides = [
            change("@lock", .yesNo(true)), change("@confirmed/range:r", .text("x")),
            change("@signature/wu", .text("y")), change("@number", .text("2")),
        ]
        for (index, other) in besides.enumerated() {
            let state = state(saves + [(UInt8(10 + index), other)])
            #expect(try #require(state.signatures.first { $0.user == "li" }).isValid(on: state))
        }
        for (value, replaces) in [(2, [1]), (2, []), (1, [])] as [(Int64, [UInt8])] {
            let state = state(saves + [(9, change("r", .integer(value), replaces: replaces))])
            #expect(state.signatures.map { $0.isValid(on: state) } == [false])
        }
        let elsewhere = RecordKey.visit(EnrolmentID(prefixOf: [8]), event: "BL")
        let copied = state(
            [(1, change("r", .integer(1), on: elsewhere)), (2, .made(on: elsewhere, writes: [signed]))],
            on: elsewhere)
        #expect(copied.signatures.map { $0.isValid(on: copied) } == [false], "the hash names the record")
    }

    @Test(
        "Signatures and confirmations made apart stand side by side",
        arguments: ["@signature/li", "@confirmed/a"])
    func sideBySide(register: String) {
        let state = state([(1, change(register, .text("a"))), (2, change(register, .text("b")))])
        #expect(state.conflicts.isEmpty && !state.hasConflict)
    }

    @Test("A confirmation's register has a name within the limit, the same for the same key")
    func confirmationNames() {
        #expect(RegisterName.confirmation(of: "range:VS.weight") == "@confirmed/range:VS.weight")
        let long = RegisterName.confirmation(of: String(repeating: "x", count: 200))
        #expect(long.utf8.count <= 128 && RegisterName.isConfirmation(long))
    }
}
