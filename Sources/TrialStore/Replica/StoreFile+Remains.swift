package import Foundation
import GRDB

extension StoreFile {
    /// The names of what SQLite keeps of a store, by their ends: the file, its log and the log's index, and
    /// the journal of its first moments.
    package static let ends = ["", "-wal", "-shm", "-journal"]

    /// What a laptop's store holds from the moment it is a laptop's; the last of it is its certificate.
    private static let ofEveryLaptop: Set<String> = [
        "kind", "clear-device", "clear-server", "clear-authority", "centre", "device-key", "server-key",
        "epoch", "numbers", "certificate",
    ]
    /// An empty store is far smaller.
    private static let remainsLimitBytes = 4 << 20

    /// Whether this is what was left of a laptop's store that was never finished, and holds no entry.
    ///
    /// It is looked at in a copy, for SQLite mends what it opens. What cannot be read is not called remains:
    /// there may be saves in it.
    ///
    /// - Parameter folder: where the copy is made and removed again.
    package static func isUnfinished(_ path: String, copiedTo folder: URL) -> Bool {
        let files = FileManager.default
        guard files.fileExists(atPath: path) else { return false }
        func bytes(_ end: String) -> Int {
            (try? files.attributesOfItem(atPath: path + end)[.size] as? Int) ?? 0
        }
        guard bytes("") > 0 else { return bytes("-wal") == 0 }
        guard bytes("") + bytes("-wal") <= remainsLimitBytes else { return false }
        defer { try? files.removeItem(at: folder) }
        let copy = folder.appending(path: "store.db").path
        do {
            try copyFiles(of: path, to: folder)
            let queue = try DatabaseQueue(path: copy)
            defer { try? queue.close() }
            return try queue.read { db in try isUnfinished(db) }
        } catch { return false }
    }

    private static func isUnfinished(_ db: Database) throws -> Bool {
        let tables = Set(
            try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table'"))
        for table in ["entry", "pending", "borrowed"] where tables.contains(table) {
            guard try Int.fetchOne(db, sql: "SELECT 1 FROM \(table) LIMIT 1") == nil else { return false }
        }
        guard tables.contains("setting") else { return true }
        let names = Set(try String.fetchAll(db, sql: "SELECT name FROM setting"))
        return !names.isSuperset(of: ofEveryLaptop)
    }

    /// Copies what a disk still gives of a store's files; what it does not give reads as zeros, which SQLite
    /// finds to be damage.
    ///
    /// - Returns: how many blocks, each of a page, the disk did not give.
    /// - Throws: what the file system says of the copy.
    package static func copyReadable(of path: String, to folder: URL) throws -> Int {
        let files = FileManager.default
        var unread = 0
        try files.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for end in ["-wal", "-journal", ""] where files.fileExists(atPath: path + end) {
            let copy = folder.appending(path: "store.db" + end)
            try Data().write(to: copy)
            let input = try FileHandle(forReadingFrom: URL(fileURLWithPath: path + end))
            defer { try? input.close() }
            let output = try FileHandle(forWritingTo: copy)
            defer { try? output.close() }
            let size = try input.seekToEnd()
            for place in stride(from: 0, to: size, by: copiedBytes) {
                let count = Int(min(UInt64(copiedBytes), size - place))
                try input.seek(toOffset: place)
                let block = (try? input.read(upToCount: count)) ?? Data()
                if block.count < count { unread += 1 }
                try output.write(contentsOf: block + Data(count: count - block.count))
            }
            try output.synchronize()
        }
        return unread
    }

    /// A page of SQLite's, and no more than one is lost with a block of a disk.
    private static let copiedBytes = 4_096

    /// Copies a store's files as they lie there, the log first: what moves into the file meanwhile is in
    /// both.
    ///
    /// - Throws: what the file system says.
    package static func copyFiles(of path: String, to folder: URL) throws {
        let files = FileManager.default
        try files.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for end in ["-wal", "-journal", ""] where files.fileExists(atPath: path + end) {
            // SQLite finds a rollback journal by the name of its file.
            try files.copyItem(
                at: URL(fileURLWithPath: path + end), to: folder.appending(path: "store.db" + end))
        }
    }
}
