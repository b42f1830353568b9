import Crypto
package import Foundation
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
    }

    // MARK: Backup

    /// Writes a backup while everybody goes on working, and walks the copy as `verify` does.
    ///
    /// - Parameter path: a file that does not exist; it appears when it is whole.
    /// - Throws: `Problem(.alreadyExists)`, `.diskFull`, `.storeReadOnly`, `.nameInvalid` for a short
    ///   passphrase.
    package func backup(to path: String, passphrase: String) async throws -> BackupReport {
        guard Credentials.passwordCharacters.contains(passphrase.count) else {
            throw Problem(
                .nameInvalid, "a passphrase has 8 to 200 characters", remedy: "choose a longer passphrase")
        }
        guard !FileManager.default.fileExists(atPath: path) else {
            throw Problem(.alreadyExists, "\(path) exists", remedy: "name another file")
        }
        let partial = path + ".partial"
        try? FileManager.default.removeItem(atPath: partial)
        do {
            try directory.writePrivate(Data(), to: URL(fileURLWithPath: partial))
            try await replica.copy(to: partial)
            let check = try await Self.check(partial, serverKey)
            try await BackupFile.seal(
                partial, carrying: try directory.carriedFiles(), passphrase: passphrase,
                random: environment.randomBytes(48))
            let sha256 = try FileDigest.flushed(partial)
            try FileManager.default.moveItem(atPath: partial, toPath: path)
            let report = BackupReport(file: path, sha256: sha256, check: check)
            // The backup is whole without its record: a store that cannot be written says so elsewhere.
            try? await note(report)
            return report
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal"] {
                try? FileManager.default.removeItem(atPath: partial + suffix)
            }
            throw error
        }
    }

    private static func check(
        _ store: String, _ key: Curve25519.Signing.PrivateKey
    ) async throws -> VerifyReport {
        let folder = DataDirectory(URL(fileURLWithPath: store).deletingLastPathComponent().path)
        let copy = try Centre(folder, try StoreFile.open(at: store, kind: .centre), key)
        defer { copy.close() }
        return try await copy.replica.verify()
    }

    // MARK: Restore

    /// Puts a backup in the place of what a directory holds, which moves to `replaced-TIME` there. The centre
    /// begins a new epoch, so that laptops bring back what they have and the backup has not.
    ///
    /// Sessions and enrolment links of the backup are void: a link may have been used since. Access that was
    /// ended since stays ended.
    ///
    /// - Returns: the report, the new epoch, and where what was there is now, if there was anything.
    /// - Throws: `Problem(.daemonRunning)`, `.wrongPassphrase`, `.storeMissing`, `.storeForeign`,
    ///   `.storeDamaged`, `.storeNewer`. Until the backup has been checked nothing is moved.
    package static func restore(
        _ backup: String, in directory: DataDirectory, passphrase: String
    ) async throws -> (report: BackupReport, epoch: Data, replaced: String?) {
        guard FileManager.default.fileExists(atPath: backup) else {
            throw Problem(.fileUnreadable, "there is no \(backup)", remedy: "name a file of `backup`")
        }
        try directory.createFolder(directory.url)
        let lock = try DaemonLock(directory)
        defer { withExtendedLifetime(lock) {} }
        let staged = DataDirectory(directory.restoring.path)
        let wasCutShort = FileManager.default.fileExists(atPath: staged.url.path)
        try? FileManager.default.removeItem(at: staged.url)
        do {
            let unpacked = try await unpack(backup, to: staged, passphrase)
            let epoch = try await beginEpoch(in: staged, unpacked.key)
            try staged.addRevocations(of: directory)
            let replaced = try directory.takeOver(staged)
            return (unpacked.report, epoch, replaced)
        } catch {
            // A directory that an earlier, unfinished restore left in pieces stays barred.
            if !wasCutShort { try? FileManager.default.removeItem(at: staged.url) }
            throw error
        }
    }

    /// Unpacks a backup and walks it, and changes nothing.
    ///
    /// - Throws: as ``restore(_:in:passphrase:)``.
    package static func check(
        _ backup: String, in directory: DataDirectory, passphrase: String
    ) async throws -> BackupReport {
        let staged = DataDirectory(directory.checking.path)
        try? FileManager.default.removeItem(at: staged.url)
        defer { try? FileManager.default.removeItem(at: staged.url) }
        let unpacked = try await unpack(backup, to: staged, passphrase)
        return unpacked.report
    }

    private static func unpack(
        _ backup: String, to staged: DataDirectory, _ passphrase: String
    ) async throws -> (report: BackupReport, key: Curve25519.Signing.PrivateKey) {
        try staged.createFolder(staged.url)
        let sha256 = try FileDigest.of(backup)
        try staged.writePrivate(Data(), to: URL(fileURLWithPath: staged.store))
        let files = try await BackupFile.open(backup, passphrase: passphrase, storeTo: staged.store)
        try staged.write(files)
        let key = try staged.readServerKey()
        return (BackupReport(file: backup, sha256: sha256, check: try await check(staged.store, key)), key)
    }

    private static func beginEpoch(
        in staged: DataDirectory, _ key: Curve25519.Signing.PrivateKey
    ) async throws -> Data {
        let centre = try Centre(staged, try StoreFile.open(at: staged.store, kind: .centre), key)
        defer { centre.close() }
        let epoch = centre.environment.randomBytes(16)
        try await centre.replica.set("epoch", to: epoch)
        try await centre.identities.forgetSessionsAndLinks()
        try staged.writePrivate(Data(Hex.encode(epoch).utf8), to: staged.epoch)
        return epoch
    }
}

