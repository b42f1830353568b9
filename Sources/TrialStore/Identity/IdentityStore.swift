import Crypto
package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// What the centre remembers of people, links, devices and sessions: in the same file as its replica, so that
/// a grant and what depends on it change together.
package struct IdentityStore: Sendable {
    let replica: SQLiteReplica

    package init(_ replica: SQLiteReplica) { self.replica = replica }

    /// A device as the centre knows it.
    package struct Device: Hashable, Sendable {
        package let id: DeviceID
        package let site: SiteCode
        package let certificate: DeviceCertificate
        package let lastSeenMilliseconds: Int64?
        package let clockOffsetMilliseconds: Int64?
        /// When its clock was last seen to have run backwards.
        package let clockBackMilliseconds: Int64?
        package let pending: Int
        package let isCopied: Bool
        /// Whether its digests and the centre's were equal at the end of a sync, as it last said.
        package let digestsEqual: Bool?
    }

    /// What is kept in a secret's place.
    package static func hash(_ token: String) -> Data { Data(SHA256.hash(data: Data(token.utf8))) }

    // MARK: People and sites

    /// A person's signing key, wrapped twice.
    package struct PersonKey: Hashable, Sendable {
        /// With the password.
        package let slot: KeySlot
        /// With a key of the centre's, for a password that was forgotten.
        package let recovery: Data

        package init(slot: KeySlot, recovery: Data) { (self.slot, self.recovery) = (slot, recovery) }
    }

    package func key(of person: String) async throws -> PersonKey? {
        try await replica.read { store in
            try store.row("SELECT slot, recovery FROM person_key WHERE name = ?", [person]).map {
                PersonKey(slot: KeySlot(bytes: $0[0]), recovery: $0[1])
            }
        }
    }

    /// Keeps a person's key and writes the change to the person's record of `*` that goes with it, in one
    /// transaction: a key and the count of passwords never say different things.
    package func set(_ key: PersonKey, of person: String, with change: Change) async throws {
        let save = SiteSave(
            site: .all, changes: [try EncodedChange(change, site: .all, signedWith: nil)])
        _ = try await replica.save([save]) { store in
            try store.execute(
                "INSERT OR REPLACE INTO person_key (name, slot, recovery) VALUES (?, ?, ?)",
                [person, key.slot.bytes, key.recovery])
        }
    }

    package func siteKey(_ site: SiteCode) async throws -> Data? {
        try await replica.read { try $0.row("SELECT key FROM site_key WHERE site = ?", [site.text])?[0] }
    }

    package func makeSiteKey(_ site: SiteCode, _ key: Data) async throws {
        try await replica.write {
            try $0.execute("INSERT OR IGNORE INTO site_key (site, key) VALUES (?, ?)", [site.text, key])
        }
    }

    // MARK: Devices

    package func devices() async throws -> [Device] {
        try await replica.read { store in
            try store.rows("SELECT * FROM device ORDER BY site, enrolled_at, id").map(Self.device)
        }
    }

    package func device(_ id: DeviceID) async throws -> Device? {
        try await replica.read { store in
            try store.row("SELECT * FROM device WHERE id = ?", [Data(id.bytes)]).map(Self.device)
        }
    }

    /// Devices whose journals stand here, and that are not on the list.
    package func unlistedDevices() async throws -> [DeviceCertificate] {
        try await replica.read { store in
            let rows = try store.rows(
                """
                SELECT header FROM journal WHERE device NOT IN (SELECT id FROM device)
                GROUP BY device ORDER BY device
                """)
            // A header that cannot be read is named as a journal's.
            return rows.compactMap { try? JournalIntroduction(header: $0[0]).certificate }
                .filter { $0.site != .all }
        }
    }

    /// Puts devices on the list whose entries are here and that are not: enrolled after the backup that was
    /// restored, or taken from it by damage.
    package func listLatecomers() async throws {
        let latecomers = try await unlistedDevices()
        guard !latecomers.isEmpty else { return }
        try await replica.write { store in
            for certificate in latecomers { try store.noteDevice(certificate) }
        }
    }

    private static func device(_ row: Row) throws -> Device {
        let certificate = try DeviceCertificate(unverified: row["certificate"])
        return Device(
            id: certificate.device, site: certificate.site, certificate: certificate,
            lastSeenMilliseconds: row["last_seen"], clockOffsetMilliseconds: row["clock_offset_ms"],
            clockBackMilliseconds: row["clock_back_at"], pending: row["pending"], isCopied: row["copied"],
            digestsEqual: row["digests_equal"])
    }

    /// Admits a device anew whose certificate this centre gave out before its store was put back.
    ///
    /// Its numbers are leased past what it reports at its next contact.
    package func readmit(_ certificate: DeviceCertificate, now: Int64) async throws {
        try await replica.write { try $0.noteDevice(certificate, seen: now) }
    }

    /// Notes what a device said of itself, and settles its participant numbers.
    ///
    /// - Parameters:
    ///   - accepted: how many of the entries that it said were waiting stand here now.
    ///   - numbers: how many are leased at a time.
    package func contact(
        _ device: DeviceID, _ hello: Hello, accepted: Int, now: Int64, numbers: Int
    ) async throws -> NumbersReply {
        try await replica.write { store in
            // What its clock said at the last contact is known from the server's own clock and the offset.
            try store.execute(
                """
                UPDATE device SET
                    clock_back_at =
                        CASE WHEN ? < last_seen + clock_offset_ms - ? THEN ? ELSE clock_back_at END,
                    last_seen = ?, clock_offset_ms = ?, pending = ?, copied = max(copied, ?),
                    digests_equal = ?
                WHERE id = ?
                """,
                [
                    hello.clockMilliseconds, ClockTolerance.milliseconds, now,
                    now, hello.clockMilliseconds - now, max(0, Int64(hello.pending) - Int64(accepted)),
                    hello.copied ? 1 : 0, hello.digestsEqual, Data(device.bytes),
                ])
            return try store.settleNumbers(of: device, hello, count: numbers)
        }
    }

    // MARK: Sessions

    package func addChallenge(nonce: Data, device: DeviceID, expiresMilliseconds: Int64, now: Int64)
        async throws
    {
        try await replica.write { store in
            try store.execute("DELETE FROM challenge WHERE expires_at < ?", [now])
            try store.execute(
                "INSERT INTO challenge (nonce, device, expires_at) VALUES (?, ?, ?)",
                [nonce, Data(device.bytes), expiresMilliseconds])
        }
    }

    /// Uses a challenge up.
    ///
    /// - Returns: when it expires, or `nil` if there is none for this device.
    package func takeChallenge(nonce: Data, device: DeviceID, now: Int64) async throws -> Int64? {
        try await replica.write { store in
            let found = try store.row(
                "SELECT expires_at FROM challenge WHERE nonce = ? AND device = ?",
                [nonce, Data(device.bytes)])
            try store.execute("DELETE FROM challenge WHERE nonce = ?", [nonce])
            guard let expires = found?[0] as Int64?, now < expires else { return nil }
            return expires
        }
    }

    package func addSession(
        token: String, device: DeviceID, site: SiteCode, expiresMilliseconds: Int64, now: Int64
    ) async throws {
        let hash = Self.hash(token)
        try await replica.write { store in
            try store.execute("DELETE FROM session WHERE expires_at < ?", [now])
            try store.execute(
                "INSERT INTO session (token_hash, device, site, expires_at) VALUES (?, ?, ?, ?)",
                [hash, Data(device.bytes), site.text, expiresMilliseconds])
        }
    }

    /// Ends every session of a device; it can open another one.
    package func endSessions(of device: DeviceID) async throws {
        try await replica.write {
            try $0.execute("DELETE FROM session WHERE device = ?", [Data(device.bytes)])
        }
    }

    /// The device and site of a session token that is still valid.
    package func session(token: String, now: Int64) async throws -> (device: DeviceID, site: SiteCode)? {
        let hash = Self.hash(token)
        return try await replica.read { store in
            guard
                let row = try store.row(
                    "SELECT device, site FROM session WHERE token_hash = ? AND expires_at > ?", [hash, now]),
                let device = DeviceID(bytes: row[0] as Data), let site = SiteCode(row[1] as String)
            else { return nil }
            return (device, site)
        }
    }
}

extension StoreTransaction {
    /// Puts a device on the list that this centre gave the certificate; one that is there stays as it is.
    ///
    /// - Parameter seen: when it was last in contact; `nil` if it never was with this store.
    fileprivate func noteDevice(_ certificate: DeviceCertificate, seen: Int64? = nil) throws {
        try execute(
            """
            INSERT OR IGNORE INTO device (id, site, certificate, enrolled_at, last_seen)
            VALUES (?, ?, ?, ?, ?)
            """,
            [
                Data(certificate.device.bytes), certificate.site.text, certificate.encoded,
                certificate.issuedMilliseconds, seen,
            ])
    }
}
