import Foundation
import GRDB
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// A centre, a laptop and a person, with what most tests of the store do.
struct StoreFixture {
    let replicas: TestReplicas
    let author = ContractAuthor()
    let record: RecordKey
    var site: SiteCode { replicas.site }

    init() throws {
        replicas = try TestReplicas()
        var random = SeededGenerator(seed: 5)
        record = .visit(EnrolmentID(using: &random), event: "BL")
    }

    @discardableResult
    func save(_ values: [String: Int64], by author: ContractAuthor? = nil, in store: SQLiteReplica)
        async throws -> Change
    {
        let base = try await store.view(of: record, site: site).base
        let change = (author ?? self.author).save(values, on: record, from: base)
        _ = try await store.save([change], site: site, signedWith: nil)
        return change
    }

    @discardableResult
    func sync(_ laptop: SQLiteReplica, _ centre: SQLiteReplica, pageEntries: Int = 1000) async throws
        -> SyncTotals
    {
        let answering = CentreExchange(store: centre, judge: ContractJudge())
        return try await LaptopExchange(store: laptop, site: site, pageEntries: pageEntries).run {
            try await answering.answer($0)
        }
    }

    func values(_ item: String, in store: SQLiteReplica) async throws -> [Int64] {
        try await store.view(of: record, site: site).state[item].live.compactMap { version in
            if case .integer(let number) = version.value(of: item) { number } else { nil }
        }.sorted()
    }

    /// The answer of a centre to what a laptop would send now; the laptop takes over nothing.
    func answer(to laptop: SQLiteReplica, of centre: SQLiteReplica) async throws -> SyncResponse {
        let request = try await laptop.prepare(site: site, proving: [], limit: 1000)
        let body = try await CentreExchange(store: centre, judge: ContractJudge()).answer(
            try request.encoded())
        guard case .exchanged(let response) = try SyncAnswer(decoding: body) else {
            throw Problem(.internalError, "the centre did not exchange")
        }
        return response
    }

    /// Everything about a store that a sync can move.
    func standing(of store: SQLiteReplica) async throws -> Standing {
        Standing(
            summary: try await store.summary(of: site), summaryAll: try await store.summary(of: .all),
            covered: try await store.prepare(site: site, proving: [], limit: 1).hello.covered,
            stored: try await store.stored(site: site), view: try await store.view(of: record, site: site))
    }

    struct Standing: Equatable {
        let summary: ReplicaSummary
        let summaryAll: ReplicaSummary
        let covered: [Place]
        let stored: ChangeVector
        let view: RecordView
    }
}

extension SQLiteReplica {
    /// Brings everything into the one file, and closes it.
    func closeWhole() async throws {
        try await pool.writeWithoutTransaction { try $0.emptyLog() }
        close()
    }

    /// Does to the file what no path of the program does.
    func tamper(_ sql: String, _ arguments: StatementArguments = []) throws {
        try tamper { try $0.execute(sql: sql, arguments: arguments) }
    }

    /// Does to the file what no path of the program does; its triggers are put back, as they were.
    func tamper(_ body: (Database) throws -> Void) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: pool.path, configuration: configuration)
        try queue.write { db in
            let triggers = try Row.fetchAll(
                db,
                sql: "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%never%'")
            for trigger in triggers { try db.execute(sql: "DROP TRIGGER \(trigger[0] as String)") }
            try body(db)
            for trigger in triggers { try db.execute(sql: trigger[1] as String) }
        }
        try queue.close()
    }
}
