package import Crypto
package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// Where a laptop's centre is. It is kept twice: clear, for a first log-in before anything can be opened, and
/// sealed, so that who writes into the file from outside is found out.
package struct CentreAddress: Hashable, Sendable {
    /// `https://HOST:PORT`
    package let server: String
    /// The pinned authorities, as PEM; empty for those of the system.
    package let authority: Data

    package init(server: String, authority: Data) { (self.server, self.authority) = (server, authority) }

    fileprivate static let name = "centre"
    fileprivate var encoded: Data { Data((server + "\n").utf8) + authority }

    fileprivate init?(decoding bytes: Data) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        server = String(decoding: bytes[..<end], as: UTF8.self)
        authority = Data(bytes[bytes.index(after: end)...])
    }
}

extension SQLiteReplica {
    /// Writes both copies in one transaction.
    package func set(_ address: CentreAddress) async throws {
        try await write { store in
            try store.set(CentreAddress.name, to: address.encoded)
            for (name, value) in [("server", Data(address.server.utf8)), ("authority", address.authority)] {
                try store.execute(
                    "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", ["clear-" + name, value])
            }
        }
    }

    /// The sealed copy.
    ///
    /// - Throws: `Problem(.storeDamaged)` if there is none.
    package func centreAddress() async throws -> CentreAddress {
        guard let address = try await setting(CentreAddress.name).flatMap({ CentreAddress(decoding: $0) })
        else { throw Problem(.storeDamaged, "the address of the centre cannot be read") }
        return address
    }
}

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
                return try read(StoreTransaction(db, cipher: cipher))
            }
        }
    }

    static func read(_ store: StoreTransaction) throws -> SealedSettings {
        guard let key = try store.setting("device-key"), let certificate = try store.setting("certificate"),
            let serverKey = try store.setting("server-key")
        else { throw Problem(.notEnrolled, "the enrolment of this store was cut short") }
        return SealedSettings(deviceKey: key, certificate: certificate, serverKey: serverKey)
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
