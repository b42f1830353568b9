import Testing
import TrialModel

@Suite("Merging one record", .tags(.unit))
struct MergeTests {
    private let record = RecordKey.visit(EnrolmentID(prefixOf: [7]), event: "BL")

    private func save(
        _ register: String, _ value: Value, replaces: [ChangeID] = [], through: [ChangeID] = []
    ) -> Change {
        .made(
            on: record,
            writes: [
                RegisterWrite(register, [ItemValue(register, value)], replaces: replaces, through: through)
            ])
    }

    private func replica(_ saves: (UInt8, Change)...) -> SmallReplica {
        var replica = SmallReplica(record)
        for (number, change) in saves { replica.take(change, .numbered(number)) }
        return replica
    }

    @Test("Edits of different registers never conflict")
    func differentRegisters() {
        let state = replica((1, save("weight", .integer(70))), (2, save("height", .integer(170)))).state
        #expect(state.conflicts.isEmpty)
        #expect(state["weight"].agreed?.value(of: "weight") == .integer(70))
        #expect(state["height"].agreed?.value(of: "height") == .integer(170))
    }

    @Test(
        "Equal values agree, and the smallest id is shown",
        arguments: [
            (Value.decimal(Quantity(ExactDecimal("8.1")!)), Value.decimal(Quantity(ExactDecimal("8.10")!))),
            (
                .decimal(Quantity(ExactDecimal("8.1")!, unit: "g/L", entered: "a")),
                .decimal(Quantity(ExactDecimal("8.1")!, unit: "g/L", entered: "b"))
            ),
            (.text("caf\u{e9}"), .text("cafe\u{301}")),
            (
                .dateTime(OffsetDateTime("2026-03-02T09:00+08:00")!),
                .dateTime(OffsetDateTime("2026-03-02T01:00Z")!)
            ),
            (.missing(.notDone), .missing(.notDone)),
            (.empty, .empty),
        ])
    func equalValuesAgree(left: Value, right: Value) {
        let state = replica((2, save("r", left)), (1, save("r", right))).state
        #expect(!state.hasConflict)
        #expect(state["r"].live.map(\.id) == [.numbered(1), .numbered(2)])
        #expect(state["r"].agreed?.id == .numbered(1))
    }

    @Test(
        "Values that differ conflict, and none of them is picked",
        arguments: [
            (
                Value.decimal(Quantity(ExactDecimal("8.1")!, unit: "g/L")),
                Value.decimal(Quantity(ExactDecimal("8.1")!, unit: "mg/dL"))
            ),
            (.decimal(Quantity(ExactDecimal("8.1")!, unit: "g/L")), .decimal(Quantity(ExactDecimal("8.1")!))),
            (.integer(8), .decimal(Quantity(ExactDecimal("8")!))),
            (.text("a"), .code("a")),
            (.text("a"), .text("A")),
            (.empty, .missing(.unknown)),
            (.missing(.unknown), .missing(.refused)),
            (.date(CalendarDate("2026")!), .date(CalendarDate("2026-01")!)),
        ])
    func differentValuesConflict(left: Value, right: Value) {
        let state = replica((1, save("r", left)), (2, save("r", right))).state
        #expect(state.hasConflict)
        #expect(state["r"].agreed == nil)
        #expect(state.conflicts.map(\.siblings) == [[.numbered(1), .numbered(2)]])
    }

    @Test("Back to the old value is an edit of its own")
    func backToOldValue() {
        let state = replica(
            (1, save("r", .text("A"))), (2, save("r", .text("B"), replaces: [.numbered(1)])),
            (3, save("r", .text("A"), replaces: [.numbered(2)]))
        ).state
        #expect(state["r"].live.map(\.id) == [.numbered(3)])
        #expect(state["r"].agreed?.value(of: "r") == .text("A"))
    }

    @Test("A save replaces only what was shown when the form was opened")
    func lateArrivalStays() {
        var replica = replica((1, save("r", .integer(1))))
        let base = replica.view().base
        replica.take(save("r", .integer(2)), .numbered(2))
        replica.take(save("r", .integer(3), replaces: base.registers["r"]!.shown), .numbered(3))
        #expect(replica.state["r"].live.map(\.id) == [.numbered(2), .numbered(3)])
        #expect(replica.state.hasConflict)
    }

    @Test("A version that was replaced before it came is dead on arrival")
    func deadOnArrival() {
        var replica = replica((2, save("r", .integer(2), replaces: [.numbered(1)])))
        #expect(replica.state["r"].awaited == [.numbered(1)])
        replica.take(save("r", .integer(1)), .numbered(1))
        #expect(
            replica.state["r"]
                == RegisterState(live: [Version(id: .numbered(2), values: [ItemValue("r", .integer(2))])]))
    }

    @Test("An atomic group is compared as a whole, and an item not named counts as empty")
    func atomicGroup() {
        let whole = [ItemValue("PK.dose", .integer(2)), ItemValue("PK.unit", .empty)]
        let part = [ItemValue("PK.dose", .integer(2))]
        var replica = SmallReplica(record)
        replica.take(.made(on: record, writes: [RegisterWrite("PK", whole)]), .numbered(1))
        replica.take(.made(on: record, writes: [RegisterWrite("PK", part)]), .numbered(2))
        #expect(!replica.state.hasConflict)
        let other = [ItemValue("PK.dose", .integer(2)), ItemValue("PK.unit", .code("mg"))]
        replica.take(.made(on: record, writes: [RegisterWrite("PK", other)]), .numbered(3))
        #expect(replica.state.conflicts.map(\.register) == ["PK"])
    }

    @Test("A conflict has the same id on every replica, and another one when its siblings change")
    func conflictIDs() {
        let saves: [(UInt8, Change)] = (1...3).map { ($0, save("r", .integer(Int64($0)))) }
        let forwards = replica(saves[0], saves[1], saves[2]).state.conflicts
        let backwards = replica(saves[2], saves[0], saves[1]).state.conflicts
        #expect(forwards == backwards)
        #expect(forwards.map(\.id) == backwards.map(\.id))
        #expect(replica(saves[0], saves[1]).state.conflicts.first?.id != forwards.first?.id)
    }

    @Test("A conflict's id depends on kind, record and register too")
    func conflictIDParts() {
        let siblings = [ChangeID.numbered(2), .numbered(1)]
        func id(_ kind: ConflictKind, _ record: RecordKey, _ register: String) -> ConflictID {
            Conflict(kind: kind, record: record, register: register, siblings: siblings).id
        }
        let other = RecordKey.visit(EnrolmentID(prefixOf: [7]), event: "W2")
        let ids = [
            id(.concurrentEdit, record, "r"), id(.editAfterLock, record, "r"),
            id(.concurrentEdit, other, "r"),
            id(.concurrentEdit, record, "s"),
        ]
        #expect(Set(ids).count == ids.count)
        let sorted = Conflict(
            kind: .concurrentEdit, record: record, register: "r", siblings: siblings.reversed())
        #expect(sorted.id == ids[0])
    }

    @Test("One change writes two registers and each goes its own way")
    func registersAreIndependent() {
        let both = Change.made(
            on: record,
            writes: [
                RegisterWrite("a", [ItemValue("a", .integer(1))]),
                RegisterWrite("b", [ItemValue("b", .integer(1))]),
            ])
        let state = replica((1, both), (2, save("a", .integer(2), replaces: [.numbered(1)]))).state
        #expect(state["a"].live.map(\.id) == [.numbered(2)])
        #expect(state["b"].live.map(\.id) == [.numbered(1)])
    }
}
