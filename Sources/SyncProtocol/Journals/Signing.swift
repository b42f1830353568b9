package import Crypto
package import FoundationEssentials
public import TrialModel

/// Ed25519 signatures over a purpose, the protocol version, a site and a value, so that none can stand for
/// another.
///
/// The signed message is: purpose (UTF-8) ‖ 0 ‖ protocol version (1 byte) ‖ site (UTF-8) ‖ 0 ‖ value.
package enum Signing {
    /// What a signature is for.
    package enum Purpose: String, Sendable {
        case head = "trialsync head"
        case receipt = "trialsync receipt"
        case device = "trialsync device"
        case change = "trialsync change"
        case challenge = "trialsync challenge"
        case enrolment = "trialsync enrolment"
    }

    package static let byteCount = 64

    package static func message(_ purpose: Purpose, site: SiteCode, _ value: Data) -> Data {
        var message = Data(purpose.rawValue.utf8)
        message.append(contentsOf: [0, UInt8(WireLimits.protocolVersion)])
        message.append(contentsOf: site.text.utf8)
        message.append(0)
        message.append(value)
        return message
    }

    /// - Throws: `Problem(.internalError)` if the key cannot sign.
    package static func sign(
        _ purpose: Purpose, site: SiteCode, _ value: Data, with key: Curve25519.Signing.PrivateKey
    ) throws(Problem) -> Data {
        do {
            return try key.signature(for: message(purpose, site: site, value))
        } catch {
            throw Problem(.internalError, "a signature could not be made")
        }
    }

    package static func isValid(
        _ signature: Data, _ purpose: Purpose, site: SiteCode, _ value: Data, by key: Data
    ) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: key) else { return false }
        return key.isValidSignature(signature, for: message(purpose, site: site, value))
    }
}

/// The author's device says: this is the head of my journal.
package enum SignedHead {
    /// journal ‖ n (8 bytes, big-endian) ‖ chain hash.
    package static func value(journal: JournalID, n: UInt64, hash: ChainHash) -> Data {
        var value = Data(journal.bytes)
        value.append(bigEndian: n)
        value.append(hash.data)
        return value
    }
}

/// The server says: I hold this journal up to here, with these verdicts.
public struct Receipt: Hashable, Sendable {
    public let journal: JournalID
    public let n: UInt64
    package let epoch: Data
    package let signature: Data
    /// The hashes that were signed, when the receipt travels without the entries they follow from.
    package var signed: SignedHashes?

    package struct SignedHashes: Hashable, Sendable {
        package let hash: ChainHash
        package let verdict: ChainHash

        package init(hash: ChainHash, verdict: ChainHash) { (self.hash, self.verdict) = (hash, verdict) }
    }

    package init(journal: JournalID, n: UInt64, epoch: Data, signature: Data, signed: SignedHashes? = nil) {
        (self.journal, self.n, self.epoch, self.signature) = (journal, n, epoch, signature)
        self.signed = signed
    }

    /// journal ‖ n ‖ chain hash ‖ verdict chain ‖ epoch.
    package static func value(
        journal: JournalID, n: UInt64, hash: ChainHash, verdict: ChainHash, epoch: Data
    ) -> Data {
        var value = SignedHead.value(journal: journal, n: n, hash: hash)
        value.append(verdict.data)
        value.append(epoch)
        return value
    }

    /// Whether the server with this public key signed exactly this place and everything before it.
    package func isValid(site: SiteCode, hash: ChainHash, verdict: ChainHash, serverKey: Data) -> Bool {
        let value = Self.value(journal: journal, n: n, hash: hash, verdict: verdict, epoch: epoch)
        return Signing.isValid(signature, .receipt, site: site, value, by: serverKey)
    }
}
