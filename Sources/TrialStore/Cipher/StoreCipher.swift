package import Crypto
package import FoundationEssentials
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
    /// What the site's bundles are sealed with; `nil` at the centre, which has a key for each site.
    var bundleKey: SymmetricKey? { get }
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
    package var bundleKey: SymmetricKey? { nil }

    package func lookup(_ column: LookupColumn, _ bytes: [UInt8]) -> Data {
        var hash = SHA256()
        hash.update(data: Array(column.rawValue.utf8) + [0])
        hash.update(data: bytes)
        return Data(hash.finalize().prefix(16))
    }
}

/// The laptop's cipher: AES-256-GCM with a random nonce and the row's identity as associated data.
///
/// A sealed value is key number (1 byte) ‖ nonce (12) ‖ ciphertext ‖ tag (16).
package struct SealingCipher: StoreCipher {
    private static let keyNumber: UInt8 = 1
    private let sealing: SymmetricKey
    package let bundleKey: SymmetricKey?
    /// Ready for each column's look-ups: a keyed hash spends half its time on its key.
    private let hashing: [LookupColumn: HMAC<SHA256>]

    /// - Parameter key: the site's key, 32 bytes.
    package init(key: SymmetricKey) {
        sealing = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, info: Array("trialsync store sealing".utf8), outputByteCount: 32)
        bundleKey = BundleFile.key(of: key)
        let lookups = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, info: Array("trialsync store look-ups".utf8), outputByteCount: 32)
        hashing = Dictionary(
            uniqueKeysWithValues: LookupColumn.allCases.map { column in
                var code = HMAC<SHA256>(key: lookups)
                code.update(data: Array(column.rawValue.utf8) + [0])
                return (column, code)
            })
    }

    package func seal(_ bytes: Data, as identity: Data) throws(Problem) -> Data {
        do {
            guard let sealed = try AES.GCM.seal(bytes, using: sealing, authenticating: identity).combined
            else {
                throw Problem(.internalError, "a row could not be sealed")
            }
            var result = Data(capacity: sealed.count + 1)
            result.append(Self.keyNumber)
            result.append(sealed)
            return result
        } catch { throw Problem(.internalError, "a row could not be sealed") }
    }

    package func open(_ bytes: Data, as identity: Data) throws(Problem) -> Data {
        guard bytes.first == Self.keyNumber else {
            throw Problem(.sealBroken, "a row is sealed with an unknown key")
        }
        do {
            return try AES.GCM.open(
                AES.GCM.SealedBox(combined: bytes.dropFirst()), using: sealing, authenticating: identity)
        } catch { throw Problem(.sealBroken, "a row was altered, moved, or sealed with another key") }
    }

    package func lookup(_ column: LookupColumn, _ bytes: [UInt8]) -> Data {
        guard var code = hashing[column] else { preconditionFailure("every column has its hash") }
        code.update(data: bytes)
        return Data(code.finalize().prefix(16))
    }
}
