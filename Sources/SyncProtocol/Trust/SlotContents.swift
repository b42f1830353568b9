package import FoundationEssentials
package import TrialModel

/// What a person's slot on a laptop holds, under the password.
///
/// Bytes: role (1) ‖ generation (8) ‖ site key (32) ‖ signing key (32) ‖ user name (UTF-8). The name stands
/// in it so that nobody can pass a slot off as another person's.
package struct SlotContents: Hashable, Sendable {
    package let user: String
    package let role: Role
    /// How often the person's password had been set when the slot was made.
    package let generation: Int
    package let siteKey: Data
    package let signingKey: Data

    package init(user: String, role: Role, generation: Int, siteKey: Data, signingKey: Data) {
        (self.user, self.role, self.generation) = (user, role, generation)
        (self.siteKey, self.signingKey) = (siteKey, signingKey)
    }

    package init(_ login: LoginReply) {
        self.init(
            user: login.user, role: Role(name: login.role) ?? .dataEntry, generation: login.generation,
            siteKey: login.siteKey, signingKey: login.signingKey)
    }

    /// - Throws: `Problem(.storeDamaged)`.
    package init(decoding bytes: Data) throws(Problem) {
        let bytes = Data(bytes)
        guard bytes.count > 73, let role = Role(rawValue: bytes[0]),
            let user = String(validating: bytes[73...], as: UTF8.self)
        else { throw Problem(.storeDamaged, "a key slot cannot be read") }
        let generation = bytes[1..<9].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        self.init(
            user: user, role: role, generation: Int(clamping: generation), siteKey: Data(bytes[9..<41]),
            signingKey: Data(bytes[41..<73]))
    }

    package var encoded: Data {
        var bytes = Data([role.rawValue])
        bytes.append(bigEndian: UInt64(generation))
        return bytes + siteKey + signingKey + Data(user.utf8)
    }
}

/// A slot in a file, for a laptop that is offline: `trialsyncd user reset-password NAME --file F` writes it,
/// `trialsync password --file F` takes it in. It opens with the new password only.
package enum SlotFile {
    private static let label = Data("trialsync slot v1\n".utf8)
    package static let limitBytes = 4096

    package static func encode(_ slot: KeySlot) -> Data { label + slot.bytes }

    /// - Throws: `Problem(.malformed)`.
    package static func decode(_ bytes: Data) throws(Problem) -> KeySlot {
        guard bytes.count <= limitBytes, bytes.starts(with: label) else {
            throw Problem(
                .malformed, "this is no file of a reset password",
                remedy: "ask for one: trialsyncd user reset-password NAME --file FILE")
        }
        return KeySlot(bytes: Data(bytes.dropFirst(label.count)))
    }
}
