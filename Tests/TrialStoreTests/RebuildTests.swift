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
        Damage(
            "a record is at another site",
            "UPDATE record SET site = (SELECT id FROM site WHERE code = '*') \(one)"),
        Damage("a record is at no site", "UPDATE record SET site = 99 \(one)"),
    ]
    /// Then a row stands under a name of which there are no entries.
    static let strays = [
        Damage("a record is filed under another name", "UPDATE record SET key = zeroblob(16) \(one)"),
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

    @Test("A row without entries goes where it can be read and shows only what is here", arguments: strays)
    func strayThatIsRead(damage: Damage) async throws { try await mended(damage: damage, side: .centre) }

    @Test("A row without entries that does not open stays, and nothing is mended", arguments: strays)
    func strayThatIsSealed(damage: Damage) async throws {
        let (_, laptop) = try await stores()
        try laptop.tamper(damage.sql)
        try await expectUntouched(laptop, "no entry of it is here")
    }

    /// A repair that leaves every row as it is, and says why.
    private func expectUntouched(_ store: SQLiteReplica, _ obstacle: String) async throws {
        let (found, before) = (try await store.verify(), try await contents(of: store))
        let report = try await store.repair()
        #expect(report.rebuilt == [] && report.problems == found.problems && !report.canRebuild)
        let named = found.problems.filter { $0.message.contains(obstacle) }
        #expect(!named.isEmpty && named.allSatisfy { $0.place.hasPrefix("record ") }, "\(found.problems)")
        #expect(!found.problems.contains { $0.message.contains("--repair") })
        #expect(try await contents(of: store) == before)
    }

    /// The journal of the other laptop, which alone has two entries.
    private static let other = "(SELECT journal FROM entry GROUP BY journal HAVING count(*) = 2)"

    /// Nothing in the journals that are left says that these entries ever were.
    static let gone = [
        Damage(
            "a whole journal is deleted",
            """
            DELETE FROM receipt WHERE journal = \(other);
            DELETE FROM head WHERE journal = \(other);
            DELETE FROM journal WHERE id = \(other);
            DELETE FROM entry WHERE journal = \(other)
            """),
        Damage(
            "the tail of a journal is cut, and its row set back",
            """
            UPDATE journal SET n = 1, centre_n = 1,
                hash = (SELECT e.hash FROM entry e WHERE e.journal = journal.id AND e.n = 1),
                verdict_hash =
                    (SELECT r.verdict_hash FROM receipt r WHERE r.journal = journal.id AND r.n = 1)
                WHERE id = \(other);
            DELETE FROM receipt WHERE n = 2 AND journal = \(other);
            DELETE FROM head WHERE n = 2 AND journal = \(other);
            DELETE FROM entry WHERE n = 2 AND journal = \(other)
            """),
    ]

    @Test("A row that shows values whose entries are gone stays as it is", arguments: gone, Side.allCases)
    func entriesGone(damage: Damage, side: Side) async throws {
        let centre = try await fixture.replicas.makeCentre()
        let (laptop, other) = (
            try await fixture.replicas.makeLaptop("a"), try await fixture.replicas.makeLaptop("b")
        )
        for value in 1...2 as ClosedRange<Int64> { try await fixture.save(["i1": value], in: laptop) }
        for item in ["i2", "i3"] {
            for store in [laptop, other] { try await fixture.sync(store, centre) }
            try await fixture.save([item: 3], in: other)
            for store in [other, laptop] { try await fixture.sync(store, centre) }
        }
        // So that the other's is not the last entry that was taken.
        try await fixture.save(["i4": 4], in: laptop)
        try await fixture.sync(laptop, centre)
        let store = side == .centre ? centre : laptop
        #expect(try await store.verify().problems == [])
        try store.tamper(damage.sql)
        #expect(try await store.summary(of: fixture.site).entries == (damage.sql.contains("n = 2") ? 4 : 3))
        try await expectUntouched(store, "of which no entry is here")
        #expect(try await fixture.values("i3", in: store) == [3])
        let isCounted = try await store.verify().problems.contains { $0.code == .chainBroken }
        #expect(isCounted == (side == .centre), "only the centre's order of acceptance has no gaps")
    }

    @Test("A row that was put back to an older state is mended", arguments: Side.allCases)
    func olderState(side: Side) async throws {
        let (centre, laptop) = try await stores()
        let store = side == .centre ? centre : laptop
        let older = try #require(
            try await store.pool.read {
                try Row.fetchOne($0, sql: "SELECT state, digest, key FROM record \(Self.one)")
            })
        let (state, digest, key): (Data, Data, Data) = (older[0], older[1], older[2])
        try await fixture.save(["i1": 7], in: laptop)
        try await fixture.sync(laptop, centre)
        let before = try await standing(of: store)
        try store.tamper(
            "UPDATE record SET state = ?, digest = ? WHERE key = ?", [state, digest, key])
        let report = try await store.repair()
        #expect(report.problems == [] && report.rebuilt?.isEmpty == false)
        #expect(try await standing(of: store) == before)
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
