import Testing
import TrialModel
import TrialSyncTesting

@Suite("What a form was opened on", .tags(.unit))
struct BaseTests {
    private let record = RecordKey.visit(EnrolmentID(prefixOf: [9]), event: "W2")

    private func save(_ value: Int64, _ base: Base.Register?) -> Change {
        .made(
            on: record,
            writes: [
                RegisterWrite(
                    "r", [ItemValue("r", .integer(value))], replaces: base?.shown ?? [],
                    through: base?.through ?? [])
            ])
    }

    /// Offline saves of one person, one after the other, each from the view that shows the ones before.
    private func chain(_ count: Int, on replica: SmallReplica) -> [(change: Change, id: ChangeID)] {
        var pending: [(change: Change, id: ChangeID)] = []
        for number in 0..<count {
            let base = replica.view(pending).base.registers["r"]
            pending.append((save(Int64(number), base), .numbered(UInt8(100 + number))))
        }
        return pending
    }

    private func confirmed(_ count: UInt8 = 1) -> SmallReplica {
        var replica = SmallReplica(record)
        for number in 0..<count { replica.take(save(Int64(number) - 50, nil), .numbered(1 + number)) }
        return replica
    }

    @Test("The closure names what pending versions replace, down to confirmed ones, through several of them")
    func closure() {
        let replica = confirmed(2)
        let pending = chain(3, on: replica)
        #expect(replica.view().base.registers["r"] == Base.Register(shown: [.numbered(1), .numbered(2)]))
        let base = replica.view(pending).base.registers["r"]
        #expect(base?.shown == [.numbered(102)])
        #expect(base?.through == [.numbered(1), .numbered(2), .numbered(100), .numbered(101)])
    }

    @Test("Confirmed versions stop the closure")
    func confirmedStops() {
        var replica = confirmed()
        let pending = chain(3, on: replica)
        for entry in pending.prefix(2) { replica.take(entry.change, entry.id) }
        let base = replica.view(pending).base.registers["r"]
        #expect(base?.shown == [.numbered(102)])
        #expect(base?.through == [.numbered(1), .numbered(100), .numbered(101)])
        replica.take(pending[2].change, pending[2].id)
        #expect(replica.view(pending).base.registers["r"] == Base.Register(shown: [.numbered(102)]))
        #expect(replica.view(pending).unconfirmed.isEmpty)
    }

    @Test("Several offline saves of one person never conflict with themselves", arguments: 1...8)
    func ownSaves(count: Int) {
        var replica = confirmed()
        let pending = chain(count, on: replica)
        let view = replica.view(pending)
        #expect(view.state["r"].live.map(\.id) == [pending.last!.id])
        #expect(replica.view(pending.reversed()).state == view.state)
        for entry in pending.reversed() {
            replica.take(entry.change, entry.id)
            #expect(!replica.state.hasConflict)
        }
        #expect(replica.state == view.state)
    }

    @Test("Pending versions that come to nothing do not bring an old value back beside a newer one")
    func comesToNothing() {
        for seed in UInt64(0)..<2000 {
            var random = SeededGenerator(seed: seed)
            var replica = confirmed(UInt8.random(in: 1...3, using: &random))
            let old = replica.state["r"].live.map(\.id)
            let pending = chain(Int.random(in: 1...7, using: &random), on: replica)
            let kept = pending.filter { _ in random.chance(0.5) }
            for entry in kept.shuffled(using: &random) { replica.take(entry.change, entry.id) }
            #expect(replica.state["r"].live.map(\.id) == (kept.last.map { [$0.id] } ?? old), "seed \(seed)")
        }
    }

    @Test("Without `through` the old value would come back: the rule is needed")
    func withoutThrough() {
        var replica = confirmed()
        let pending = chain(2, on: replica)
        let bare = save(1, Base.Register(shown: pending[1].change.writes[0].replaces))
        replica.take(bare, .numbered(101))
        #expect(replica.state["r"].live.map(\.id) == [.numbered(1), .numbered(101)])
    }

    @Test("What comes to nothing is shown no longer, and what it replaced is shown again")
    func viewWithoutQuarantined() {
        let replica = confirmed()
        let pending = chain(1, on: replica)
        #expect(replica.view(pending).state["r"].live.map(\.id) == [.numbered(100)])
        #expect(replica.view().state["r"].live.map(\.id) == [.numbered(1)])
    }

    @Test("A pending change is merged once, and a confirmed one not again")
    func overlayOnce() {
        var replica = confirmed()
        let pending = chain(1, on: replica)
        #expect(replica.view(pending + pending).state == replica.view(pending).state)
        replica.take(pending[0].change, pending[0].id)
        #expect(replica.view(pending).state == replica.state)
    }

    @Test("The guards are the lock and void versions shown, sorted")
    func guards() {
        var replica = confirmed()
        for (number, register) in [(UInt8(9), "@void"), (8, "@lock")] {
            let write = RegisterWrite(register, [ItemValue(register, .yesNo(true))])
            replica.take(.made(on: record, writes: [write]), .numbered(number))
        }
        #expect(replica.view().base.guards == [.numbered(8), .numbered(9)])
        #expect(confirmed().view().base.guards.isEmpty)
    }
}
