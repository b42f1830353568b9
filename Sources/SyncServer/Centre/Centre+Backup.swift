import Crypto
import Foundation
import SyncProtocol
package import TrialModel
package import TrialStore

extension Centre {
    /// What a backup holds, or what was restored from one.
    package struct BackupReport: Sendable {
        package let file: String
        package let sha256: String
        /// What a walk over the store in it found.
        package let check: VerifyReport
        /// When the newest entry in it was received.
        package let newestMilliseconds: Int64?

        package var newest: String? {
            newestMilliseconds.map { DeviceTime(milliseconds: $0, offsetMinutes: 0).iso8601 }
        }
    }

    // MARK: Backup

    /// Writes a backup while everybody goes on working, and walks the copy as `verify` does.
    ///
    /// - Parameter path: a file that does not exist; it appears when it is whole.
    /// - Throws: `Problem(.alreadyExists)`, `.fileUnreadable`, `.diskFull`, `.diskFailed`, `.storeDamaged`,
    ///   `.storeReadOnly`, `.nameInvalid` for a short passphrase.
    package func backup(to path: String, passphrase: String) async throws -> BackupReport {
        guard Credentials.passwordCharacters.contains(passphrase.count) else {
            throw Problem(
                .nameInvalid, "a passphrase has 8 to 200 characters", remedy: "choose a longer passphrase")
        }
        guard !FileManager.default.fileExists(atPath: path) else {
            throw Problem(.alreadyExists, "\(path) exists", remedy: "name another file")
        }
        try Self.checkPlace(of: path)
        let partial = path + ".partial"
        try? FileManager.default.removeItem(atPath: partial)
        do {
            try directory.writePrivate(Data(), to: URL(fileURLWithPath: partial))
            try await replica.copy(to: partial)
            let (check, newest) = try await Self.check(partial, serverKey)
            try await BackupFile.seal(
                partial, carrying: try directory.carriedFiles(), passphrase: passphrase,
                random: environment.randomBytes(48))
            let sha256 = try FileDigest.flushed(partial)
            try FileManager.default.moveItem(atPath: partial, toPath: path)
            try DurableNames.flush(directoryOf: path)
            let report = BackupReport(
                file: path, sha256: sha256, check: check, newestMilliseconds: newest)
            // The backup is whole without its record: a store that cannot be written says so elsewhere.
            try? await note(report)
            return report
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal"] {
                try? FileManager.default.removeItem(atPath: partial + suffix)
            }
            throw error as? Problem ?? Problem(.fileUnreadable, "\(path) cannot be written")
        }
    }

    /// A folder that is not there, a disk that is not mounted, is named before anything else is done.
    private static func checkPlace(of path: String) throws(Problem) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
        else {
            throw Problem(
                .fileUnreadable, "there is no directory \(folder)",
                remedy: "make it, or mount the disk; or name another file")
        }
    }

    static func check(
        _ store: String, _ key: Curve25519.Signing.PrivateKey
    ) async throws -> (check: VerifyReport, newest: Int64?) {
        let folder = DataDirectory(URL(fileURLWithPath: store).deletingLastPathComponent().path)
        let copy = try Centre(folder, try StoreFile.open(at: store, kind: .centre), key)
        defer { copy.close() }
        return (try await copy.replica.verify(), try await copy.replica.newestReceived())
    }
}

extension DataDirectory {
    /// How folders begin into which a store was put, by hand or by a daemon that lost its file.
    static let putAside = "put-aside"

    /// What a backup does not carry: the store itself, which it is made of, stores that were replaced or put
    /// aside by hand, what belongs to this machine, and hidden files, which are another program's.
    static func isCarried(_ name: String) -> Bool {
        ![".", "centre.db", "replaced-", putAside].contains { name.hasPrefix($0) }
            && !name.hasSuffix(".partial")
            && !["daemon.lock", "restoring", "checking", "heads"].contains(name)
    }

    /// The files beside the store, at most one folder deep.
    ///
    /// - Throws: `Problem(.fileUnreadable)`.
    func carriedFiles() throws(Problem) -> [BackupFile.Carried] {
        var files: [BackupFile.Carried] = []
        var current = url.path
        do {
            let names = try FileManager.default.subpathsOfDirectory(atPath: current).sorted()
            for name in names where Self.isCarried(String(name.prefix { $0 != "/" })) {
                // Nothing of ours lies deeper, and a restore takes nothing deeper.
                guard name.count(where: { $0 == "/" }) <= 1 else { continue }
                let file = url.appending(path: name)
                current = file.path
                guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else {
                    continue
                }
                files.append(.init(path: name, bytes: try Data(contentsOf: file)))
            }
        } catch { throw Problem(.fileUnreadable, "\(current) cannot be read") }
        return files
    }

    func write(_ files: [BackupFile.Carried]) throws(Problem) {
        for file in files {
            let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
            // Backups of before carry what was put aside.
            let isKnown = Self.isCarried(String(parts[0])) || parts[0].hasPrefix(Self.putAside)
            guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }), isKnown
            else { throw Problem(.storeDamaged, "the backup names a file that it cannot hold") }
            let target = url.appending(path: file.path)
            if parts.count == 2 { try createFolder(target.deletingLastPathComponent()) }
            try writePrivate(file.bytes, to: target)
        }
    }
}

/// SHA-256 of files, read in pieces.
enum FileDigest {
    private static let pieceBytes = 1 << 20

    /// - Throws: `Problem(.fileUnreadable)`.
    static func of(_ path: String) throws(Problem) -> String {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw Problem(.fileUnreadable, "\(path) cannot be read")
        }
        defer { try? handle.close() }
        var hash = SHA256()
        do {
            while let piece = try handle.read(upToCount: pieceBytes), !piece.isEmpty {
                hash.update(data: piece)
            }
        } catch { throw Problem(.fileUnreadable, "\(path) cannot be read") }
        return Hex.encode(Data(hash.finalize()))
    }

    /// Brings a file to the disk first.
    static func flushed(_ path: String) throws(Problem) -> String {
        try flush(path)
        return try of(path)
    }

    /// Waits until a file is on the disk.
    static func flush(_ path: String) throws(Problem) {
        guard let handle = FileHandle(forUpdatingAtPath: path), (try? handle.synchronize()) != nil else {
            throw Problem(.storeReadOnly, "\(path) cannot be written")
        }
        try? handle.close()
    }
}
