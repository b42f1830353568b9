package import Crypto
package import FoundationEssentials
package import TrialModel

/// One of the keys that a site's rows and bundles are sealed under. The first is made with the site; a later
/// one each time that somebody's access to it ends.
package struct SiteKey: Hashable, Sendable, Codable {
    /// Eight random bytes; of the first key, zeros.
    package let id: Data
    /// The key with the greatest order is the newest.
    package let order: Int64
    /// 32 bytes.
    package let key: Data

    package static let firstID = Data(count: 8)

    package init(id: Data, order: Int64, key: Data) { (self.id, self.order, self.key) = (id, order, key) }

    /// The site's first key.
    package init(first key: Data) { self.init(id: Self.firstID, order: 0, key: key) }

    package var isFirst: Bool { id == Self.firstID }

    /// Whether the other key came after this one; the id decides between two of one order.
    package func isOlder(than other: SiteKey) -> Bool {
        (order, Hex.encode(id)) < (other.order, Hex.encode(other.id))
    }
}

/// How a later site key reaches laptops: sealed once for each person who may read at the site, so that only
/// people open it, never a device by itself.
///
/// Bytes: version (1) ‖ id (8) ‖ order (8) ‖ length of the site code (1) ‖ site code ‖ envelopes (60 each:
/// nonce, sealed key, tag).
package struct SiteKeyNotice: Hashable, Sendable {
    package let site: SiteCode
    package let id: Data
    package let order: Int64
    private let envelopes: [Data]

    private static let version: UInt8 = 1
    private static let headerBytes = 18
    private static let envelopeBytes = 60

    /// Seals a key for people.
    ///
    /// - Parameter people: their signing keys, raw.
    package init(_ key: SiteKey, of site: SiteCode, for people: [Data]) throws(Problem) {
        (self.site, id, order) = (site, key.id, key.order)
        let identity = Self.identity(site, key.id, key.order)
        var envelopes: [Data] = []
        for person in people {
            let wrap = Self.wrap(person, site)
            guard let sealed = try? AES.GCM.seal(key.key, using: wrap, authenticating: identity).combined
            else { throw Problem(.internalError, "a site key could not be sealed") }
            envelopes.append(sealed)
        }
        self.envelopes = envelopes
    }

    /// - Throws: `Problem(.malformed)`.
    package init(decoding bytes: Data) throws(Problem) {
        let bytes = Data(bytes)
        let start = bytes.count > Self.headerBytes ? Self.headerBytes + Int(bytes[Self.headerBytes - 1]) : 0
        guard start > 0, bytes[0] == Self.version, bytes.count >= start,
            (bytes.count - start) % Self.envelopeBytes == 0,
            let site = SiteCode(String(decoding: bytes[Self.headerBytes..<start], as: UTF8.self))
        else { throw Problem(.malformed, "a notice of a site key cannot be read") }
        (self.site, id) = (site, Data(bytes[1..<9]))
        order = Int64(bitPattern: bytes[9..<17].reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
        envelopes = stride(from: start, to: bytes.count, by: Self.envelopeBytes).map {
            Data(bytes[$0..<$0 + Self.envelopeBytes])
        }
    }

    package var encoded: Data {
        var bytes = Data([Self.version]) + id
        bytes.append(bigEndian: UInt64(bitPattern: order))
        bytes += [UInt8(site.text.utf8.count)] + Data(site.text.utf8)
        return envelopes.reduce(into: bytes) { $0.append($1) }
    }

    /// The key, if one of the envelopes is this person's.
    package func open(signingKey: Data) -> SiteKey? {
        let (wrap, identity) = (Self.wrap(signingKey, site), Self.identity(site, id, order))
        for envelope in envelopes {
            guard let box = try? AES.GCM.SealedBox(combined: envelope),
                let key = try? AES.GCM.open(box, using: wrap, authenticating: identity)
            else { continue }
            return SiteKey(id: id, order: order, key: key)
        }
        return nil
    }

    private static func wrap(_ signingKey: Data, _ site: SiteCode) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: signingKey),
            info: Data("trialsync site keys for a person of \(site)".utf8), outputByteCount: 32)
    }

    private static func identity(_ site: SiteCode, _ id: Data, _ order: Int64) -> Data {
        var identity = Data("trialsync site key \(site)\n".utf8) + id
        identity.append(bigEndian: UInt64(bitPattern: order))
        return identity
    }
}

/// Where notices stand among the records of `*`: one register each, of the site's own record.
extension SiteKeyNotice {
    private static let registerPrefix = "@key/"

    package var write: RegisterWrite {
        let register = Self.registerPrefix + Hex.encode(id)
        return RegisterWrite(register, [ItemValue(register, .text(encoded.base64EncodedString()))])
    }

    /// The notices of a site's record, the oldest first. Whatever else stands there is passed over.
    package static func all(in record: RecordState, of site: SiteCode) -> [SiteKeyNotice] {
        var notices: Set<SiteKeyNotice> = []
        for (name, register) in record.sortedRegisters where name.hasPrefix(registerPrefix) {
            for version in register.live {
                guard case .text(let text) = version.value(of: name), let bytes = Data(base64Encoded: text),
                    let notice = try? SiteKeyNotice(decoding: bytes), notice.site == site
                else { continue }
                notices.insert(notice)
            }
        }
        return notices.sorted { ($0.order, Hex.encode($0.id)) < ($1.order, Hex.encode($1.id)) }
    }
}
