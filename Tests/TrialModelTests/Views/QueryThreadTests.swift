import Testing
import TrialModel
import TrialSyncTesting

/// A data query and people of both sides who write on it, each seeing what they have learnt of.
private struct QueryHistory {
    typealias Write = (id: ChangeID, change: Change)

    let record: RecordKey
    var writes: [Write] = []
    private var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        record = .query(EnrolmentID(using: &random), id: RecordID(using: &random))
        var people = [Role.dataManager, .dataEntry, .investigator, .monitor].map {
            (role: $0, replica: SmallReplica(record))
        }
        raise(by: &people[0].replica, people[0].role)
        for _ in 0..<Int.random(in: 2...14, using: &random) {
            let index = Int.random(in: people.indices, using: &random)
            if random.chance(0.5) {
                for write in writes where random.chance(0.7) {
                    people[index].replica.take(write.change, write.id)
                }
            }
            speak(&people[index].replica, people[index].role)
        }
    }

    private mutating func raise(by replica: inout SmallReplica, _ role: Role) {
        let head = RegisterWrite(QueryRegister.head, [ItemValue("@asked", .text("centre"))])
        write([head, QueryThread.Message.write("00", text: "why?")], role, &replica)
    }

    private mutating func speak(_ replica: inout SmallReplica, _ role: Role) {
        let name = String(writes.count, radix: 16)
        guard QuerySide(of: role) == .centre, random.chance(0.5) else {
            return write([QueryThread.Message.write(name, text: "text \(name)")], role, &replica)
        }
        let closes = random.chance(0.6)
        let shown = replica.state[QueryRegister.closed].live.map(\.id)
        let mark = RegisterWrite(
            QueryRegister.closed, [ItemValue(QueryRegister.closed, .yesNo(closes))], replaces: shown)
        write(
            closes ? [mark] : [mark, QueryThread.Message.write(name, text: "again", reopens: true)], role,
            &replica)
    }

    private mutating func write(_ registers: [RegisterWrite], _ role: Role, _ replica: inout SmallReplica) {
        var change = Change.query(on: record, registers, role)
        change.cites = replica.state.messageVersions
        let id = ChangeID(using: &random)
        writes.append((id, change))
        replica.take(change, id)
    }

    func thread(_ state: RecordState) -> QueryThread {
        QueryThread(state, changes: Dictionary(uniqueKeysWithValues: writes))
    }

    /// The status by what was written, without any merging.
    var expected: QueryStatus {
        let marks = writes.filter { $0.change.writes.contains { $0.register == QueryRegister.closed } }
        let replaced = Set(
            marks.flatMap { mark in
                mark.change.writes.first { $0.register == QueryRegister.closed }?.replaces ?? []
            })
        let live = marks.filter { !replaced.contains($0.id) }
        let says = live.map { $0.change.writes[0].values[0].value }
        if !says.isEmpty, says.allSatisfy({ $0 == .yesNo(true) }) { return .closed }
        let spoken = writes.filter {
            $0.change.writes.contains { QueryRegister.messageName($0.register) != nil }
        }
        let answered = spoken.filter { QuerySide(of: $0.change.role) == .centre }.allSatisfy { question in
            spoken.contains {
                QuerySide(of: $0.change.role) == .site && $0.change.cites.contains(question.id)
            }
        }
        return answered ? .answered : .open
    }
}

extension Change {
    fileprivate static func query(on record: RecordKey, _ writes: [RegisterWrite], _ role: Role) -> Change {
        Change(
            kind: .query, record: record, writes: writes, author: "someone", role: role,
            at: DeviceTime(milliseconds: 1_772_000_000_000, offsetMinutes: 0), studyVersion: 1, salt: 1)
    }
}

@Suite(.tags(.unit)) struct QueryThreadTests {
    @Test("A query's status is the same in any order of arrival, and never a conflict")
    func orderDoesNotMatter() {
        var seen: Set<QueryStatus> = []
        for seed in UInt64(0)..<600 {
            let history = QueryHistory(seed: seed)
            var random = SeededGenerator(seed: seed ^ 0xBEEF)
            var first = SmallReplica(history.record)
            for write in history.writes { first.take(write.change, write.id) }
            let thread = history.thread(first.state)
            #expect(thread.status == history.expected, "seed \(seed)")
            seen.insert(thread.status)
            for _ in 0..<3 {
                var other = SmallReplica(history.record)
                for write in history.writes.shuffled(using: &random) { other.take(write.change, write.id) }
                #expect(other.state == first.state && history.thread(other.state) == thread, "seed \(seed)")
                #expect(!other.state.hasConflict && other.state.conflicts.isEmpty, "seed \(seed)")
                #expect(other.state.cited.isEmpty, "a message's citing is no release, seed \(seed)")
            }
        }
        #expect(seen == Set(QueryStatus.allCases))
    }

    private let record = RecordKey.query(EnrolmentID(prefixOf: [1]), id: RecordID(prefixOf: [2]))

    @Test("A query closed and opened again at the same time is not closed, and is no conflict")
    func closedAndReopened() {
        var replica = SmallReplica(record)
        for (number, closes) in [(UInt8(1), true), (2, false)] {
            let mark = RegisterWrite(
                QueryRegister.closed, [ItemValue(QueryRegister.closed, .yesNo(closes))])
            replica.take(.query(on: record, [mark], .monitor), ChangeID(prefixOf: [number]))
        }
        #expect(!replica.state.isClosedQuery && replica.state.conflicts.isEmpty)
        #expect(replica.state[QueryRegister.closed].live.count == 2)
    }

    @Test("A copy of a message says who wrote it, when, and what the author was shown")
    func copies() throws {
        let history = QueryHistory(seed: 11)
        var first = SmallReplica(history.record)
        for write in history.writes { first.take(write.change, write.id) }
        let original = history.thread(first.state)
        var release = Change.query(on: record, original.messages.map(\.copy), .coordinator)
        release.kind = .release
        var other = SmallReplica(record)
        other.take(release, ChangeID(prefixOf: [9]))
        let copy = QueryThread(other.state, changes: [ChangeID(prefixOf: [9]): release])
        #expect(copy.messages == original.messages && copy.messages.count > 1)
        // Only a coordinator's signed copy is believed about other people's words.
        release.kind = .query
        let forged = QueryThread(other.state, changes: [ChangeID(prefixOf: [9]): release])
        #expect(forged.messages.allSatisfy { $0.author == "someone" && $0.role == .coordinator })
    }
}
