import Foundation
import GRDB
import Synchronization
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// The statements that run with every save, view and sync find their rows by an index, however large the
/// store is.
///
/// The statements are not copied here: they are taken down while the program runs.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct QueryPlanTests {
    let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    /// What may be read from end to end, and why.
    static let mayScan = [
        // What waits and what was borrowed is never much, and is asked for as a whole.
        "FROM borrowed_run": "borrowed runs", "FROM borrowed x": "what was borrowed",
        "x.participant = ?": "what waits of one participant", "FROM pending LIMIT 1": "one row",
        // One row a site, one row a journal.
        "FROM site": "sites", "FROM journal)": "journals",
    ]

    /// Statements as they were run on one store's connections.
    private final class Recorder: Sendable {
        let statements = Mutex<Set<String>>([])

        func listen(to store: SQLiteReplica) async throws {
            try await store.read { self.listen($0.db) }
            try await store.write { self.listen($0.db) }
        }

        private func listen(_ db: Database) {
            db.trace(options: .statement) { event in
                guard case .statement(let statement) = event else { return }
                let sql = statement.sql
                self.statements.withLock { _ = $0.insert(sql) }
            }
        }

        var found: [String] {
            statements.withLock { $0.filter { !$0.contains("PRAGMA") && !$0.hasPrefix("--") }.sorted() }
        }
    }

    private func plan(of sql: String, in store: SQLiteReplica) async throws -> [String] {
        try await store.pool.read { db in
            let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
            statement.setUncheckedArguments([])
            return try Row.fetchAll(statement).map { $0["detail"] as String }
        }
    }

    private func expectNoScan(_ statements: [String], in store: SQLiteReplica) async throws {
        for sql in statements {
            let first = sql.split(separator: " ").first ?? ""
            guard ["SELECT", "INSERT", "UPDATE", "DELETE"].contains(first) else { continue }
            let scans = try await plan(of: sql, in: store).filter {
                $0.hasPrefix("SCAN") && !$0.contains("CONSTANT ROW") && !$0.contains("(subquery")
            }
            #expect(
                scans.isEmpty || Self.mayScan.keys.contains { sql.contains($0) }, "\(scans) in \(sql)")
        }
    }

    @Test("Save, view, sync and history read no table from end to end")
    func hotStatementsUseIndexes() async throws {
        let replicas = fixture.replicas
        let (centre, laptop) = (try await replicas.makeCentre(), try await replicas.makeLaptop("a"))
        let other = try await replicas.makeLaptop("b")
        var recorders: [(SQLiteReplica, Recorder)] = []
        for store in [centre, laptop] {
            let recorder = Recorder()
            try await recorder.listen(to: store)
            recorders.append((store, recorder))
        }
        for round in 0..<3 as Range<Int64> {
            try await fixture.save(["i1": round], in: laptop)
            try await fixture.save(["i2": round], in: other)
            for store in [laptop, other] { try await fixture.sync(store, centre, pageEntries: 1) }
            try await fixture.save(["i3": round], in: laptop)
            _ = try await laptop.history(of: fixture.record)
            _ = try await laptop.entry(
                of: try EncodedChange(fixture.save(["i4": round], in: laptop), site: fixture.site).id)
            for number in [NumberKey.participant("PKU-001")] {
                var filter = RecordFilter()
                filter.number = number
                _ = try await laptop.views(filter)
                filter.number = nil
                filter.participant = fixture.record.participant
                _ = try await laptop.views(filter)
            }
        }
        for (store, recorder) in recorders {
            let statements = recorder.found
            #expect(statements.count > 15, "\(statements.count) statements were taken down")
            try await expectNoScan(statements, in: store)
        }
        let all = recorders.flatMap(\.1.found)
        for table in ["entry", "pending", "record", "receipt", "journal"] {
            #expect(all.contains { $0.contains("FROM \(table)") }, "nothing read \(table)")
        }
    }

    @Test("Numbers that are borne twice are found by their index alone, and only what waits is sorted")
    func numbersBorneTwice() async throws {
        let (store, recorder) = (try await fixture.replicas.makeLaptop("a"), Recorder())
        try await recorder.listen(to: store)
        _ = try await store.duplicateNumbers(site: nil)
        let sql = try #require(recorder.found.first { $0.contains("HAVING count(*) > 1") })
        let plan = try await plan(of: sql, in: store)
        let ofRecords = plan.filter { $0.hasPrefix("SEARCH record") || $0.hasPrefix("SCAN record") }
        #expect(!ofRecords.isEmpty && ofRecords.allSatisfy { $0.contains("COVERING INDEX record_number") })
        #expect(plan.contains { $0.hasPrefix("SEARCH r USING INDEX record_number (number=?)") })
        #expect(plan.count { $0.contains("TEMP B-TREE FOR GROUP BY") } == 1, "\(plan)")
    }

    /// The look-ups that everything else stands on, and the index that answers each.
    static let lookUps: [(sql: String, index: String)] = [
        ("SELECT hash FROM entry WHERE journal = ? AND n = ?", "PRIMARY KEY"),
        ("SELECT body FROM entry WHERE journal = ? AND n >= ? AND n <= ? ORDER BY n", "PRIMARY KEY"),
        ("SELECT 1 FROM entry WHERE change = ? AND verdict = 1 LIMIT 1", "entry_change"),
        ("SELECT body FROM entry WHERE record = ? AND verdict < 3", "entry_record"),
        ("SELECT body FROM entry WHERE verdict <> 1", "entry_not_applied"),
        ("SELECT body FROM pending WHERE record = ?", "pending_record"),
        ("SELECT body FROM pending WHERE change = ?", "pending_change"),
        ("SELECT state FROM record WHERE key = ?", "sqlite_autoindex_record"),
        ("SELECT state FROM record WHERE number = ?", "record_number"),
        ("SELECT state FROM record WHERE participant = ?", "record_participant"),
        ("SELECT state FROM record WHERE site = ? AND conflicts > 0", "record_conflicts"),
        ("SELECT n FROM receipt WHERE journal = ? AND n >= ? ORDER BY n LIMIT 1", "PRIMARY KEY"),
        ("SELECT id FROM journal WHERE name = ?", "sqlite_autoindex_journal"),
        ("SELECT run FROM borrowed WHERE record = ? AND applied = 1", "borrowed_record"),
        ("SELECT run FROM borrowed WHERE change = ?", "borrowed_change"),
    ]

    @Test("Each look-up is answered by its index, without a sort", arguments: lookUps.indices)
    func lookUpsUseTheirIndex(index: Int) async throws {
        let store = try await fixture.replicas.makeLaptop("a")
        let (sql, name) = Self.lookUps[index]
        let plan = try await plan(of: sql, in: store)
        // A partial index that is read from end to end holds only what is asked for.
        #expect(
            plan.contains { ($0.hasPrefix("SEARCH") || name == "entry_not_applied") && $0.contains(name) },
            "\(plan)")
        #expect(
            !plan.contains { $0.contains("TEMP B-TREE") || $0.hasPrefix("SCAN") && !$0.contains(name) },
            "\(plan)")
    }
}
