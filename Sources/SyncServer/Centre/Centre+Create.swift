import Crypto
package import Foundation
import SyncProtocol
package import TrialModel
package import TrialStore

extension Centre {
    /// Creates a centre: store, keys, epoch, certificate authority and certificate, and the first study
    /// version. It is put together aside and moved to its place when it is whole: what fails on the way
    /// leaves nothing that bars another try.
    ///
    /// - Parameters:
    ///   - names: host names and addresses that the certificate covers besides loopback.
    ///   - certificate: files of a certificate that another authority signed: see ``TLSFiles/install``.
    /// - Throws: `Problem(.storeExists)`; `Problem(.storeMissing)` where a centre has lost its store: nothing
    ///   of it is replaced.
    package static func create(
        in directory: DataDirectory, study: StudyDefinition, names: [String],
        certificate: (chain: String, key: String, authority: String?)? = nil,
        environment: ReplicaEnvironment = .system
    ) async throws -> (centre: Centre, tls: TLSFiles, epoch: Data) {
        try directory.create()
        let lock = try DaemonLock(directory)
        defer { withExtendedLifetime(lock) {} }
        let staged = DataDirectory(directory.checking.path)
        try? FileManager.default.removeItem(at: staged.url)
        defer { try? FileManager.default.removeItem(at: staged.url) }
        try staged.createFolder(staged.url)
        try TLSFiles.create(in: staged.tls, names: names, now: Date())
        if let certificate {
            try TLSFiles.install(
                in: staged.tls, chain: certificate.chain, key: certificate.key,
                authority: certificate.authority, now: Date())
        }
        let key = Curve25519.Signing.PrivateKey()
        let epoch = try await createStore(in: staged, study, key, environment)
        try directory.settle(staged)
        let file = try StoreFile.open(at: directory.store, kind: .centre)
        let centre = try Centre(directory, file, key, environment)
        return (centre, try TLSFiles.load(from: directory.tls), epoch)
    }

    /// - Returns: the epoch.
    private static func createStore(
        in staged: DataDirectory, _ study: StudyDefinition, _ key: Curve25519.Signing.PrivateKey,
        _ environment: ReplicaEnvironment
    ) async throws -> Data {
        try PrivateFile.create(staged.serverKey.path, Hex.encode(key.rawRepresentation))
        let file = try StoreFile.create(at: staged.store, kind: .centre)
        let centre = try Centre(staged, file, key, environment)
        defer { centre.close() }
        let epoch = environment.randomBytes(16)
        try await centre.replica.set("epoch", to: epoch)
        try PrivateFile.create(staged.epoch.path, Hex.encode(epoch))
        try await centre.replica.makeSite(.all)
        try await centre.publish(study)
        return epoch
    }
}

extension DataDirectory {
    /// Moves what was put together to its place and replaces nothing: the store last, so that there is no
    /// centre before it is whole.
    fileprivate func settle(_ staged: DataDirectory) throws {
        let store = URL(fileURLWithPath: self.store).lastPathComponent
        let rest = try FileManager.default.contentsOfDirectory(atPath: staged.url.path)
            .filter { $0 != store }.sorted()
        for name in rest + [store] {
            let place = url.appending(path: name).path
            guard !PrivateFile.exists(place) else { throw Problem(.alreadyExists, "\(place) exists") }
            try PrivateFile.move(staged.url.appending(path: name).path, to: place)
        }
    }
}
