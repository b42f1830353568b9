package import Crypto
package import FoundationEssentials
import GRDB
package import SyncProtocol
import Synchronization
package import TrialModel

/// The keys of a site that the person at a laptop has: the newest seals, every one opens.
///
/// Each transaction looks for notices of new keys before anything else. A notice is kept in a transaction
/// before the first row under its key, so who may open that row finds it in the same snapshot; that holds
/// between two programs on one store, too.
package final class SiteKeyRing: Sendable {
    /// The site's first key.
    package let first: SiteKey
    /// Whose envelopes are opened; `nil` if no notice is ever looked at.
    private let signingKey: Data?
    private let state: Mutex<State>

    private struct State: Sendable {
        var keys: [SiteKey] = []
        var sealing: [Data: SymmetricKey] = [:]
        /// Notices in the store that were looked at, whether they opened or not.
        var seen = 0

        mutating func add(_ key: SiteKey) {
            guard key.key.count == 32, sealing[key.id] == nil else { return }
            sealing[key.id] = HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: key.key), info: Array("trialsync store sealing".utf8),
                outputByteCount: 32)
            keys.append(key)
            keys.sort { $0.isOlder(than: $1) }
        }
    }

    /// A ring of one key, for ever.
    package init(first key: Data) {
        (first, signingKey) = (SiteKey(first: key), nil)
        var state = State()
        state.add(first)
        self.state = Mutex(state)
    }

    /// The ring of the person whose slot was opened.
    package init(_ slot: SlotContents) {
        first = SiteKey(first: slot.siteKey)
        signingKey = slot.signingKey
        var state = State()
        for key in [first] + slot.laterKeys { state.add(key) }
        self.state = Mutex(state)
    }

    /// The newest key's id, and the key for rows that comes from it.
    var sealing: (id: Data, key: SymmetricKey) {
        state.withLock { state in
            guard let id = state.keys.last?.id, let key = state.sealing[id] else {
                preconditionFailure("a ring has its first key")
            }
            return (id, key)
        }
    }

    func sealingKey(_ id: Data) -> SymmetricKey? { state.withLock { $0.sealing[id] } }

    private func key(_ id: Data) -> SiteKey? { state.withLock { $0.keys.first { $0.id == id } } }

    // MARK: Notices

    private static let setting = "clear-site-key/"
    private static let afterSetting = "clear-site-key0"

    /// Opens what notices the store holds and were not looked at yet.
    func renew(from db: Database) throws {
        guard let signingKey else { return }
        let range: StatementArguments = [Self.setting, Self.afterSetting]
        let count = try Int.fetchOne(
            try db.cachedStatement(sql: "SELECT count(*) FROM setting WHERE name > ? AND name < ?"),
            arguments: range)
        guard let count, count > state.withLock({ $0.seen }) else { return }
        let kept = try Data.fetchAll(
            db, sql: "SELECT value FROM setting WHERE name > ? AND name < ?", arguments: range)
        let keys = kept.compactMap { bytes in
            (try? SiteKeyNotice(decoding: bytes))?.open(signingKey: signingKey)
        }
        state.withLock { state in
            for key in keys { state.add(key) }
            state.seen = max(state.seen, count)
        }
    }

    /// Keeps notices for everybody who opens this store from now on.
    fileprivate static func keep(_ notices: [SiteKeyNotice], in db: Database) throws {
        for notice in notices {
            try db.execute(
                sql: "INSERT OR IGNORE INTO setting (name, value) VALUES (?, ?)",
                arguments: [setting + Hex.encode(notice.id), notice.encoded])
        }
    }

    fileprivate static func notice(of id: Data, in db: Database) throws -> Data? {
        try Data.fetchOne(
            db, sql: "SELECT value FROM setting WHERE name = ?", arguments: [setting + Hex.encode(id)])
    }

    // MARK: Bundles

    /// What a bundle is sealed with: the newest key whose notice can go with it.
    func bundleSeal(in db: Database) throws -> BundleSeal {
        for key in state.withLock({ $0.keys }).reversed() {
            if key.isFirst { break }
            if let notice = try Self.notice(of: key.id, in: db) {
                return BundleSeal(key, notice: notice)
            }
        }
        return BundleSeal(first, notice: Data())
    }

    /// What opens a bundle with this notice in its header.
    ///
    /// - Throws: `Problem(.siteKeyMissing)`; `Problem(.malformed)`.
    package func opening(notice: Data, site: SiteCode) throws(Problem) -> BundleSeal {
        guard !notice.isEmpty else { return BundleSeal(first, notice: notice) }
        let decoded = try SiteKeyNotice(decoding: notice)
        let opened = signingKey.flatMap { decoded.open(signingKey: $0) }
        guard decoded.site == site, let key = opened ?? key(decoded.id) else {
            throw Problem(.siteKeyMissing, "the bundle is sealed with a key that the person does not have")
        }
        return BundleSeal(key, notice: notice)
    }
}

extension SQLiteReplica {
    /// Keeps the notices of later site keys that came over the sync, and takes up those for this person.
    ///
    /// - Returns: whether the newest key of all of them is among this person's.
    @discardableResult
    package func takeUpSiteKeys(of site: SiteCode) async throws -> Bool {
        guard let ring = cipher.keyRing else { return true }
        let record = try await view(of: .site(site), site: .all).state
        let notices = SiteKeyNotice.all(in: record, of: site)
        guard let newest = notices.last else { return true }
        try await keep(notices)
        return ring.sealingKey(newest.id) != nil
    }

    /// - Postcondition: the next transaction seals with the newest of them that opens.
    func keep(_ notices: [SiteKeyNotice]) async throws {
        try await write { store in try SiteKeyRing.keep(notices, in: store.db) }
        // The keys are taken up when they have reached the disk.
        try await read { _ in }
    }

    /// What this laptop's bundles are sealed with; `nil` at the centre.
    package func bundleSeal() async throws -> BundleSeal? {
        guard let ring = cipher.keyRing else { return nil }
        return try await read { try ring.bundleSeal(in: $0.db) }
    }
}