extension DataDirectory {
    /// What a backup does not carry: the store itself, which it is made of, what belongs to this machine, and
    /// hidden files, which are another program's.
    private static func isCarried(_ name: String) -> Bool {
        !name.hasPrefix(".") && !name.hasPrefix("centre.db") && !name.hasPrefix("replaced-")
            && !name.hasSuffix(".partial")
            && !["daemon.lock", "restoring", "checking", "heads"].contains(name)
    }

    /// The files beside the store, at most one folder deep.
    func carriedFiles() throws -> [BackupFile.Carried] {
        var files: [BackupFile.Carried] = []
        let names = try FileManager.default.subpathsOfDirectory(atPath: url.path).sorted()
        for name in names where Self.isCarried(String(name.prefix { $0 != "/" })) {
            // Nothing of ours lies deeper, and a restore takes nothing deeper.
            guard name.count(where: { $0 == "/" }) <= 1 else { continue }
            let file = url.appending(path: name)
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else {
                continue
            }
            files.append(.init(path: name, bytes: try Data(contentsOf: file)))
        }
        return files
    }

    func write(_ files: [BackupFile.Carried]) throws(Problem) {
        for file in files {
            let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }),
                Self.isCarried(String(parts[0]))
            else { throw Problem(.storeDamaged, "the backup names a file that it cannot hold") }
            let target = url.appending(path: file.path)
            if parts.count == 2 { try createFolder(target.deletingLastPathComponent()) }
            try writePrivate(file.bytes, to: target)
        }
    }

    /// Adds what another directory says of ended access, which is newer: the last line of a name counts.
    fileprivate func addRevocations(of other: DataDirectory) throws {
        guard let newer = try? String(contentsOf: other.revocations, encoding: .utf8) else { return }
        let here = (try? String(contentsOf: revocations, encoding: .utf8)) ?? ""
        let known = here.hasSuffix("\n") || here.isEmpty ? here : here + "\n"
        // The file only grows, so that the newer one usually holds the older one whole.
        let all = newer.hasPrefix(known) ? newer : known + newer
        try writePrivate(Data(all.utf8), to: revocations)
    }

    /// Moves what is here to `replaced-TIME`, and what was staged to its place: the store last, so that half
    /// of it is never opened.
    fileprivate func takeOver(_ staged: DataDirectory) throws -> String? {
        let files = FileManager.default
        let kept = [daemonLock, restoring, checking].map(\.lastPathComponent)
        let old = try files.contentsOfDirectory(atPath: url.path).filter {
            !kept.contains($0) && !$0.hasPrefix("replaced-")
        }
        var replaced: URL?
        if !old.isEmpty {
            let folder = freeFolder()
            try createFolder(folder)
            for name in old {
                try files.moveItem(at: url.appending(path: name), to: folder.appending(path: name))
            }
            replaced = folder
        }
        let store = URL(fileURLWithPath: self.store).lastPathComponent
        let new = try files.contentsOfDirectory(atPath: staged.url.path).filter { $0 != store }
        for name in new + [store] {
            try files.moveItem(at: staged.url.appending(path: name), to: url.appending(path: name))
        }
        try files.removeItem(at: staged.url)
        return replaced?.path
    }

    /// `replaced-20261123T024500Z`, or with a number behind it if that is taken.
    private func freeFolder() -> URL {
        let now = DeviceTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000), offsetMinutes: 0)
        let stamp = now.iso8601.filter { $0 != "-" && $0 != ":" }
        var folder = url.appending(path: "replaced-\(stamp)")
        var number = 2
        while FileManager.default.fileExists(atPath: folder.path) {
            folder = url.appending(path: "replaced-\(stamp)-\(number)")
            number += 1
        }
        return folder
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
        guard let handle = FileHandle(forUpdatingAtPath: path), (try? handle.synchronize()) != nil else {
            throw Problem(.storeReadOnly, "\(path) cannot be written")
        }
        try? handle.close()
        return try of(path)
    }
}
