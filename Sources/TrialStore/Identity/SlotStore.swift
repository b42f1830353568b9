import Crypto
package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// The key slots of a laptop's store, which can be read before anything in it can be opened.
package struct SlotStore: Sendable {
    private let pool: DatabasePool

    package init(_ file: StoreFile) { pool = file.pool }

    package init(_ replica: SQLiteReplica) { pool = replica.pool }

    package func slot(of person: String) async throws -> KeySlot? {
        try await StoreFile.mappingErrors { [pool] in
            try await pool.read { db in
                let key = try PersonHash.of(person, in: db)
                return try Data.fetchOne(db, sql: "SELECT slot FROM slot WHERE person = ?", arguments: [key])
                    .map { KeySlot(bytes: $0) }
            }
        }
    }

    /// How often the person's password had been set when the slot was made.
    package func generation(of person: String) async throws -> Int? {
        try await StoreFile.mappingErrors { [pool] in
            try await pool.read { db in
                let key = try PersonHash.of(person, in: db)
                return try Int.fetchOne(
                    db, sql: "SELECT generation FROM slot WHERE person = ?", arguments: [key])
            }
        }
    }

    /// - Parameters:
    ///   - generation: how often the person's password had been set when the slot was made.
    ///   - fresh: the salt of names, if this is the first slot.
    package func set(_ slot: KeySlot, generation: Int, of person: String, salt fresh: Data) async throws {
        try await StoreFile.mappingErrors { [pool] in
            try await pool.write { db in
                try PersonHash.salt(db, with: fresh)
                try db.execute(
                    sql: "INSERT OR REPLACE INTO slot (person, slot, generation) VALUES (?, ?, ?)",
                    arguments: [try PersonHash.of(person, in: db), slot.bytes, generation])
            }
        }
    }

    /// Deletes the slots of people who may not open this laptop any more, and those made before the person's
    /// password was last set.
    ///
    /// - Parameter people: as the records of `*` give them; a slot of anybody else stays.
    /// - Returns: how many were deleted.
    package func sweep(_ people: [PersonGrant], at site: SiteCode) async throws -> Int {
        try await StoreFile.mappingErrors { [pool] in
            let stale = try await pool.read { db in
                let slots = try Row.fetchAll(db, sql: "SELECT person, generation FROM slot")
                let generations = Dictionary(
                    slots.map { ($0[0] as Data, $0[1] as Int) }, uniquingKeysWith: { first, _ in first })
                var stale: [Data] = []
                for person in people where !generations.isEmpty {
                    let key = try PersonHash.of(person.name, in: db)
                    if let generation = generations[key], !person.admits(slotOf: generation, at: site) {
                        stale.append(key)
                    }
                }
                return stale
            }
            guard !stale.isEmpty else { return 0 }
            return try await pool.write { db in
                for person in stale {
                    try db.execute(sql: "DELETE FROM slot WHERE person = ?", arguments: [person])
                }
                return stale.count
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

    /// Destroys every slot, so that nobody can open this store again, and notes when.
    ///
    /// The old bytes are overwritten in the file (`secure_delete`) and the log that held them is emptied;
    /// what a disk keeps of blocks that it has moved is out of reach here.
    package func destroyAll(at milliseconds: Int64) async throws {
        try await StoreFile.mappingErrors { [pool] in
            try await pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA secure_delete = ON")
                try db.inTransaction {
                    try db.execute(sql: "DELETE FROM slot")
                    try db.execute(
                        sql: "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)",
                        arguments: [Self.destroyed, Data(String(milliseconds).utf8)])
                    return .commit
                }
                // A reader may hold the log up; closing the store empties it at the latest.
                try? db.emptyLog()
            }
        }
    }

    private static let destroyed = "clear-slots-destroyed"

    /// When every slot was destroyed, in milliseconds since 1970 UTC; `nil` if that never happened.
    package func destroyedAt() async throws -> Int64? {
        try await clear("slots-destroyed").flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
    }
}

/// A person's name as rows name it that are not sealed: a hash, on a laptop with a salt of its own, so that
/// its file holds no user name.
enum PersonHash {
    private static let saltQuery = "SELECT value FROM setting WHERE name = 'slot-salt'"

    static func of(_ person: String, in db: Database) throws -> Data {
        let salt = try Data.fetchOne(db, sql: saltQuery) ?? Data()
        return Data(SHA256.hash(data: salt + Data(person.utf8)))
    }

    /// Keeps the salt that is there.
    static func salt(_ db: Database, with fresh: Data) throws {
        try db.execute(
            sql: "INSERT OR IGNORE INTO setting (name, value) VALUES ('slot-salt', ?)", arguments: [fresh])
    }
}
