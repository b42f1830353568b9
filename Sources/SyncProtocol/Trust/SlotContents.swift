package import FoundationEssentials
package import TrialModel

/// What a person's slot on a laptop holds, under the password.
///
/// Bytes: role (1) ‖ generation (8) ‖ site key (32) ‖ signing key (32) ‖ number of later site keys (2) ‖ of
/// each, id (8), order (8) and key (32) ‖ user name (UTF-8). The name stands in it so that nobody can pass a
/// slot off as another person's.
package struct SlotContents: Hashable, Sendable {
    package let user: String
    package let role: Role
    /// How often the person's password had been set when the slot was made.
    package let generation: Int
    /// The site's first key.
    package let siteKey: Data
    package let signingKey: Data
    /// The site's keys that came after the first, as far as they were there when the slot was made.
    package let laterKeys: [SiteKey]

    package init(
        user: String, role: Role, generation: Int, siteKey: Data, signingKey: Data, laterKeys: [SiteKey] = []
    ) {
        (self.user, self.role, self.generation) = (user, role, generation)
        (self.siteKey, self.signingKey, self.laterKeys) = (siteKey, signingKey, laterKeys)
    }

    package init(_ login: LoginReply) {
        self.init(
            user: login.user, role: Role(name: login.role) ?? .dataEntry, generation: login.generation,
            siteKey: login.siteKey, signingKey: login.signingKey, laterKeys: login.laterKeys ?? [])
    }

    /// - Throws: `Problem(.storeDamaged)`.
    package init(decoding bytes: Data) throws(Problem) {
        let bytes = Data(bytes)
        guard bytes.count > Self.fixedBytes, let role = Role(rawValue: bytes[0]) else {
            throw Problem(.storeDamaged, "a key slot cannot be read")
        }
        let count = Int(Self.number(bytes[73..<75]))
        let nameStart = Self.fixedBytes + count * Self.laterKeyBytes
        guard bytes.count > nameStart, let user = String(validating: bytes[nameStart...], as: UTF8.self)
        else { throw Problem(.storeDamaged, "a key slot cannot be read") }
        let laterKeys = stride(from: Self.fixedBytes, to: nameStart, by: Self.laterKeyBytes).map { start in
            SiteKey(
                id: Data(bytes[start..<start + 8]),
                order: Int64(bitPattern: Self.number(bytes[start + 8..<start + 16])),
                key: Data(bytes[start + 16..<start + 48]))
        }
        self.init(
            user: user, role: role, generation: Int(clamping: Self.number(bytes[1..<9])),
            siteKey: Data(bytes[9..<41]), signingKey: Data(bytes[41..<73]), laterKeys: laterKeys)
    }

    private static let (fixedBytes, laterKeyBytes) = (75, 48)

    private static func number(_ bytes: Data) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    package var encoded: Data {
        var bytes = Data([role.rawValue])
        bytes.append(bigEndian: UInt64(generation))
        bytes += siteKey + signingKey + [UInt8(laterKeys.count >> 8 & 0xFF), UInt8(laterKeys.count & 0xFF)]
        for later in laterKeys {
            bytes += later.id
            bytes.append(bigEndian: UInt64(bitPattern: later.order))
            bytes += later.key
        }
        return bytes + Data(user.utf8)
    }
}

/// A slot in a file, for a laptop that is offline: `trialsyncd user reset-password NAME --file F` writes it,
/// `trialsync password --file F` takes it in. It opens with the new password only.
package enum SlotFile {
    private static let label = Data("trialsync slot v1\n".utf8)
    package static let limitBytes = 64 << 10

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
