import Foundation
import GRDB
import Synchronization
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// Stores as large as trials get: what one save, one look and one sync cost does not grow with what is
/// there already. Costs are statements and bytes; the times that are printed decide nothing.
///
/// `TRIALSYNC_SIZE=10` makes everything ten times as large: 10,000 journals, 3,000 saves of one record, a
/// participant with 100,000, 60,000 entries.
@Suite(.tags(.store), .timeLimit(.minutes(60))) struct SizeOfStateTests {
    private static let factor =
        ProcessInfo.processInfo.environment["TRIALSYNC_SIZE"].flatMap { Int($0) } ?? 1
    let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    /// How many statements ran on a store, and which most often.
    private final class Counter: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        init(_ store: SQLiteReplica) async throws {
            try await store.read { self.listen($0.db) }
            try await store.write { self.listen($0.db) }
        }

        private func listen(_ db: Database) {
            db.trace(options: .statement) { event in
                guard case .statement(let statement) = event else { return }
                self.counts.withLock { $0[statement.sql, default: 0] += 1 }
            }
        }

        func during(_ body: () async throws -> Void) async throws -> Int {
            counts.withLock { $0 = [:] }
            try await body()
            return counts.withLock { $0.values.reduce(0, +) }
        }

        var mostOften: String {
            let most = counts.withLock { $0.max { $0.value < $1.value } }
            return most.map { "\($0.value) × \($0.key)" } ?? ""
        }
    }

    private func record(_ seed: UInt64) -> RecordKey {
        var random = SeededGenerator(seed: seed)
        return .visit(EnrolmentID(using: &random), event: "BL")
    }

    private func size(of record: RecordKey, in store: SQLiteReplica) async throws -> Int {
        try await store.read {
            (try $0.row("SELECT length(state) FROM record WHERE key = ?", [$0.lookup(record)])?[0] as Int?)
                ?? 0
        }
    }

    @Test("A record that was saved hundreds of times is as small and as quick to save as a new one")
    func manySaves() async throws {
        let saves = 300 * Self.factor
        let (centre, laptop) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        let counter = try await Counter(laptop)
        try await fixture.save(["i1": 0], in: laptop)
        try await fixture.sync(laptop, centre)
        let first = try await counter.during { try await fixture.save(["i1": 1], in: laptop) }
        try await fixture.sync(laptop, centre)
        let small = try await size(of: fixture.record, in: laptop)
        let start = ContinuousClock.now
        for value in 2...saves {
            try await fixture.save(["i1": Int64(value)], in: laptop)
            if value % 100 == 0 { try await fixture.sync(laptop, centre) }
        }
        try await fixture.sync(laptop, centre)
        let last = try await counter.during { try await fixture.save(["i1": -1], in: laptop) }
        try await fixture.sync(laptop, centre)
        #expect(last == first, "statements of a save")
        let large = try await size(of: fixture.record, in: laptop)
        #expect(large <= small + 32, "\(small) bytes became \(large)")
        let history = try await counter.during {
            let found = try await laptop.history(of: fixture.record).count
            #expect(found == saves + 2)
        }
        #expect(history <= 12, "\(history) statements for a history")
        let fresh = try await fixture.replicas.makeLaptop("fresh")
        let totals = try await fixture.sync(fresh, centre)
        #expect(totals.inStep)
        #expect(try await fixture.values("i1", in: fresh) == [-1])
        print("\(saves) saves of one record in \(start.duration(to: .now)), \(totals.roundTrips) round trips")
        #expect(try await centre.verify().problems == [])
    }

    @Test("A participant with ten thousand saves is saved, shown and synced at the cost of one with ten")
    func manySavesOfOneParticipant() async throws {
        let (visits, rounds) = (20, 500 * Self.factor)
        let (centre, laptop) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        let counter = try await Counter(laptop)
        var random = SeededGenerator(seed: 31)
        let participant = EnrolmentID(using: &random)
        let records = (1...visits).map { RecordKey.visit(participant, event: "UNS#\($0)") }
        var bases = Array(repeating: Base(), count: visits)
        let start = ContinuousClock.now
        var (costs, bytes, sizes): ([Int], [Int], [Int]) = ([], [], [])
        for (first, last) in [(1, 10), (11, rounds)] {
            // Fifty saves of each visit at a time, each on what the one before shows.
            for from in stride(from: first, through: last, by: 50) {
                var changes: [Change] = []
                for value in from...min(last, from + 49) {
                    for (index, record) in records.enumerated() {
                        let change = fixture.author.save(["i1": Int64(value)], on: record, from: bases[index])
                        let id = try EncodedChange(change, site: fixture.site).id
                        bases[index] = Base()
                        bases[index].registers["i1"] = .init(shown: [id])
                        changes.append(change)
                    }
                }
                _ = try await laptop.save(changes, site: fixture.site, signedWith: nil)
            }
            try await fixture.sync(laptop, centre)
            let change = fixture.author.save(["i1": 0], on: records[0], from: bases[0])
            bases[0].registers["i1"] = .init(shown: [try EncodedChange(change, site: fixture.site).id])
            costs.append(
                try await counter.during {
                    _ = try await laptop.save([change], site: fixture.site, signedWith: nil)
                })
            costs.append(
                try await counter.during {
                    var filter = RecordFilter()
                    filter.participant = participant
                    let shown = try await laptop.views(filter)
                    #expect(shown.count == visits && shown.allSatisfy { $0.view.state.conflicts.isEmpty })
                })
            bytes.append(try await fixture.sync(laptop, centre).bytesSent)
            sizes.append(try await size(of: records[0], in: laptop))
        }
        let saves = visits * rounds
        print("\(saves) saves of one participant in \(start.duration(to: .now)):", costs, bytes, sizes)
        #expect(costs[2] == costs[0], "statements of a save: \(costs)")
        #expect(costs[3] == costs[1], "statements of a look: \(costs)")
        #expect(bytes[1] <= bytes[0] + 32, "bytes of a sync: \(bytes)")
        #expect(sizes[1] <= sizes[0] + 32, "bytes of a record: \(sizes)")
        #expect(try await centre.summary(of: fixture.site).entries == saves + 2)
        let fresh = try await fixture.replicas.makeLaptop("fresh")
        let first = try await fixture.answer(to: fresh, of: centre)
        #expect(first.live.records.count == visits, "what is live comes first, and nothing else")
        #expect(first.live.runs.reduce(0) { $0 + $1.changes.count } <= 2 * visits)
        let totals = try await fixture.sync(fresh, centre)
        #expect(totals.inStep && totals.roundTrips <= saves / WireLimits.pageEntries + 6, "\(totals)")
        #expect(try await fresh.history(of: records[1]).count == rounds)
        #expect(try await fresh.verify().problems == [])
    }

    @Test(
        "With a thousand journals the sync of one save costs a laptop what ten do, the centre a look-up each"
    )
    func manyJournals() async throws {
        let journals = 1_000 * Self.factor
        let (centre, laptop) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        let answering = CentreExchange(store: centre, judge: ContractJudge())
        let counters = [try await Counter(centre), try await Counter(laptop)]
        var costs: [[Int]] = []
        var bytes: [Int] = []
        var made = 0
        let start = ContinuousClock.now
        for wanted in [10, journals] {
            while made < wanted {
                // Of many devices at once: one transaction of the centre.
                var request = SyncRequest(hello: Hello(site: fixture.site, epoch: fixture.replicas.epoch))
                for _ in 0..<min(100, wanted - made) {
                    made += 1
                    var journal = try HandwrittenJournal(
                        try fixture.replicas.laptopIdentity("d\(made)"), site: fixture.site,
                        epoch: fixture.replicas.epoch)
                    let change = fixture.author.save(["i1": Int64(made)], on: record(UInt64(made) + 1_000))
                    request.introductions.append(journal.introduction)
                    request.runs.append(
                        try journal.run([try EncodedChange(change, site: fixture.site).bytes]))
                }
                _ = try await answering.answer(try request.encoded())
            }
            try await fixture.sync(laptop, centre)
            try await fixture.save(["i1": Int64(wanted)], in: laptop)
            var onLaptop = 0
            let atCentre = try await counters[0].during {
                onLaptop = try await counters[1].during {
                    bytes.append(try await fixture.sync(laptop, centre).bytesSent)
                }
            }
            costs.append([onLaptop, atCentre])
        }
        let held = try await centre.read { try $0.row("SELECT count(*) FROM journal")?[0] as Int? }
        #expect(held == journals + 1)
        print("\(made) journals in \(start.duration(to: .now)); statements \(costs), bytes sent \(bytes)")
        let (laptops, centres) = (costs.map { $0[0] }, costs.map { $0[1] })
        #expect(laptops[1] <= laptops[0] + 5, "statements: \(costs), \(counters[1].mostOften)")
        // The centre looks each journal up that the vector names, and nothing else.
        #expect(centres[1] <= centres[0] + journals, "statements: \(costs), \(counters[0].mostOften)")
        // A place of a vector is 16 bytes of name, 8 of verdict, and a number.
        #expect(bytes[1] - bytes[0] <= 40 * journals, "bytes sent: \(bytes)")
        #expect(try await laptop.summary(of: fixture.site) == centre.summary(of: fixture.site))
        #expect(try await centre.verify().problems == [])
    }

    @Test("A record with fifty versions that contradict each other is shown, synced and settled")
    func siblings() async throws {
        let (centre, laptop) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        let siblings = 50
        let changes = (1...siblings).map { fixture.author.save(["i1": Int64($0)], on: fixture.record) }
        _ = try await laptop.save([changes[0]], site: fixture.site, signedWith: nil)
        try await fixture.sync(laptop, centre)
        let one = try await size(of: fixture.record, in: centre)
        _ = try await laptop.save(Array(changes.dropFirst()), site: fixture.site, signedWith: nil)
        let other = try await fixture.replicas.makeLaptop("b")
        for store in [laptop, other] { try await fixture.sync(store, centre) }
        for store in [laptop, other, centre] {
            #expect(try await fixture.values("i1", in: store) == (1...Int64(siblings)).map { $0 })
            #expect(try await store.view(of: fixture.record, site: fixture.site).state.conflicts.count == 1)
            #expect(try await size(of: fixture.record, in: store) <= one + 64 * siblings)
        }
        try await fixture.save(["i1": 7], in: other)
        for store in [other, laptop] { try await fixture.sync(store, centre) }
        for store in [laptop, other, centre] { #expect(try await fixture.values("i1", in: store) == [7]) }
        #expect(try await size(of: fixture.record, in: centre) <= one + 32, "settled, it is small again")
    }

    @Test("Texts as long as a change may be travel in pages that hold, one by one if need be")
    func longTexts() async throws {
        let (centre, laptop) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        let length = WireLimits.changeBytes - 1_000
        for number in 1...6 as ClosedRange<UInt64> {
            var change = fixture.author.save([:], on: record(number))
            let text = String(repeating: "é", count: length / 2)
            change.writes = [RegisterWrite("t", [ItemValue("t", .text(text))])]
            _ = try await laptop.save([change], site: fixture.site, signedWith: nil)
        }
        let totals = try await fixture.sync(laptop, centre)
        #expect(totals.pushed == 6 && totals.inStep && totals.roundTrips <= 8)
        let fresh = try await fixture.replicas.makeLaptop("fresh")
        #expect(try await fixture.sync(fresh, centre).inStep)
        let state = try await fresh.view(of: record(6), site: fixture.site).state
        #expect(state["t"].live.first?.value(of: "t") == .text(String(repeating: "é", count: length / 2)))
        #expect(try await fresh.verify().problems == [])
    }

    @Test("A text that fills a save to its last byte is kept and synced, and one byte more is refused")
    func longestText() async throws {
        let (centre, laptop) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        var change = fixture.author.save([:], on: record(1))
        let some = String(repeating: "a", count: WireLimits.changeBytes - 1_000)
        change.writes = [RegisterWrite("t", [ItemValue("t", .text(some))])]
        let room = WireLimits.changeBytes - (try EncodedChange(change, site: fixture.site).bytes.count)
        let most = some + String(repeating: "a", count: room)
        change.writes = [RegisterWrite("t", [ItemValue("t", .text(most + "a"))])]
        let longer = change
        await expectProblem(.textTooLong) {
            _ = try await laptop.save([longer], site: fixture.site, signedWith: nil)
        }
        change.writes = [RegisterWrite("t", [ItemValue("t", .text(most))])]
        _ = try await laptop.save([change], site: fixture.site, signedWith: nil)
        let totals = try await fixture.sync(laptop, centre)
        #expect(totals.pushed == 1 && totals.inStep)
        let state = try await centre.view(of: record(1), site: fixture.site).state
        #expect(state["t"].live.first?.value(of: "t") == .text(most))
    }

    @Test("A site without any data is synced, digested, verified, lent and exported like any other")
    func emptySite() async throws {
        let (centre, laptop) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        let totals = try await fixture.sync(laptop, centre)
        #expect(totals.inStep && totals.pushed == 0 && totals.pulled == 0 && totals.roundTrips <= 2)
        for store in [laptop, centre] {
            let summary = try await store.summary(of: fixture.site)
            #expect(summary.entries == 0 && summary.records == 0 && summary.pending == 0)
            #expect(try await store.verify().problems == [])
            #expect(try await store.views(RecordFilter()).isEmpty)
        }
        #expect(
            try await laptop.summary(of: fixture.site).digest == centre.summary(of: fixture.site).digest)
        let path = fixture.replicas.path("bundle")
        let seal = try #require(try await laptop.bundleSeal())
        let written = try await laptop.exportBundle(of: fixture.site, to: path, seal: seal)
        #expect(written.exported == 0)
        let other = try await fixture.replicas.makeLaptop("b")
        #expect(try await other.importBundle(path, into: fixture.site).imported == 0)
    }

    @Test("Entry after entry costs the same: pages, statements and bytes grow with what is moved, not faster")
    func manyEntries() async throws {
        let entries = 6_000 * Self.factor
        let (centre, laptop) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        let counter = try await Counter(centre)
        var costs: [Int] = []
        var seed: UInt64 = 0
        let part = entries / 6
        let start = ContinuousClock.now
        for _ in 0..<6 {
            var changes: [Change] = []
            for _ in 0..<part {
                seed += 1
                changes.append(fixture.author.save(["i1": Int64(seed), "i2": 3], on: record(seed)))
            }
            _ = try await laptop.save(changes, site: fixture.site, signedWith: nil)
            costs.append(
                try await counter.during {
                    let pushed = try await fixture.sync(laptop, centre).pushed
                    #expect(pushed == part)
                })
        }
        print("\(entries) entries in \(start.duration(to: .now)); statements a sixth: \(costs)")
        #expect(costs[5] <= costs[1] + costs[1] / 20 + 10, "\(costs)")
        let again = try await counter.during { try await fixture.sync(laptop, centre) }
        #expect(again <= 40, "\(again) statements where nothing is to be moved")
    }
}
