package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// One-time links. Of each only the token's hash is kept, so the store lets nobody in.
extension IdentityStore {
    /// A link as the centre knows it.
    package struct Invite: Hashable, Sendable {
        package enum Status: String, Sendable { case open, used, expired, revoked }

        /// SHA-256 of the token.
        package let hash: Data
        package let site: SiteCode
        package let madeMilliseconds: Int64
        package let expiresMilliseconds: Int64
        package let status: Status

        /// What people call it: the hash's first eight digits, which give nothing of the token away.
        package var shortID: String { Hex.encode(hash.prefix(4)) }
    }

    /// - Returns: the hash under which the link is kept.
    @discardableResult
    package func addInvite(
        token: String, site: SiteCode, expiresMilliseconds: Int64, now: Int64 = 0
    ) async throws -> Data {
        let hash = Self.hash(token)
        try await replica.write {
            try $0.execute(
                "INSERT INTO invite (token_hash, site, made_at, expires_at) VALUES (?, ?, ?, ?)",
                [hash, site.text, now, expiresMilliseconds])
        }
        return hash
    }

    /// Every link that was ever made, newest first.
    package func invites(now: Int64) async throws -> [Invite] {
        try await replica.read { store in
            try store.rows("SELECT * FROM invite ORDER BY made_at DESC, token_hash").compactMap { row in
                guard let site = SiteCode(row["site"] as String) else { return nil }
                let (used, revoked) = (row["used_at"] as Int64?, row["revoked_at"] as Int64?)
                let expires = row["expires_at"] as Int64
                let status: Invite.Status =
                    used != nil ? .used : revoked != nil ? .revoked : expires <= now ? .expired : .open
                return Invite(
                    hash: row["token_hash"], site: site, madeMilliseconds: row["made_at"],
                    expiresMilliseconds: expires, status: status)
            }
        }
    }

    /// Ends a link that nobody has used.
    ///
    /// - Returns: false if there is none, or it was used or ended before.
    package func endInvite(hash: Data, now: Int64) async throws -> Bool {
        try await replica.write { store in
            let open = try store.row(
                "SELECT 1 FROM invite WHERE token_hash = ? AND used_at IS NULL AND revoked_at IS NULL", [hash]
            )
            guard open != nil else { return false }
            try store.execute("UPDATE invite SET revoked_at = ? WHERE token_hash = ?", [now, hash])
            return true
        }
    }

    /// - Returns: the site of a link that can still be used.
    /// - Throws: `Problem(.linkInvalid)`, `.linkUsed`, `.linkRevoked`, `.linkExpired`.
    package func invitedSite(token: String, now: Int64) async throws -> SiteCode {
        let hash = Self.hash(token)
        return try await replica.read { try Self.site(ofInvite: hash, now: now, in: $0) }
    }

    private static func site(ofInvite hash: Data, now: Int64, in store: StoreTransaction) throws -> SiteCode {
        guard
            let row = try store.row(
                "SELECT site, expires_at, used_at, revoked_at FROM invite WHERE token_hash = ?", [hash]),
            let site = SiteCode(row[0] as String)
        else { throw Problem(.linkInvalid, "this server gave no such link") }
        guard row[2] as Int64? == nil else { throw Problem(.linkUsed, "the link was used already") }
        guard row[3] as Int64? == nil else { throw Problem(.linkRevoked, "the link was taken back") }
        guard now < row[1] as Int64 else { throw Problem(.linkExpired, "the link has expired") }
        return site
    }

    /// Uses a link up and admits the device, together, with a first lease of participant numbers.
    package func admit(
        _ certificate: DeviceCertificate, token: String, now: Int64, numbers: Int
    ) async throws -> NumberLease {
        let hash = Self.hash(token)
        return try await replica.write { store in
            let site = try Self.site(ofInvite: hash, now: now, in: store)
            guard site == certificate.site else {
                throw Problem(.linkInvalid, "the link is for another site")
            }
            try store.execute("UPDATE invite SET used_at = ? WHERE token_hash = ?", [now, hash])
            try store.execute(
                "INSERT INTO device (id, site, certificate, enrolled_at, last_seen) VALUES (?, ?, ?, ?, ?)",
                [Data(certificate.device.bytes), site.text, certificate.encoded, now, now])
            return try store.lease(site: site, device: certificate.device, count: numbers)
        }
    }
}
