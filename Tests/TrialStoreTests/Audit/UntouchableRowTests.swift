import Foundation
import GRDB
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// The store refuses, by itself, what no path of the programs does.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct UntouchableRowTests {
    static let refusedEverywhere = [
        "UPDATE entry SET received_at = 5", "UPDATE entry SET verdict = 3 WHERE n = 1",
        "INSERT OR REPLACE INTO entry SELECT * FROM entry",
        "UPDATE receipt SET signature = zeroblob(64)",
        """
        INSERT OR REPLACE INTO receipt
            SELECT journal, n, epoch, zeroblob(32), verdict_hash, signature FROM receipt
        """,
        "UPDATE head SET signature = zeroblob(64)", "DELETE FROM head",
        "UPDATE resolution SET change = zeroblob(16)", "DELETE FROM resolution",
        "UPDATE journal SET header = x'00'", "UPDATE journal SET device = x'00'",
        "UPDATE journal SET site = site + 1", "UPDATE journal SET name = x'00'",
        "UPDATE journal SET segment = x'00'", "UPDATE journal SET own = 1 - own",
        "INSERT OR REPLACE INTO journal SELECT * FROM journal", "DELETE FROM journal",
        "UPDATE site SET accepted = accepted - 1 WHERE accepted > 0", "DELETE FROM site",
    ]
    static let refusedAtTheCentre = [
        "DELETE FROM entry", "DELETE FROM entry WHERE n = 1", "DELETE FROM receipt",
        "UPDATE journal SET n = n - 1",
    ]

    private func expectRefusal(_ sql: String, by store: SQLiteReplica) async throws {
        let before = try await store.verify()
        await #expect(throws: DatabaseError.self, "\(sql)") {
            try await store.pool.write { try $0.execute(sql: sql) }
        }
        #expect(try await store.verify() == before)
    }

    @Test("Neither a laptop nor the centre alters what has a verdict, what proves it, or whose it is")
    func everywhere() async throws {
        let stores = try await AlteredStore()
        for kind in AlteredStore.Kind.allCases {
            for sql in Self.refusedEverywhere where kind == .centre || !sql.contains(" head") {
                try await expectRefusal(sql, by: stores.store(kind))
            }
        }
    }

    @Test("The centre deletes nothing of it either")
    func atTheCentre() async throws {
        let stores = try await AlteredStore()
        for sql in Self.refusedAtTheCentre { try await expectRefusal(sql, by: stores.store(.centre)) }
    }
}
