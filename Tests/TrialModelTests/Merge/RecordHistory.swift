import TrialModel
import TrialSyncTesting

/// A made-up history of one record with saves, voids, locks, late edits that a lock holds, and decisions on
/// them, by people who learn of each other's work now and then.
///
/// What each knew is kept as a set of ancestors beside the change, so that the merge is judged by something
/// that does not know its rule.
struct RecordHistory {
    enum Act { case save, void, lift, lock, unlock, keepVoid }

    struct Step {
        let id: ChangeID
        let change: Change
        let past: Set<Int>
        let act: Act
        /// Whether the centre held it: it takes effect only as what decides it.
        var isHeld = false
        /// The held step that this decides.
        var decides: Int?
    }

    let record: RecordKey
    private(set) var steps: [Step] = []
    private var random: SeededGenerator
    private static let data = ["r1", "r2", "r3"]

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        record = .visit(EnrolmentID(using: &random), event: "BL")
        var known = Array(repeating: Set<Int>(), count: Int.random(in: 2...4, using: &random))
        for _ in 0..<Int.random(in: 4...30, using: &random) {
            let index = Int.random(in: known.indices, using: &random)
            if random.chance(0.3) {
                known[index].formUnion(known.randomElement(using: &random)!)
                continue
            }
            act(knowing: known[index])
            known[index].insert(steps.count - 1)
        }
    }

    private mutating func act(knowing past: Set<Int>) {
        let shown = replica(of: past).view()
        let held = past.filter { index in
            steps[index].isHeld && !past.contains { steps[$0].decides == index }
        }.sorted()
        switch Double.random(in: 0..<1, using: &random) {
        case ..<0.6: save(past, shown)
        case ..<0.68 where !held.isEmpty: decide(held.randomElement(using: &random)!, past, shown)
        case ..<0.8: add(.void, write("@void", true, shown), past, shown, cites: shown.state.liveData)
        case ..<0.86: add(.lift, write("@void", false, shown), past, shown, cites: shown.state.liveData)
        case ..<0.9: add(.keepVoid, write("@void", true, shown), past, shown, cites: shown.state.liveData)
        case ..<0.96: add(.lock, write("@lock", true, shown), past, shown)
        default: add(.unlock, write("@lock", false, shown), past, shown)
        }
    }

    private mutating func save(_ past: Set<Int>, _ shown: RecordView) {
        let count = Int.random(in: 1...2, using: &random)
        let writes = Self.data.shuffled(using: &random).prefix(count).map { register in
            RegisterWrite(
                register, [ItemValue(register, .integer(Int64(steps.count)))],
                replaces: shown.base.registers[register]?.shown ?? [])
        }
        add(.save, writes, past, shown)
        steps[steps.count - 1].isHeld = random.chance(0.2)
    }

    /// Admits a held save, or only cites it.
    private mutating func decide(_ held: Int, _ past: Set<Int>, _ shown: RecordView) {
        let writes = random.chance(0.5) ? steps[held].change.writes : []
        add(.save, writes, past, shown, cites: [steps[held].id])
        steps[steps.count - 1].decides = held
    }

    private func write(_ register: String, _ answer: Bool, _ shown: RecordView) -> [RegisterWrite] {
        [
            RegisterWrite(
                register, [ItemValue(register, .yesNo(answer))],
                replaces: shown.base.registers[register]?.shown ?? [])
        ]
    }

    private mutating func add(
        _ act: Act, _ writes: [RegisterWrite], _ past: Set<Int>, _ shown: RecordView, cites: [ChangeID] = []
    ) {
        var change = Change.made(on: record, writes: writes, salt: UInt64(steps.count), cites: cites)
        change.guards = shown.base.guards
        steps.append(Step(id: ChangeID(using: &random), change: change, past: past, act: act))
    }

    /// What holds these steps, taken in order.
    func replica(of set: Set<Int>) -> SmallReplica { replica(of: set.sorted()) }

    func replica(of order: [Int]) -> SmallReplica {
        var replica = SmallReplica(record)
        for index in order {
            if steps[index].isHeld {
                replica.state.hold(steps[index].id)
            } else {
                replica.take(steps[index].change, steps[index].id)
            }
        }
        return replica
    }

    // MARK: The oracle

    /// The steps that wrote the register, took effect, and are not replaced by one that knew them. (An
    /// admitted save replaces only what its first author knew.)
    private func live(_ register: String) -> [Int] {
        let wrote = steps.indices.filter { index in
            !steps[index].isHeld && steps[index].change.writes.contains { $0.register == register }
        }
        return wrote.filter { index in !wrote.contains { knew($0).contains(index) } }
    }

    private func knew(_ index: Int) -> Set<Int> {
        steps[index].decides.map { steps[$0].past } ?? steps[index].past
    }

    /// The voids and edits that did not know each other, as the ancestor sets have it.
    var expectedVersusVoid: Set<ChangeID> {
        var apart: Set<ChangeID> = []
        for void in live("@void") where steps[void].act == .void || steps[void].act == .keepVoid {
            for edit in Set(Self.data.flatMap(live))
            where !steps[void].past.contains(edit) && !steps[edit].past.contains(void) {
                apart.formUnion([steps[void].id, steps[edit].id])
            }
        }
        return apart
    }

    /// The held saves that nothing decides.
    var expectedHeld: Set<ChangeID> {
        Set(
            steps.indices.filter { index in
                steps[index].isHeld && !steps.contains { $0.decides == index }
            }.map { steps[$0].id })
    }
}
