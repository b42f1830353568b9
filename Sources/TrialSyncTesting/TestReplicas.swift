package import Crypto
package import Foundation
package import SyncProtocol
package import TrialModel
package import TrialStore

/// A centre and laptops with made-up keys, for tests: the real stores, in a directory of their own.
package final class TestReplicas: Sendable {
    package let directory: URL
    package let site: SiteCode
    package let epoch: Data
    package let environment: ReplicaEnvironment
    package let serverKey: Curve25519.Signing.PrivateKey
    package let siteKey: SymmetricKey

    /// - Parameter seed: decides keys' salts and ids; the clock goes on by a second whenever it is looked at,
    ///   unless `now` is given.
    package init(
        seed: UInt64 = 1, site: String = "PKU", now: @escaping @Sendable () -> Int64 = TestReplicas.clock()
    ) throws {
        let shared = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        directory = URL(fileURLWithPath: shared).appending(path: "trialsync-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let random = SharedGenerator(seed: seed)
        environment = ReplicaEnvironment(now: now, random: { random.next() })
        self.site = SiteCode(site) ?? .all
        epoch = environment.randomBytes(16)
        serverKey = Curve25519.Signing.PrivateKey()
        siteKey = SymmetricKey(data: environment.randomBytes(32))
    }

    package static func clock() -> @Sendable () -> Int64 {
        let ticks = SharedCounter()
        return { 1_772_000_000_000 + 1000 * ticks.next() }
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    package func path(_ name: String) -> String { directory.appending(path: name + ".db").path }

    package func centreIdentity() throws -> ReplicaIdentity {
        let publicKey = serverKey.publicKey.rawRepresentation
        let certificate = try DeviceCertificate.issue(
            publicKey: publicKey, site: .all, name: "centre", atMilliseconds: 0, by: serverKey)
        return ReplicaIdentity(certificate: certificate, key: serverKey, serverKey: publicKey)
    }

    package func laptopIdentity(_ name: String) throws -> ReplicaIdentity {
        let key = Curve25519.Signing.PrivateKey()
        let certificate = try DeviceCertificate.issue(
            publicKey: key.publicKey.rawRepresentation, site: site, name: name, atMilliseconds: 0,
            by: serverKey)
        return ReplicaIdentity(
            certificate: certificate, key: key, serverKey: serverKey.publicKey.rawRepresentation)
    }

    package func makeCentre(_ name: String = "centre") async throws -> SQLiteReplica {
        let file = try StoreFile.create(at: path(name), kind: .centre)
        let replica = SQLiteReplica(
            file, cipher: PlainCipher(), identity: try centreIdentity(), environment: environment)
        try await replica.set("epoch", to: epoch)
        try await replica.makeSite(site)
        try await replica.makeSite(.all)
        return replica
    }

    package func makeLaptop(_ name: String) async throws -> SQLiteReplica {
        let file = try StoreFile.create(at: path(name), kind: .laptop)
        let replica = SQLiteReplica(
            file, cipher: SealingCipher(key: siteKey), identity: try laptopIdentity(name),
            environment: environment)
        try await replica.set("epoch", to: epoch)
        return replica
    }

    /// Opens a copied file as the same replica.
    package func open(
        _ path: String, as other: SQLiteReplica, kind: StoreFile.Kind,
        checkingUpTo limit: Int = StoreFile.fullCheckLimitBytes
    ) throws -> SQLiteReplica {
        other.reopened(try StoreFile.open(at: path, kind: kind, checkingUpTo: limit))
    }
}
