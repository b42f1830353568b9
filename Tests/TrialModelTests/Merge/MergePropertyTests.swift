import Testing
import TrialModel
import TrialSyncTesting

@Suite("Merging, over made-up histories", .tags(.unit))
struct MergePropertyTests {
    private static let blocks = Array(stride(from: UInt64(0), to: 3000, by: 500))

    @Test("What is live is what nobody who wrote later had known, by exact causal history", arguments: blocks)
    func liveIsMaximal(block: UInt64) {
        for seed in block..<block + 500 {
            let history = CausalHistory(seed: seed)
            var replica = SmallReplica(history.record)
            replica.take(history.saves)
            let live = replica.state.registers.mapValues { $0.live.map(\.id) }
            #expect(live == history.expectedLive, "seed \(seed)")
            let conflicts = replica.state.conflicts.map(\.register)
            #expect(conflicts == history.expectedConflicts, "seed \(seed)")
            #expect(replica.state.hasConflict == !conflicts.isEmpty, "seed \(seed)")
        }
    }

    @Test(
        "Any order, grouping and repetition gives one identical state that waits for nothing",
        arguments: blocks)
    func orderDoesNotMatter(block: UInt64) {
        for seed in block..<block + 500 {
            let history = CausalHistory(seed: seed)
            var random = SeededGenerator(seed: seed ^ 0xABCD)
            var first = SmallReplica(history.record)
            first.take(history.saves)
            for _ in 0..<3 {
                var other = SmallReplica(history.record)
                for batch in history.delivery(using: &random) { other.take(batch) }
                #expect(other.state == first.state, "seed \(seed)")
                #expect(other.state.digest == first.state.digest, "seed \(seed)")
                #expect(other.state.conflicts == first.state.conflicts, "seed \(seed)")
                #expect(other.state.registers.values.allSatisfy { $0.awaited.isEmpty }, "seed \(seed)")
            }
        }
    }

    @Test("The same part of a history gives the same state in any order, also where causes are missing")
    func partsAgree() {
        for seed in UInt64(0)..<1000 {
            let history = CausalHistory(seed: seed)
            var random = SeededGenerator(seed: seed ^ 0x5A5A)
            let part = history.saves.filter { _ in random.chance(0.6) }
            var forwards = SmallReplica(history.record)
            var backwards = SmallReplica(history.record)
            forwards.take(part)
            backwards.take(part.reversed())
            #expect(forwards.state == backwards.state, "seed \(seed)")
            forwards.take(history.saves)
            #expect(
                forwards.state.registers.mapValues { $0.live.map(\.id) } == history.expectedLive,
                "seed \(seed)")
        }
    }

    @Test("Someone who learns of everything and saves settles every conflict of what is saved")
    func lastSaveSettles() {
        for seed in UInt64(0)..<1000 {
            let history = CausalHistory(seed: seed)
            var replica = SmallReplica(history.record)
            replica.take(history.saves)
            let base = replica.view().base
            let writes = base.registers.map { name, shown in
                RegisterWrite(name, [ItemValue(name, .integer(1))], replaces: shown.shown)
            }
            replica.take(.made(on: history.record, writes: writes), .numbered(1))
            #expect(
                replica.state.registers.values.allSatisfy { $0.live.map(\.id) == [.numbered(1)] },
                "seed \(seed)")
            #expect(!replica.state.hasConflict, "seed \(seed)")
        }
    }

    @Test("The digest moves with every live id and only with those")
    func digestFollowsLiveIDs() {
        for seed in UInt64(0)..<500 {
            let history = CausalHistory(seed: seed)
            var replica = SmallReplica(history.record)
            var seen: [StateDigest: [String: [ChangeID]]] = [StateDigest(): [:]]
            for save in history.saves {
                replica.take(save.change, save.id)
                let live = replica.state.registers.mapValues { $0.live.map(\.id) }
                #expect(seen.updateValue(live, forKey: replica.state.digest) == nil, "seed \(seed)")
            }
        }
    }
}

extension CausalHistory {
    /// The saves in some order, some of them several times, in batches of some size.
    fileprivate func delivery(using random: inout SeededGenerator) -> [[Save]] {
        var order: [Save] = []
        for save in saves { for _ in 0..<Int.random(in: 1...3, using: &random) { order.append(save) } }
        order.shuffle(using: &random)
        var batches: [[Save]] = []
        while !order.isEmpty {
            let count = min(order.count, Int.random(in: 1...6, using: &random))
            batches.append(Array(order.prefix(count)))
            order.removeFirst(count)
        }
        return batches
    }
}
