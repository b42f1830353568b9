import Crypto
package import FoundationEssentials
import GRDB
import SyncProtocol
package import TrialModel

/// A backup of a centre in one SQLite file: its store as it was at one moment, and beside it the files of the
/// server's directory.
///
/// Those files, and the columns of the store that hold keys, are sealed with a key of the backup's own
/// (AES-256-GCM), which a passphrase opens. What the sites entered stands in it as it does in the store.
package enum BackupFile {
    /// A file of the server's directory, by its path there: `tls/ca.pem`.
    package struct Carried: Hashable, Sendable {
        package let path: String
        package let bytes: Data

        package init(path: String, bytes: Data) { (self.path, self.bytes) = (path, bytes) }
    }

    /// `TrSb`: no daemon opens a backup as its store.
    static let applicationID: Int32 = 0x5472_5362

    /// The columns of the store that hold keys: table, column, and the column that names the row.
    private static let keyColumns = [(table: "site_key", column: "key", name: "site")]

    // MARK: Writing

    /// Turns a copy of a store into a backup.
    ///
    /// - Parameters:
    ///   - path: a copy that ``SQLiteReplica/copy(to:)`` wrote, opened by nobody.
    ///   - random: 48 bytes that nobody can guess.
    package static func seal(
        _ path: String, carrying files: [Carried], passphrase: String, random: Data
    ) async throws {
        let (key, salt) = (Data(random.prefix(32)), Data(random.suffix(16)))
        let slot = try await Offload.run { () throws(Problem) in
            try KeySlot(wrapping: key, password: passphrase, salt: salt)
        }
        let seal = Seal(key: SymmetricKey(data: key))
        try await StoreFile.mappingErrors {
            let queue = try DatabaseQueue(path: path)
            try await queue.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA journal_mode = DELETE")
                // What is sealed must not stay readable beside it.
                try db.execute(sql: "PRAGMA secure_delete = ON")
                try db.inTransaction {
                    try seal.write(files, slot, to: db)
                    try db.execute(sql: "PRAGMA application_id = \(applicationID)")
                    return .commit
                }
            }
            try queue.close()
        }
    }

    // MARK: Reading

    /// Takes the store and the files out of a backup.
    ///
    /// - Parameter path: where the store is written; nothing is there yet.
    /// - Returns: the files of the server's directory.
    /// - Throws: `Problem(.storeMissing)`, `.storeForeign`, `.storeDamaged`; `.wrongPassphrase`. The backup
    ///   is left as it is.
    package static func open(_ backup: String, passphrase: String, storeTo path: String) async throws
        -> [Carried]
    {
        try StoreFile.checkHeader(of: backup, applicationID, "backup of a centre")
        return try await StoreFile.mappingErrors {
            var configuration = Configuration()
            configuration.readonly = true
            let source = try DatabaseQueue(path: backup, configuration: configuration)
            let slot = try await source.read { db in
                let answer = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") ?? ""
                guard answer == "ok" else {
                    throw Problem(.storeDamaged, "\(backup) fails SQLite's integrity check")
                }
                return try Data.fetchOne(db, sql: "SELECT value FROM setting WHERE name = 'backup-slot'")
            }
            let seal = Seal(key: try await key(in: slot, passphrase))
            let files = try await source.read { db in try seal.files(in: db) }
            let target = try DatabaseQueue(path: path)
            try source.backup(to: target)
            try source.close()
            try await target.writeWithoutTransaction { db in
                // What is dropped must not stay in free pages of the new store.
                try db.execute(sql: "PRAGMA secure_delete = ON")
                try db.inTransaction {
                    try seal.openKeys(in: db)
                    try db.execute(sql: "DROP TABLE carried")
                    try db.execute(sql: "DELETE FROM setting WHERE name = 'backup-slot'")
                    try db.execute(sql: "PRAGMA application_id = \(StoreFile.applicationID)")
                    return .commit
                }
            }
            try target.close()
            return files
        }
    }

    private static func key(in slot: Data?, _ passphrase: String) async throws -> SymmetricKey {
        guard let slot else { throw Problem(.storeDamaged, "the backup has no key") }
        do {
            let key = try await Offload.run { () throws(Problem) in
                try KeySlot(bytes: slot).open(password: passphrase)
            }
            return SymmetricKey(data: key)
        } catch let problem as Problem where problem.code == .wrongPassword {
            throw Problem(.wrongPassphrase, "the passphrase does not open this backup")
        }
    }

    // MARK: Sealing

    private struct Seal: Sendable {
        let key: SymmetricKey

        func write(_ files: [Carried], _ slot: KeySlot, to db: Database) throws {
            try db.execute(
                sql: "CREATE TABLE carried (path TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID")
            for file in files {
                try db.execute(
                    sql: "INSERT INTO carried (path, body) VALUES (?, ?)",
                    arguments: [file.path, try seal(file.bytes, "file " + file.path)])
            }
            try db.execute(
                sql: "INSERT INTO setting (name, value) VALUES ('backup-slot', ?)", arguments: [slot.bytes])
            try mapKeys(in: db, seal)
        }

        func files(in db: Database) throws -> [Carried] {
            try Row.fetchAll(db, sql: "SELECT path, body FROM carried ORDER BY path").map { row in
                let path: String = row[0]
                return Carried(path: path, bytes: try open(row[1], "file " + path))
            }
        }

        func openKeys(in db: Database) throws { try mapKeys(in: db, open) }

        private func mapKeys(in db: Database, _ map: (Data, String) throws -> Data) throws {
            for place in keyColumns {
                let rows = try Row.fetchAll(
                    db, sql: "SELECT \(place.name), \(place.column) FROM \(place.table)")
                for row in rows {
                    let name: String = row[0]
                    try db.execute(
                        sql: "UPDATE \(place.table) SET \(place.column) = ? WHERE \(place.name) = ?",
                        arguments: [try map(row[1], "\(place.table) \(name)"), name])
                }
            }
        }

        private func seal(_ bytes: Data, _ identity: String) throws -> Data {
            guard
                let sealed = try AES.GCM.seal(bytes, using: key, authenticating: Data(identity.utf8)).combined
            else { throw Problem(.internalError, "a key could not be sealed") }
            return sealed
        }

        private func open(_ bytes: Data, _ identity: String) throws -> Data {
            do {
                return try AES.GCM.open(
                    AES.GCM.SealedBox(combined: bytes), using: key, authenticating: Data(identity.utf8))
            } catch { throw Problem(.storeDamaged, "the backup's \(identity) was altered") }
        }
    }
}
