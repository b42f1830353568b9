package import Crypto
package import FoundationEssentials
import SyncProtocol
package import TrialModel

/// How a replica keeps what it writes: a laptop seals it, the centre's disk is the operator's to encrypt.
///
/// Entry bodies, merged states and settings go through it from the first migration on; columns that are
/// looked up hold `lookup` values; what stays clear is only hashes, numbers and flags.
package protocol StoreCipher: Sendable {
    /// - Parameter identity: what row this is; a sealed row opens only as that row.
    func seal(_ bytes: Data, as identity: Data) throws(Problem) -> Data
    /// - Throws: `Problem(.sealBroken)` if the bytes were altered, moved to another row, or sealed with
    ///   another key.
    func open(_ bytes: Data, as identity: Data) throws(Problem) -> Data
    /// Sixteen bytes that stand for a key in a column, the same for the same key.
    func lookup(_ column: LookupColumn, _ bytes: [UInt8]) -> Data
    /// The site's keys that rows and bundles are sealed with; `nil` at the centre, whose rows are not.
    var keyRing: SiteKeyRing? { get }
}

/// The columns that hold keyed hashes; each has its own domain.
package enum LookupColumn: String, Sendable, CaseIterable {
    case record, participant, number, setting
}

/// The centre's cipher: nothing is changed, and look-ups are plain hashes.
package struct PlainCipher: StoreCipher {
    package init() {}
    package func seal(_ bytes: Data, as identity: Data) -> Data { bytes }
    package func open(_ bytes: Data, as identity: Data) -> Data { bytes }
    package var keyRing: SiteKeyRing? { nil }

    package func lookup(_ column: LookupColumn, _ bytes: [UInt8]) -> Data {
        var hash = SHA256()
        hash.update(data: Array(column.rawValue.utf8) + [0])
        hash.update(data: bytes)
        return Data(hash.finalize().prefix(16))
    }
}

/// The laptop's cipher: AES-256-GCM with a random nonce and the row's identity as associated data, under the
/// newest of the site's keys.
///
/// A sealed value is 1 (the site's first key), or 2 ‖ the key's id (8) ‖ nonce (12) ‖ ciphertext ‖ tag (16).
package struct SealingCipher: StoreCipher {
    private static let (firstKey, laterKey): (UInt8, UInt8) = (1, 2)
    private let ring: SiteKeyRing
    /// Ready for each column's look-ups: a keyed hash spends half its time on its key. They are keyed with
    /// the site's first key for ever, so that rows are found whatever key they are sealed under.
    private let hashing: [LookupColumn: HMAC<SHA256>]

    /// - Parameter key: the site's only key, 32 bytes.
    package init(key: SymmetricKey) {
        self.init(SiteKeyRing(first: key.withUnsafeBytes { Data($0) }))
    }

    package init(_ ring: SiteKeyRing) {
        self.ring = ring
        let lookups = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: ring.first.key),
            info: Array("trialsync store look-ups".utf8),
            outputByteCount: 32)
        hashing = Dictionary(
            uniqueKeysWithValues: LookupColumn.allCases.map { column in
                var code = HMAC<SHA256>(key: lookups)
                code.update(data: Array(column.rawValue.utf8) + [0])
                return (column, code)
            })
    }

    package var keyRing: SiteKeyRing? { ring }

    package func seal(_ bytes: Data, as identity: Data) throws(Problem) -> Data {
        let (id, key) = ring.sealing
        do {
            guard let sealed = try AES.GCM.seal(bytes, using: key, authenticating: identity).combined
            else {
                throw Problem(.internalError, "a row could not be sealed")
            }
            var result = Data(capacity: sealed.count + 9)
            if id == SiteKey.firstID {
                result.append(Self.firstKey)
            } else {
                result.append(Self.laterKey)
                result.append(id)
            }
            result.append(sealed)
            return result
        } catch { throw Problem(.internalError, "a row could not be sealed") }
    }

    package func open(_ bytes: Data, as identity: Data) throws(Problem) -> Data {
        var rest = bytes.dropFirst()
        var id = SiteKey.firstID
        if bytes.first == Self.laterKey, rest.count >= 8 {
            id = Data(rest.prefix(8))
            rest = rest.dropFirst(8)
        } else if bytes.first != Self.firstKey {
            throw Problem(.sealBroken, "a row is sealed with an unknown key")
        }
        guard let key = ring.sealingKey(id) else {
            throw Problem(.siteKeyMissing, "a row is sealed with a key that the person does not have yet")
        }
        do {
            return try AES.GCM.open(AES.GCM.SealedBox(combined: rest), using: key, authenticating: identity)
        } catch { throw Problem(.sealBroken, "a row was altered, moved, or sealed with another key") }
    }

    package func lookup(_ column: LookupColumn, _ bytes: [UInt8]) -> Data {
        guard var code = hashing[column] else { preconditionFailure("every column has its hash") }
        code.update(data: bytes)
        return Data(code.finalize().prefix(16))
    }
}
