package import Crypto
package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// The sealed settings that say who a laptop is: they must be read before it can be a replica.
package struct SealedSettings: Sendable {
    private let deviceKey: Data
    private let certificate: Data
    private let serverKey: Data

    /// - Throws: `Problem(.sealBroken)` if the key is not the store's; `Problem(.notEnrolled)` if enrolment
    ///   was cut short.
    package static func read(_ file: StoreFile, _ cipher: any StoreCipher) async throws -> SealedSettings {
        try await StoreFile.mappingErrors { [pool = file.pool] in
            try await pool.read { db in
                try cipher.keyRing?.renew(from: db)
                let store = StoreTransaction(db, cipher: cipher)
                guard let key = try store.setting("device-key"),
                    let certificate = try store.setting("certificate"),
                    let serverKey = try store.setting("server-key")
                else { throw Problem(.notEnrolled, "the enrolment of this store was cut short") }
                return SealedSettings(deviceKey: key, certificate: certificate, serverKey: serverKey)
            }
        }
    }

    package func identity() throws(Problem) -> ReplicaIdentity {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: deviceKey) else {
            throw Problem(.storeDamaged, "the device's key cannot be read")
        }
        return ReplicaIdentity(
            certificate: try DeviceCertificate(certificate, serverKey: serverKey), key: key,
            serverKey: serverKey)
    }
}
