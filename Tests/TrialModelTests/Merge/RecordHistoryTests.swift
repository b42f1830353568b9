import Testing
import TrialModel
import TrialSyncTesting

@Suite("Voids, locks and held edits, over made-up histories", .tags(.unit))
struct RecordHistoryTests {
    private static let blocks = Array(stride(from: UInt64(0), to: 4000, by: 500))

    @Test(
        "A void and an edit that did not know each other are a conflict, and nothing else is",
        arguments: blocks)
    func versusVoid(block: UInt64) {
        var found = 0
        for seed in block..<block + 500 {
            let history = RecordHistory(seed: seed)
            let state = history.replica(of: Array(history.steps.indices)).state
            let conflicts = state.conflicts
            let versus = conflicts.filter { $0.kind == .editVersusVoid }
            #expect(Set(versus.flatMap(\.siblings)) == history.expectedVersusVoid, "seed \(seed)")
            #expect(versus.count <= 1, "seed \(seed)")
            let held = conflicts.filter { $0.kind == .editAfterLock }.flatMap(\.siblings)
            #expect(Set(held) == history.expectedHeld, "seed \(seed)")
            #expect(state.hasConflict == !conflicts.isEmpty, "seed \(seed)")
            found += versus.count
        }
        #expect(found > 50, "the histories have such conflicts")
    }

    @Test("Any order and repetition gives one state, one digest and the same conflicts", arguments: blocks)
    func orderDoesNotMatter(block: UInt64) {
        for seed in block..<block + 500 {
            let history = RecordHistory(seed: seed)
            var random = SeededGenerator(seed: seed ^ 0x51D)
            let all = Array(history.steps.indices)
            let first = history.replica(of: all).state
            for _ in 0..<3 {
                let repeated = (all + all.filter { _ in random.chance(0.5) }).shuffled(using: &random)
                // A store holds an entry once, and merges what is applied before what is held.
                var seen: Set<Int> = []
                let other = history.replica(of: repeated.filter { seen.insert($0).inserted }).state
                #expect(other == first, "seed \(seed)")
                #expect(other.digest == first.digest, "seed \(seed)")
                #expect(other.conflicts == first.conflicts, "seed \(seed)")
            }
        }
    }

    @Test("Whoever sees everything ends the conflict, by lifting the void or by keeping it")
    func decisionsSettle() {
        for seed in UInt64(0)..<1500 {
            let history = RecordHistory(seed: seed)
            for keeps in [true, false] {
                var replica = history.replica(of: Array(history.steps.indices))
                guard !history.expectedVersusVoid.isEmpty else { continue }
                let live = replica.state.liveData
                let write = RegisterWrite(
                    "@void", [ItemValue("@void", .yesNo(keeps))],
                    replaces: replica.view().base.registers["@void"]!.shown)
                replica.take(.made(on: history.record, writes: [write], cites: live), .numbered(1))
                #expect(!replica.state.conflicts.contains { $0.kind == .editVersusVoid }, "seed \(seed)")
                #expect((replica.state["@void"].live.map(\.id)) == [.numbered(1)], "seed \(seed)")
                #expect(replica.state.liveData == live, "no value is lost, seed \(seed)")
            }
        }
    }
}
