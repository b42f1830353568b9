import Crypto
package import Foundation
package import TrialModel
import TrialStore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The server's directory: the store, and outside the database what a restored database must not bring back.
package struct DataDirectory: Sendable {
    package let url: URL

    package init(_ path: String) { url = URL(fileURLWithPath: path, isDirectory: true) }

    package var store: String { url.appending(path: "centre.db").path }
    package var tls: URL { url }
    var serverKey: URL { url.appending(path: "server.key") }
    /// Whose access was ended, and which links: see ``RevocationFile``.
    var revocations: URL { url.appending(path: "revocations") }
    var epoch: URL { url.appending(path: "epoch") }
    /// What the store held last, so that one that was put back is known for it.
    var heads: URL { url.appending(path: "heads") }
    /// Where the daemon listens, for the links of `invite`.
    var address: URL { url.appending(path: "address") }

    /// Held by the daemon while it runs.
    var daemonLock: URL { url.appending(path: "daemon.lock") }
    /// Where a backup is unpacked before it takes the place of what is here.
    var restoring: URL { url.appending(path: "restoring", directoryHint: .isDirectory) }

    /// Where a backup is unpacked to be looked at, and a new centre is put together.
    var checking: URL { url.appending(path: "checking", directoryHint: .isDirectory) }

    package var isInitialised: Bool { FileManager.default.fileExists(atPath: store) }

    /// - Throws: `Problem(.storeExists)`; `Problem(.storeMissing)` if only the store is not there;
    ///   `Problem(.storeReadOnly)`; `Problem(.restoreUnfinished)`; as ``checkOwner()``.
    func create() throws(Problem) {
        try checkNotRestoring()
        try checkOwner()
        guard !isInitialised else {
            throw Problem(
                .storeExists, "\(url.path) holds a centre already", remedy: "name an empty directory")
        }
        try checkNoRemains()
        try createFolder(url)
    }

    func createFolder(_ folder: URL) throws(Problem) {
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            // One that was there may have been made open to all.
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
        } catch { throw Problem(.storeReadOnly, "\(folder.path) cannot be created") }
    }

    /// Refuses root in a directory of another account: files that root makes there would lock the daemon out
    /// of its own store.
    ///
    /// A directory that is not there yet is made by whoever asks for it, root too, and is theirs: then nobody
    /// else's is changed, and a unit with `StateDirectory=` gives it to its account when it starts.
    ///
    /// - Throws: `Problem(.notAllowed)`, which names the account.
    package func checkOwner() throws(Problem) {
        if geteuid() == 0, let owner = owner(), owner.id != 0 {
            throw Problem(
                .notAllowed, "\(url.path) belongs to the account \(owner.name), not to root",
                remedy: "run it as that account: sudo -u \(owner.name) trialsyncd …")
        }
    }

    /// - Throws: `Problem(.restoreUnfinished)`.
    func checkNotRestoring() throws(Problem) {
        guard !FileManager.default.fileExists(atPath: restoring.path) else {
            throw Problem(.restoreUnfinished, "a restore of \(url.path) was cut short")
        }
    }

    /// What a centre has beside its store: with any of it a centre was here, and laptops know its key.
    private static let parts: Set<String> = [
        "server.key", "tls", "epoch", "heads", "revocations", "address", "centre.db-wal", "centre.db-shm",
    ]

    /// Refuses to take the place of a centre that has lost its store for an empty one.
    private func checkNoRemains() throws(Problem) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        let found = names.filter { name in
            Self.parts.contains(name) || ["replaced-", Self.putAside].contains { name.hasPrefix($0) }
        }.sorted()
        guard !found.isEmpty else { return }
        let copy =
            names.contains { $0.hasPrefix(Self.putAside) }
            ? "if a daemon that ended named a copy in put-aside-TIME, put that in its place, with server.key "
                + "and tls of a backup if they are gone too; else " : ""
        throw Problem(
            .storeMissing,
            "\(url.path) holds \(found.joined(separator: ", ")) of a centre, and its centre.db is missing",
            remedy: copy
                + "restore a backup with `trialsyncd restore FILE`; only if there never was a centre here, "
                + "because `init` was cut short, move these away and run it again")
    }

    /// - Throws: `Problem(.storeMissing)`; `Problem(.restoreUnfinished)`; as ``checkOwner()``.
    package func checkInitialised() throws(Problem) {
        try checkNotRestoring()
        try checkOwner()
        guard isInitialised else {
            try checkNoRemains()
            throw Problem(
                .storeMissing, "\(url.path) holds no centre", remedy: "run `trialsyncd init --data DIR` first"
            )
        }
    }

    /// What a daemon must be able to write before it takes anything from anybody.
    ///
    /// SQLite opens a file that is write-protected, and a store whose log was left in a directory that is;
    /// then every push would be refused, or the file ``heads`` silently not be kept.
    /// - Throws: `Problem(.storeReadOnly)`, which names the file or directory.
    package func checkWritable() throws(Problem) {
        let files = ["", "-wal", "-shm"].map { store + $0 } + [revocations.path]
        for path in [url.path] + files {
            guard access(path, W_OK) != 0, errno != ENOENT else { continue }
            throw Problem(
                .storeReadOnly, "\(path) cannot be written by this account",
                remedy: "check its owner and permissions, and whether its file system is mounted read-only")
        }
    }

    private func owner() -> (id: Int, name: String)? {
        guard let found = try? FileManager.default.attributesOfItem(atPath: url.path),
            let id = found[.ownerAccountID] as? NSNumber
        else { return nil }
        return (id.intValue, found[.ownerAccountName] as? String ?? id.stringValue)
    }

    /// Writes a file whole or not at all, and brings it and its name to the disk.
    func writePrivate(_ bytes: Data, to file: URL) throws(Problem) {
        let isWritten = FileManager.default.createFile(
            atPath: file.path, contents: bytes, attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw Problem(.storeReadOnly, "\(file.path) cannot be written") }
        try DurableNames.flush(directoryOf: file.path)
    }

    func readServerKey() throws(Problem) -> Curve25519.Signing.PrivateKey {
        guard let text = try? String(contentsOf: serverKey, encoding: .utf8),
            let bytes = Hex.decode(text.trimmingCharacters(in: .whitespacesAndNewlines)),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
        else {
            throw Problem(
                .storeDamaged, "\(serverKey.path) cannot be read", remedy: "restore it from the backup")
        }
        return key
    }

    /// The address the daemon last listened on.
    package func readAddress() -> String? {
        (try? String(contentsOf: address, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    package func writeAddress(_ text: String) throws(Problem) {
        try writePrivate(Data(text.utf8), to: address)
    }
}
