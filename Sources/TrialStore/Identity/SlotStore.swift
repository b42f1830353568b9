import Crypto
package import FoundationEssentials
import GRDB
package import SyncProtocol
import TrialModel

/// The key slots of a laptop's store, which can be read before anything in it can be opened.
package struct SlotStore: Sendable {
    private let pool: DatabasePool

    package init(_ file: StoreFile) { pool = file.pool }

    package init(_ replica: SQLiteReplica) { pool = replica.pool }

    /// A salted hash, so that the file holds no user name.
    private func key(_ person: String, _ salt: Data) -> Data {
        Data(SHA256.hash(data: salt + Data(person.utf8)))
    }

    package func slot(of person: String) async throws -> KeySlot? {
        try await StoreFile.mappingErrors { [pool] in
            try await pool.read { db in
                guard
                    let salt = try Data.fetchOne(
                        db, sql: "SELECT value FROM setting WHERE name = 'slot-salt'"),
                    let bytes = try Data.fetchOne(
                        db, sql: "SELECT slot FROM slot WHERE person = ?", arguments: [key(person, salt)])
                else { return nil }
                return KeySlot(bytes: bytes)
            }
        }
    }

    package func set(_ slot: KeySlot, of person: String, salt fresh: Data) async throws {
        try await StoreFile.mappingErrors { [pool] in
            try await pool.write { db in
                try db.execute(
                    sql: "INSERT OR IGNORE INTO setting (name, value) VALUES ('slot-salt', ?)",
                    arguments: [fresh])
                let salt =
                    try Data.fetchOne(db, sql: "SELECT value FROM setting WHERE name = 'slot-salt'") ?? fresh
                try db.execute(
                    sql: "INSERT OR REPLACE INTO slot (person, slot) VALUES (?, ?)",
                    arguments: [key(person, salt), slot.bytes])
            }
        }
    }

    /// A setting that is not sealed: it must be read before log-in and says nothing about anybody.
    package func clear(_ name: String) async throws -> Data? {
        try await StoreFile.mappingErrors { [pool] in
            try await pool.read { db in
                try Data.fetchOne(
                    db, sql: "SELECT value FROM setting WHERE name = ?", arguments: ["clear-" + name])
            }
        }
    }

    package func setClear(_ name: String, _ value: Data) async throws {
        try await StoreFile.mappingErrors { [pool] in
            try await pool.write { db in
                try db.execute(
                    sql: "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)",
                    arguments: ["clear-" + name, value])
            }
        }
    }
}
