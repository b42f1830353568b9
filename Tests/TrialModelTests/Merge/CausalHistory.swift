import TrialModel
import TrialSyncTesting

/// A made-up history of one record: saves by several people who learn of each other's work now and then.
///
/// What was known when a form was opened is kept as a set of ancestors beside each change. What is live
/// follows from those sets alone, so that the merge is judged by something that does not know its rule.
struct CausalHistory {
    struct Save {
        let id: ChangeID
        let change: Change
        /// Every save of the same record that its author knew when the form was opened.
        let past: Set<Int>
        /// What each register was given, as a number that is the same for values that mean the same.
        let meanings: [String: Int]
    }

    private struct Writer {
        var known: Set<Int> = []
        /// What was known when the form was opened that is still on the screen.
        var form: Set<Int>?
    }

    /// Values beside what they mean: two of the same meaning agree.
    static let values: [(value: Value, meaning: Int)] = [
        (.decimal(Quantity(ExactDecimal("8.1")!, unit: "g/L")), 1),
        (.decimal(Quantity(ExactDecimal("8.10")!, unit: "g/L", entered: "0.81 g/dL")), 1),
        (.decimal(Quantity(ExactDecimal("8.1")!, unit: "mg/dL")), 2),
        (.text("caf\u{e9}"), 3),
        (.text("cafe\u{301}"), 3),
        (.empty, 4),
        (.missing(.refused), 5),
        (.integer(8), 6),
    ]

    let record: RecordKey
    private(set) var saves: [Save] = []

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        record = .visit(EnrolmentID(using: &random), event: "BL")
        let registers = (1...Int.random(in: 1...4, using: &random)).map { "r\($0)" }
        var writers = Array(repeating: Writer(), count: Int.random(in: 2...4, using: &random))
        for _ in 0..<Int.random(in: 4...26, using: &random) {
            let index = Int.random(in: writers.indices, using: &random)
            switch Double.random(in: 0..<1, using: &random) {
            case ..<0.25:
                writers[index].known.formUnion(writers.randomElement(using: &random)!.known)
            case ..<0.4:
                writers[index].form = writers[index].known
            default:
                let shown = writers[index].form ?? writers[index].known
                writers[index].form = nil
                save(shown, registers, &random)
                writers[index].known.insert(saves.count - 1)
            }
        }
    }

    private mutating func save(_ past: Set<Int>, _ registers: [String], _ random: inout SeededGenerator) {
        var writes: [RegisterWrite] = []
        var meanings: [String: Int] = [:]
        let count = Int.random(in: 1...registers.count, using: &random)
        for register in registers.shuffled(using: &random).prefix(count) {
            let chosen = Self.values.randomElement(using: &random)!
            let shown = live(in: register, of: past).map { saves[$0].id }
            writes.append(RegisterWrite(register, [ItemValue(register, chosen.value)], replaces: shown))
            meanings[register] = chosen.meaning
        }
        let change = Change.made(on: record, writes: writes, salt: UInt64(saves.count))
        saves.append(Save(id: ChangeID(using: &random), change: change, past: past, meanings: meanings))
    }

    /// The saves of a set that wrote the register and that no other of the set, writing it too, knew.
    func live(in register: String, of set: Set<Int>) -> [Int] {
        let wrote = set.filter { saves[$0].meanings[register] != nil }.sorted()
        return wrote.filter { save in !wrote.contains { saves[$0].past.contains(save) } }
    }

    var registers: Set<String> { Set(saves.flatMap(\.meanings.keys)) }

    /// Live ids by register, by the ancestor sets.
    var expectedLive: [String: [ChangeID]] {
        var expected: [String: [ChangeID]] = [:]
        for register in registers {
            expected[register] = live(in: register, of: Set(saves.indices)).map { saves[$0].id }.sorted()
        }
        return expected
    }

    /// The registers whose live saves do not all mean the same.
    var expectedConflicts: [String] {
        registers.filter { register in
            Set(live(in: register, of: Set(saves.indices)).compactMap { saves[$0].meanings[register] }).count
                > 1
        }.sorted()
    }
}

/// A store reduced to what merging needs: it gives each id effect once.
struct SmallReplica {
    var state: RecordState
    private(set) var applied: Set<ChangeID> = []

    init(_ record: RecordKey) { state = RecordState(key: record) }

    mutating func take(_ change: Change, _ id: ChangeID) {
        guard !applied.contains(id) else { return }
        let known = applied
        state.apply(change, id: id) { known.contains($0) }
        applied.insert(id)
    }

    mutating func take(_ saves: some Sequence<CausalHistory.Save>) {
        for save in saves { take(save.change, save.id) }
    }

    /// A form opened here, with what waits for a verdict on top.
    func view(_ pending: [(change: Change, id: ChangeID)] = []) -> RecordView {
        var view = RecordView(confirmed: state)
        for entry in pending { view.overlay(entry.change, id: entry.id) { applied.contains($0) } }
        return view
    }
}

extension Change {
    static func made(
        on record: RecordKey, writes: [RegisterWrite], salt: UInt64 = 0, cites: [ChangeID] = []
    ) -> Change {
        var change = Change(
            kind: .save, record: record, writes: writes, author: "nurse", role: .dataEntry,
            at: DeviceTime(milliseconds: 0, offsetMinutes: 480), studyVersion: 1, salt: salt)
        change.cites = cites
        return change
    }
}

extension ChangeID {
    /// An id for tests to read: the number in its last byte.
    static func numbered(_ number: UInt8) -> ChangeID {
        ChangeID(bytes: [UInt8](repeating: 0, count: 15) + [number])!
    }
}
