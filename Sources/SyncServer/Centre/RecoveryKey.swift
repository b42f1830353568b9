import Crypto
import FoundationEssentials
import TrialModel

/// The centre's own wrap around people's signing keys, so that a person who forgot the password keeps the
/// key, and with it what was signed. It is derived from the server key, which stands outside the database:
/// a copy of the database alone opens none.
struct RecoveryKey: Sendable {
    private let key: SymmetricKey

    init(_ serverKey: Curve25519.Signing.PrivateKey) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: serverKey.rawRepresentation),
            info: Array("trialsync recovery of people's keys".utf8), outputByteCount: 32)
    }

    /// - Parameter person: the wrap opens for this name only.
    func wrap(_ secret: Data, of person: String) throws(Problem) -> Data {
        do {
            let sealed = try AES.GCM.seal(secret, using: key, authenticating: Data(person.utf8)).combined
            if let sealed { return sealed }
        } catch { /* Said below. */  }
        throw Problem(.internalError, "a person's key could not be wrapped")
    }

    /// - Throws: `Problem(.sealBroken)`.
    func open(_ wrapped: Data, of person: String) throws(Problem) -> Data {
        do {
            let box = try AES.GCM.SealedBox(combined: wrapped)
            return try AES.GCM.open(box, using: key, authenticating: Data(person.utf8))
        } catch {
            throw Problem(
                .sealBroken, "the key of \(person) was not wrapped by this server",
                remedy: "restore server.key and centre.db from the same backup")
        }
    }
}
