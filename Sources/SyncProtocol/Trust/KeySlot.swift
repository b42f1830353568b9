package import Crypto
import CryptoExtras
import Foundation
package import FoundationEssentials
package import TrialModel

/// Keys wrapped with a person's password: log-in is opening it. A copy of it lets someone guess, at scrypt's
/// price a guess.
///
/// Bytes: version (1) ‖ log2 N (1) ‖ r (1) ‖ p (1) ‖ salt (16) ‖ AES-256-GCM (nonce, ciphertext, tag) under
/// the key that scrypt (RFC 7914) derives from the UTF-8 of the password's NFC form, so that it does not
/// matter how a keyboard composes its letters; everything before the sealed part is its associated data.
package struct KeySlot: Hashable, Sendable {
    /// The price of one guess. The default takes about 32 MiB and a tenth of a second.
    package struct Cost: Hashable, Sendable {
        package var log2Rounds: UInt8 = 15
        package var blockSize: UInt8 = 8
        package var parallelism: UInt8 = 1

        package init() {}
        package init(log2Rounds: UInt8) { self.log2Rounds = log2Rounds }
    }

    private static let version: UInt8 = 1
    private static let headerBytes = 20
    /// No slot may ask for more than 512 MiB of memory.
    private static let log2RoundsLimit: UInt8 = 19

    package let bytes: Data

    package init(bytes: Data) { self.bytes = bytes }

    /// Wraps a secret. Slow on purpose: never called on a cooperative thread.
    package init(
        wrapping secret: Data, password: String, salt: Data, cost: Cost = Cost()
    ) throws(Problem) {
        var header = Data([Self.version, cost.log2Rounds, cost.blockSize, cost.parallelism])
        header.append(salt.prefix(16))
        guard header.count == Self.headerBytes else { throw Problem(.internalError, "a salt has 16 bytes") }
        do {
            let key = try Self.key(password, header)
            guard let sealed = try AES.GCM.seal(secret, using: key, authenticating: header).combined else {
                throw Problem(.internalError, "a key slot could not be made")
            }
            bytes = header + sealed
        } catch { throw Problem(.internalError, "a key slot could not be made") }
    }

    /// Opens the slot. Slow on purpose: never called on a cooperative thread.
    ///
    /// - Throws: `Problem(.wrongPassword)`.
    package func open(password: String) throws(Problem) -> Data {
        let header = Data(bytes.prefix(Self.headerBytes))
        guard header.count == Self.headerBytes, header[0] == Self.version,
            (1...Self.log2RoundsLimit).contains(header[1]), header[2] <= 8, header[3] <= 4
        else { throw Problem(.storeDamaged, "a key slot cannot be read") }
        do {
            let box = try AES.GCM.SealedBox(combined: bytes.dropFirst(Self.headerBytes))
            return try AES.GCM.open(box, using: try Self.key(password, header), authenticating: header)
        } catch { throw Problem(.wrongPassword, "user name or password is wrong") }
    }

    private static func key(_ password: String, _ header: Data) throws -> SymmetricKey {
        try KDF.Scrypt.deriveKey(
            from: Data(password.precomposedStringWithCanonicalMapping.utf8), salt: Data(header[4..<20]),
            outputByteCount: 32, rounds: 1 << Int(header[1]), blockSize: Int(header[2]),
            parallelism: Int(header[3]), maxMemory: 600 << 20)
    }
}

/// The rules for passwords and names that both sides keep to.
package enum Credentials {
    package static let passwordCharacters = 8...200

    /// - Throws: `Problem(.passwordInvalid)` if the password is too short or too long.
    package static func check(password: String) throws(Problem) {
        guard passwordCharacters.contains(password.count) else {
            throw Problem(.passwordInvalid, "a password has 8 to 200 characters")
        }
    }

    /// - Throws: `Problem(.nameInvalid)` unless the name has 1 to 64 letters, digits, `.`, `_` or `-`.
    package static func check(userName: String) throws(Problem) {
        let isPlain = userName.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, (1...64).contains(userName.utf8.count) else {
            throw Problem(
                .nameInvalid, "\(userName.prefix(64)) is no user name",
                remedy: "use 1 to 64 letters, digits, . _ -")
        }
    }
}
