import Crypto
package import Foundation
package import TrialModel

/// The server's directory: the store, and outside the database what a restored database must not bring back.
package struct DataDirectory: Sendable {
    package let url: URL

    package init(_ path: String) { url = URL(fileURLWithPath: path, isDirectory: true) }

    package var store: String { url.appending(path: "centre.db").path }
    package var tls: URL { url }
    var serverKey: URL { url.appending(path: "server.key") }
    var epoch: URL { url.appending(path: "epoch") }
    /// What the store held last, so that one that was put back is known for it.
    var heads: URL { url.appending(path: "heads") }
    /// Where the daemon listens, for the links of `invite`.
    var address: URL { url.appending(path: "address") }

    /// Held by the daemon while it runs.
    var daemonLock: URL { url.appending(path: "daemon.lock") }
    /// Where a backup is unpacked before it takes the place of what is here.
    var restoring: URL { url.appending(path: "restoring", directoryHint: .isDirectory) }

    /// Where a backup is unpacked to be looked at.
    var checking: URL { url.appending(path: "checking", directoryHint: .isDirectory) }

    package var isInitialised: Bool { FileManager.default.fileExists(atPath: store) }

    /// - Throws: `Problem(.storeExists)`; `Problem(.storeReadOnly)`; `Problem(.restoreUnfinished)`.
    func create() throws(Problem) {
        try checkNotRestoring()
        guard !isInitialised else {
            throw Problem(
                .storeExists, "\(url.path) holds a centre already", remedy: "name an empty directory")
        }
        try createFolder(url)
    }

    func createFolder(_ folder: URL) throws(Problem) {
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw Problem(.storeReadOnly, "\(folder.path) cannot be created") }
    }

    private func checkNotRestoring() throws(Problem) {
        guard !FileManager.default.fileExists(atPath: restoring.path) else {
            throw Problem(.restoreUnfinished, "a restore of \(url.path) was cut short")
        }
    }

    /// - Throws: `Problem(.storeMissing)`; `Problem(.restoreUnfinished)`.
    func checkInitialised() throws(Problem) {
        try checkNotRestoring()
        guard isInitialised else {
            throw Problem(
                .storeMissing, "\(url.path) holds no centre", remedy: "run `trialsyncd init --data DIR` first"
            )
        }
    }

    func writePrivate(_ bytes: Data, to file: URL) throws(Problem) {
        let isWritten = FileManager.default.createFile(
            atPath: file.path, contents: bytes, attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw Problem(.storeReadOnly, "\(file.path) cannot be written") }
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
