import Testing
import TrialModel

@Suite("Changes that came after a lock", .tags(.unit))
struct HeldChangeTests {
    private let record = RecordKey.visit(EnrolmentID(prefixOf: [7]), event: "BL")

    /// What can happen to change 1 (held) and the changes that cite it.
    private enum Step { case hold, cite(UInt8) }

    private func state(_ steps: [Step]) -> RecordState {
        var replica = SmallReplica(record)
        for step in steps {
            switch step {
            case .hold: replica.state.hold(.numbered(1))
            case .cite(let number):
                replica.take(.made(on: record, writes: [], cites: [.numbered(1)]), .numbered(number))
            }
        }
        return replica.state
    }

    @Test("A held change is a conflict until a change cites it")
    func heldUntilCited() {
        let held = state([.hold])
        #expect(held.hasConflict)
        #expect(held.conflicts.map(\.kind) == [.editAfterLock])
        #expect(held.conflicts.map(\.siblings) == [[.numbered(1)]])
        #expect(held.digest != StateDigest())
        let released = state([.hold, .cite(2)])
        #expect(released.held.isEmpty && !released.hasConflict)
        #expect(released.digest == StateDigest())
    }

    @Test("Holding and citing give the same state in either order")
    func eitherOrder() { #expect(state([.hold, .cite(2)]) == state([.cite(2), .hold])) }

    @Test(
        "Two changes that cite the same held change give the same state in any order")
    func citedTwice() {
        let last = state([.cite(2), .cite(3), .hold])
        #expect(state([.hold, .cite(2), .cite(3)]) == last)
        #expect(state([.cite(2), .hold, .cite(3)]) == last)
    }

    @Test(
        "Citing an applied change leaves nothing behind, whichever comes first")
    func citedBeforeApplied() {
        let applied = Change.made(on: record, writes: [RegisterWrite("r", [ItemValue("r", .integer(1))])])
        let citing = Change.made(on: record, writes: [], cites: [.numbered(1)])
        var first = SmallReplica(record)
        first.take(applied, .numbered(1))
        first.take(citing, .numbered(2))
        var second = SmallReplica(record)
        second.take(citing, .numbered(2))
        second.take(applied, .numbered(1))
        #expect(first.state == second.state)
        #expect(second.state.cited.isEmpty)
    }

    @Test(
        "A replaced id that never wrote the register leaves nothing behind, whichever comes first")
    func replacedInAnotherRegister() {
        let elsewhere = Change.made(on: record, writes: [RegisterWrite("a", [ItemValue("a", .integer(1))])])
        let replacing = Change.made(
            on: record, writes: [RegisterWrite("b", [ItemValue("b", .integer(1))], replaces: [.numbered(1)])])
        var first = SmallReplica(record)
        first.take(elsewhere, .numbered(1))
        first.take(replacing, .numbered(2))
        var second = SmallReplica(record)
        second.take(replacing, .numbered(2))
        second.take(elsewhere, .numbered(1))
        #expect(first.state == second.state)
    }

    @Test("An edit that a void did not see, and that did not see the void, is a conflict")
    func editVersusVoid() {
        var replica = SmallReplica(record)
        replica.take(
            .made(on: record, writes: [RegisterWrite("@void", [ItemValue("@void", .yesNo(true))])]),
            .numbered(1))
        replica.take(
            .made(on: record, writes: [RegisterWrite("r", [ItemValue("r", .integer(1))])]), .numbered(2))
        #expect(replica.state.conflicts.map(\.kind) == [.editVersusVoid])
    }
}
