import Foundation
import GRDB
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// What follows from the entries is written anew from them; the entries themselves never are.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct RebuildTests {
    /// Something done to the file.
    struct Damage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let sql: String

        init(_ name: String, _ sql: String) { (testDescription, self.sql) = (name, sql) }
    }

    enum Side: CaseIterable, Sendable { case centre, laptop }

    private static let one = "WHERE id = (SELECT min(id) FROM record)"

    private static func flipped(_ column: String, at place: String) -> String {
        """
        CAST(substr(\(column), 1, \(place) - 1)
            || CASE substr(\(column), \(place), 1) WHEN x'00' THEN x'01' ELSE x'00' END
            || substr(\(column), \(place) + 1) AS BLOB)
        """
    }

    static let rows = [
        Damage("a record is removed", "DELETE FROM record \(one)"),
        Damage("all records are removed", "DELETE FROM record"),
        Damage("the digest of a record is altered", "UPDATE record SET digest = zeroblob(32) \(one)"),
        Damage("a bit of a key is flipped", "UPDATE record SET state = \(flipped("state", at: "21")) \(one)"),
        Damage(
            "a bit of a state is flipped",
            "UPDATE record SET state = \(flipped("state", at: "(length(state) - 8)")) \(one)"),
        Damage(
            "all have the state of one", "UPDATE record SET state = (SELECT state FROM record \(one))"),
        Damage("the sums of the sites are altered", "UPDATE site SET digest = zeroblob(32)"),
        Damage("a record is counted as another kind", "UPDATE record SET kind = 1, conflicts = 3"),
        Damage("a record is filed under another name", "UPDATE record SET key = zeroblob(16) \(one)"),
        Damage(
            "a record is at another site",
            "UPDATE record SET site = (SELECT id FROM site WHERE code = '*') \(one)"),
        Damage("a record is at no site", "UPDATE record SET site = 99 \(one)"),
        Damage(
            "a record is there twice",
            """
            INSERT INTO record (site, kind, key, participant, conflicts, digest, state)
            SELECT site, kind, zeroblob(16), participant, conflicts, digest, state FROM record \(one)
            """),
    ]

    let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    /// A centre and a laptop with two records, one of them in conflict.
    private func stores() async throws -> (centre: SQLiteReplica, laptop: SQLiteReplica) {
        let centre = try await fixture.replicas.makeCentre()
        let (laptop, other) = (
            try await fixture.replicas.makeLaptop("a"), try await fixture.replicas.makeLaptop("b")
        )
        var random = SeededGenerator(seed: 9)
        let visit = RecordKey.visit(EnrolmentID(using: &random), event: "W12")
        for value in 1...3 as ClosedRange<Int64> {
            try await fixture.save(["i1": value, "i2": value], in: laptop)
            let base = try await laptop.view(of: visit, site: fixture.site).base
            let change = fixture.author.save(["i1": value], on: visit, from: base)
            _ = try await laptop.save([change], site: fixture.site, signedWith: nil)
        }
        for store in [laptop, other] { try await fixture.sync(store, centre) }
        for (store, value) in [(laptop, 8), (other, 9)] as [(SQLiteReplica, Int64)] {
            try await fixture.save(["i1": value], in: store)
        }
        for store in [laptop, other, laptop] { try await fixture.sync(store, centre) }
        return (centre, laptop)
    }

    private struct Standing: Equatable {
        let summary: ReplicaSummary
        let views: [RecordView]
    }

    private func standing(of store: SQLiteReplica) async throws -> Standing {
        let views = try await store.views(RecordFilter()).map(\.view)
        return Standing(
            summary: try await store.summary(of: fixture.site),
            views: views.sorted { $0.state.key.bytes.lexicographicallyPrecedes($1.state.key.bytes) })
    }

    @Test("A row that does not follow from its entries is found, and mended", arguments: rows, Side.allCases)
    func mended(damage: Damage, side: Side) async throws {
        let (centre, laptop) = try await stores()
        let store = side == .centre ? centre : laptop
        let before = try await standing(of: store)
        #expect(before.summary.openConflicts == 1 && before.views.count == 2)
        try store.tamper(damage.sql)
        let found = try await store.verify()
        #expect(!found.problems.isEmpty && found.rebuilt == nil)
        #expect(
            found.problems.allSatisfy {
                $0.message.contains("`verify --repair`") || $0.place == "table record"
            }, "\(found.problems)")
        #expect(try await store.verify() == found, "who does not ask for a repair writes nothing")

        let report = try await store.repair()
        #expect(report.problems == [] && report.rebuilt?.isEmpty == false)
        #expect(try await store.verify().problems == [])
        #expect(try await standing(of: store) == before)
        #expect(try await store.repair().rebuilt == [])
        let digests = [
            try await centre.summary(of: fixture.site).digest,
            try await laptop.summary(of: fixture.site).digest,
        ]
        #expect(digests[0] == digests[1])
        #expect(try await fixture.sync(laptop, centre).inStep)
    }

    @Test("When rows were mended last, and how many, is told from then on")
    func trace() async throws {
        let (centre, _) = try await stores()
        #expect(try await centre.verify().mendedAt == nil)
        try centre.tamper("DELETE FROM record")
        #expect(try await centre.repair().mended == 2)
        let report = try await centre.verify()
        #expect(report.mended == 2)
        #expect(report.text.contains("2 rows were mended from the entries, last at 2026-"))
        #expect(try await centre.repair().mendedAt == report.mendedAt)
    }

    @Test("Counts of repairs are read whatever they are, and end no program")
    func counts() async throws {
        let (centre, _) = try await stores()
        for (count, expected) in [(300, 300), (UInt64.max, Int.max)] as [(UInt64, Int)] {
            var row = RowWriter()
            row.number(count)
            row.signed(1_772_000_000_000)
            let bytes = Data(row.bytes)
            for name in ["repairs", "rebuilt"] { try await centre.set(name, to: bytes) }
            #expect(try await centre.repairs()?.records == expected)
        }
        let mark = try await centre.mark()
        try centre.tamper("DELETE FROM record")
        #expect(try await centre.repair().problems == [])
        _ = try await centre.touched(since: mark)
        for name in ["repairs", "rebuilt"] { try await centre.set(name, to: Data([0xFF])) }
        try centre.tamper("DELETE FROM record")
        #expect(try await centre.repair().mended == 2)
    }

    static let entries = [
        Damage("an entry is edited", "UPDATE entry SET body = \(flipped("body", at: "6")) WHERE n = 2"),
        Damage("an entry is removed", "DELETE FROM entry WHERE n = 2"),
        Damage("a hash is altered", "UPDATE entry SET hash = zeroblob(32) WHERE n = 2"),
        Damage("a verdict is altered", "UPDATE entry SET verdict = 3, code = 'not-allowed' WHERE n = 2"),
        Damage("a receipt is altered", "UPDATE receipt SET signature = zeroblob(64)"),
    ]

    @Test("Entries that are damaged or missing stay, and nothing is made of them", arguments: entries)
    func notMended(damage: Damage) async throws {
        let (centre, _) = try await stores()
        try centre.tamper(damage.sql)
        try centre.tamper("UPDATE record SET digest = zeroblob(32)")
        let (found, before) = (try await centre.verify(), try await contents(of: centre))
        let report = try await centre.repair()
        #expect(report.problems == found.problems && report.rebuilt == [])
        #expect(found.problems.contains { $0.message.contains("only from entries that are whole") })
        #expect(!found.problems.contains { $0.message.contains("--repair") })
        #expect(try await contents(of: centre) == before)
    }

    private func contents(of store: SQLiteReplica) async throws -> [String] {
        try await store.pool.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT hex(hash) || hex(body) || verdict FROM entry
                    UNION ALL SELECT hex(key) || hex(digest) || hex(state) FROM record
                    UNION ALL SELECT hex(digest) FROM site ORDER BY 1
                    """)
        }
    }

    @Test("An entry that is remembered and not here keeps rows as they are")
    func missing() async throws {
        let (centre, _) = try await stores()
        let journal = try #require(JournalID(bytes: Data(repeating: 5, count: 16)))
        let hash = try #require(ChainHash(Data(repeating: 1, count: 32)))
        let head = KnownHead(journal: journal, n: 3, hash: hash)
        try centre.tamper("DELETE FROM record")
        let report = try await centre.repair(expecting: [head])
        #expect(report.rebuilt == [] && report.records == 0)
        #expect(try await centre.repair().problems == [])
    }

    @Test("While the history of a first sync is on its way nothing is mended, and it is said why")
    func firstSync() async throws {
        let centre = try await fixture.replicas.makeCentre()
        let writer = try await fixture.replicas.makeLaptop("writer")
        for value in 1...30 as ClosedRange<Int64> { try await fixture.save(["i1": value], in: writer) }
        try await fixture.sync(writer, centre)
        let joiner = try await fixture.replicas.makeLaptop("joiner")
        var request = try await joiner.prepare(site: fixture.site, proving: [], limit: 5)
        request.hello.entryLimit = 5
        _ = try await joiner.apply(
            try await centre.page(for: request.hello, outcomes: []), site: fixture.site)
        try #require(try await joiner.firstSync() != nil)
        try joiner.tamper("UPDATE record SET digest = zeroblob(32)")
        let report = try await joiner.repair()
        #expect(report.rebuilt == [] && !report.problems.isEmpty)
        #expect(report.problems.allSatisfy { $0.message.contains("has brought the whole history") })
        try await fixture.sync(joiner, centre, pageEntries: 5)
        #expect(try await joiner.repair().problems == [])
        #expect(
            try await joiner.summary(of: fixture.site).digest == centre.summary(of: fixture.site).digest)
    }
}
