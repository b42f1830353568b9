import Foundation
import GRDB
package import TrialModel

/// The SQLite file of a replica: created, checked and opened; never touched if it is not ours or not sound.
package struct StoreFile: Sendable {
    let pool: DatabasePool
    package let path: String

    /// `TrSy`, in the file's header at byte 68.
    static let applicationID: Int32 = 0x5472_5379
    private static let busyTimeoutSeconds = 10.0
    /// What one connection keeps of the file: enough for the pages that one transaction of a full page of
    /// entries touches, so that they are not written twice.
    private static let cacheKibibytes = 16 << 10
    /// How far the log grows before it is brought into the file: 16 MiB.
    private static let checkpointPages = 4096
    /// Files up to this size are checked whole on opening; larger ones by `verify`, and whenever a read finds
    /// damage.
    package static let fullCheckLimitBytes = 64 << 20

    package enum Kind: String, Sendable { case laptop, centre }

    /// Makes a new, empty store.
    ///
    /// - Throws: `Problem(.storeExists)`; `Problem(.storeReadOnly)`, `.diskFull`, `.diskFailed`.
    package static func create(at path: String, kind: Kind) throws(Problem) -> StoreFile {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw Problem(.storeExists, "\(path) exists already")
        }
        return try mapping {
            guard
                FileManager.default.createFile(
                    atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
            else {
                throw Problem(.storeReadOnly, "\(path) cannot be written")
            }
            let queue = try DatabaseQueue(path: path)
            try queue.write { db in try db.execute(sql: "PRAGMA application_id = \(applicationID)") }
            try Migrations.migrator.migrate(queue)
            try queue.write { db in
                try db.execute(
                    sql: "INSERT INTO setting (name, value) VALUES ('kind', ?)",
                    arguments: [Data(kind.rawValue.utf8)])
            }
            try queue.close()
            return try open(at: path, kind: kind)
        }
    }

    /// Opens a store that exists, and brings it to the newest schema.
    ///
    /// - Parameter limit: files up to this size are checked whole first.
    /// - Throws: `Problem(.storeMissing)`, `.storeForeign`, `.storeDamaged`, `.storeNewer`, `.diskFailed`:
    ///   the file is left untouched.
    package static func open(
        at path: String, kind: Kind, checkingUpTo limit: Int = fullCheckLimitBytes
    ) throws(Problem) -> StoreFile {
        try checkHeader(of: path, applicationID, "TrialSync store")
        return try mapping {
            try check(path, kind, limit)
            let file = try connect(path)
            try Migrations.migrator.migrate(file.pool)
            return file
        }
    }

    /// Opens a copy of a store that this program made itself and closed: for simulations, which begin with
    /// thousands of them.
    package static func openCopy(at path: String) throws(Problem) -> StoreFile {
        try mapping { try connect(path) }
    }

    private static func connect(_ path: String) throws -> StoreFile {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(busyTimeoutSeconds)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
            try db.execute(sql: "PRAGMA cache_size = -\(cacheKibibytes)")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(checkpointPages)")
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        // Every commit waits for the disk. Said here, because a pool that GRDB opens sets the connection
        // that writes to NORMAL, which waits at checkpoints only, after the configuration has been
        // prepared.
        try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
        return StoreFile(pool: pool, path: path)
    }

    /// Closes the file.
    package func close() { Self.close(pool) }

    /// Brings everything into the one file first, so that a copy of it is a copy of the store.
    ///
    /// - Parameter emptiesLog: `false` where another process may go on with the file, whose log a program
    ///   may be replicating: that would not see what was taken out of the log. Whoever closes the file last
    ///   empties the log nevertheless.
    static func close(_ pool: DatabasePool, emptiesLog: Bool = true) {
        pool.invalidateReadOnlyConnections()
        if emptiesLog { try? pool.writeWithoutTransaction { db in try db.emptyLog() } }
        try? pool.close()
    }

    /// Reads the first bytes only: no SQLite is let near a file that is not ours.
    ///
    /// - Parameters:
    ///   - id: the application id that the file must bear.
    ///   - what: what such a file is called.
    static func checkHeader(of path: String, _ id: Int32, _ what: String) throws(Problem) {
        guard FileManager.default.fileExists(atPath: path) else {
            throw Problem(.storeMissing, "there is no \(path)")
        }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw Problem(.storeReadOnly, "\(path) cannot be read")
        }
        defer { try? handle.close() }
        let header = (try? handle.read(upToCount: 100)) ?? Data()
        guard header.count == 100, header.starts(with: Data("SQLite format 3\0".utf8)) else {
            throw header.isEmpty
                ? Problem(.storeDamaged, "\(path) is empty") : Problem(.storeForeign, "\(path) is no \(what)")
        }
        // How it is written and read: a log ahead of it, or a journal beside it. SQLite takes other numbers
        // for those of a newer SQLite, and the file for one that is write-protected.
        guard header[18] == header[19], (1...2).contains(header[18]) else {
            throw Problem(.storeDamaged, "the header of \(path) is damaged")
        }
        let found = header[68..<72].reduce(Int32(0)) { $0 << 8 | Int32($1) }
        guard found == id else {
            guard found == BackupFile.applicationID else {
                throw Problem(.storeForeign, "\(path) is no \(what)")
            }
            throw Problem(
                .storeForeign, "\(path) is a backup, and no \(what)",
                remedy: "put it back with `trialsyncd restore FILE`, which needs its passphrase")
        }
    }

    /// Looks at the file through a read-only connection before anything may write to it.
    private static func check(_ path: String, _ kind: Kind, _ limit: Int) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(busyTimeoutSeconds)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        try queue.read { db in
            let migrator = Migrations.migrator
            let isCurrent = try migrator.hasCompletedMigrations(db)
            let sizeBytes = fileBytes(of: path)
            // A migration would write: then the file is looked at whole, however large it is.
            if sizeBytes <= limit || !isCurrent {
                let answer = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? ""
                guard answer == "ok" else {
                    throw Problem(.storeDamaged, "\(path) fails SQLite's integrity check")
                }
            }
            // Pages that the header does not know would be written over. While this transaction reads a file
            // without a log, nobody alters it.
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            let pageBytes = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
            guard fileBytes(of: path + "-wal") > 0 || pages * pageBytes == sizeBytes else {
                throw Problem(.storeDamaged, "\(path) is not as long as its header says")
            }
            // A store is migrated before it gets its content: one that never was has lost something.
            guard try isCurrent || !migrator.appliedIdentifiers(db).isEmpty else {
                throw Problem(.storeDamaged, "\(path) does not say what schema it has")
            }
            guard try !migrator.hasBeenSuperseded(db) else {
                throw Problem(.storeNewer, "\(path) was written by a newer TrialSync")
            }
            let found = try Data.fetchOne(db, sql: "SELECT value FROM setting WHERE name = 'kind'")
            guard found == Data(kind.rawValue.utf8) else {
                throw Problem(.storeForeign, "\(path) is not the store of a \(kind.rawValue)")
            }
        }
    }

    private static func fileBytes(of path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }

    // MARK: Errors

    static func mapping<Result>(_ body: () throws -> Result) throws(Problem) -> Result {
        do { return try DiskReads.watching(body) } catch { throw problem(error) }
    }

    static func mappingErrors<Result>(_ body: () async throws -> Result) async throws -> Result {
        do { return try await body() } catch { throw problem(error) }
    }

    /// What a person can do about an error of SQLite. Its message could hold values, so it is not passed on.
    static func problem(_ error: any Error) -> Problem {
        if let problem = error as? Problem { return problem }
        if error is CancellationError { return Problem(.cancelled, "the work was cancelled") }
        guard let error = error as? DatabaseError else {
            return Problem(.storeFailed, "the store failed unexpectedly")
        }
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: return Problem(.storeDamaged, "SQLite finds the store damaged")
        case .SQLITE_FULL: return Problem(.diskFull, "the disk is full")
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE:
            return Problem(.diskFull, "the disk has no room for the index of the store's log")
        case .SQLITE_IOERR where isOfDisk(error.extendedResultCode):
            return Problem(
                .diskFailed, "the disk fails: SQLite error \(error.extendedResultCode.rawValue)")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
            return Problem(.storeReadOnly, "the store's file or directory cannot be written")
        case .SQLITE_BUSY, .SQLITE_LOCKED: return Problem(.storeBusy, "another process holds the store")
        default: return Problem(.storeFailed, "SQLite error \(error.extendedResultCode.rawValue)")
        }
    }

    /// Whether it was the disk: of the others some are of locks, of memory or of a file that has gone.
    private static func isOfDisk(_ code: ResultCode) -> Bool {
        switch code {
        case .SQLITE_IOERR_READ, .SQLITE_IOERR_WRITE, .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC,
            .SQLITE_IOERR_TRUNCATE, .SQLITE_IOERR_FSTAT, .SQLITE_IOERR_SEEK, .SQLITE_IOERR_CLOSE,
            .SQLITE_IOERR_CORRUPTFS:
            true
        default: false
        }
    }
}

extension Database {
    /// Brings the write-ahead log into the file, and empties it.
    ///
    /// By the pragma and not by GRDB's `checkpoint`: that hands SQLite the null connection of a closed file,
    /// which ends the process, where a statement is refused with an error. A store may be closed twice.
    func emptyLog() throws {
        try execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
    }
}
