package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// A replica in one SQLite file: the same code on the laptop and on the centre.
package final class SQLiteReplica: ReplicaStore {
    let pool: DatabasePool
    let cipher: any StoreCipher
    let identity: ReplicaIdentity
    let environment: ReplicaEnvironment
    let studyCache = StudyCache()

    /// Whether this replica is the centre: its own saves have their verdict at once.
    package var isCentre: Bool { identity.certificate.site == .all }

    package init(
        _ file: StoreFile, cipher: any StoreCipher, identity: ReplicaIdentity, environment: ReplicaEnvironment
    ) {
        pool = file.pool
        (self.cipher, self.identity, self.environment) = (cipher, identity, environment)
        guard let fault = environment.beforeCommitting else { return }
        pool.add(transactionObserver: CommitFault(fault), extent: .databaseLifetime)
    }

    /// Runs a body in one read snapshot.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws -> Result
    ) async throws -> Result {
        let (cipher, studyCache) = (cipher, studyCache)
        return try await StoreFile.mappingErrors { [pool] in
            try await pool.read { db in
                try RowDamage.watching {
                    try cipher.keyRing?.renew(from: db)
                    return try body(StoreTransaction(db, cipher: cipher, studyCache: studyCache))
                }
            }
        }
    }

    /// Runs a body in one write transaction that holds the store's lock from the start; touched records are
    /// written last.
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws -> Result
    ) async throws -> Result {
        let (cipher, studyCache, beforeWriting) = (cipher, studyCache, environment.beforeWriting)
        return try await StoreFile.mappingErrors { [pool] in
            try await pool.write { db in
                try RowDamage.watching {
                    try cipher.keyRing?.renew(from: db)
                    let transaction = StoreTransaction(
                        db, cipher: cipher, studyCache: studyCache, beforeWriting: beforeWriting)
                    let result = try body(transaction)
                    try transaction.flush()
                    return result
                }
            }
        }
    }

    package func epoch() async throws -> Data { try await read { try $0.epoch() } }

    package func setting(_ name: String) async throws -> Data? { try await read { try $0.setting(name) } }

    package func set(_ name: String, to value: Data?) async throws {
        try await write { try $0.set(name, to: value) }
    }

    /// Changes a setting by what it holds, in one transaction.
    package func update(
        _ name: String, _ body: @escaping @Sendable (Data?) throws -> Data?
    ) async throws {
        try await write { store in try store.set(name, to: try body(try store.setting(name))) }
    }

    package func sites() async throws -> [SiteCode] {
        try await read { store in
            try store.rows("SELECT code FROM site ORDER BY code").compactMap { SiteCode($0[0] as String) }
        }
    }
}

extension StoreTransaction {
    static let epochSetting = "epoch"

    /// The epoch of the centre's store, as far as this replica knows; zero before the first contact.
    func epoch() throws -> Data { try setting(Self.epochSetting) ?? Data(count: 16) }

    /// A sealed setting.
    func setting(_ name: String) throws -> Data? {
        guard let row = try row("SELECT value FROM setting WHERE name = ?", [name]) else { return nil }
        return try cipher.open(row[0], as: RowIdentity.setting(name))
    }

    func set(_ name: String, to value: Data?) throws {
        guard let value else { return try execute("DELETE FROM setting WHERE name = ?", [name]) }
        try execute(
            "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)",
            [name, try cipher.seal(value, as: RowIdentity.setting(name))])
    }
}

extension SQLiteReplica {
    /// The same replica on another file: an image of this one that was copied or put back.
    package func reopened(_ file: StoreFile) -> SQLiteReplica {
        SQLiteReplica(file, cipher: cipher, identity: identity, environment: environment)
    }

    /// - Parameter emptiesLog: see ``StoreFile/close(_:emptiesLog:)``.
    package func close(emptiesLog: Bool = true) { StoreFile.close(pool, emptiesLog: emptiesLog) }

    /// Makes room for a site.
    package func makeSite(_ site: SiteCode) async throws { try await write { _ = try $0.makeSite(site) } }
}
