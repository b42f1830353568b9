import Foundation
import GRDB
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// A centre's and a laptop's store with something in every table of the trial, and what can be done to copies
/// of their files behind the programs' back.
struct AlteredStore {
    /// Which of the two stores.
    enum Kind: String, CaseIterable, Sendable { case centre, laptop }

    /// A column as the schema has it.
    struct Column: Hashable, CustomStringConvertible {
        let table: String
        let name: String
        let type: String
        let isKey: Bool
        var description: String { "\(table).\(name)" }
    }

    let fixture: CaseBookFixture
    private let laptop: SQLiteReplica

    /// A conflict decided and one open, a signature, a repeat, a void, something quarantined, something that
    /// waits, and something that another laptop lent.
    init() async throws {
        fixture = try await CaseBookFixture()
        let (wang, liu) = try await fixture.conflicting()
        laptop = wang.store
        try await wang.resolve(
            try await wang.conflict().conflict.id, .set(wang.book.values(["VS.weight=63"])))
        for event in ["D14", "W12"] {
            try await wang.save(["VS.weight=60"], at: event)
            try await liu.save(["VS.weight=61"], at: event)
        }
        try await wang.save(["VS.weight=64"], at: "UNS#1")
        try await fixture.sync(wang, liu, wang)
        let second = try #require(try await wang.book.conflicts().first)
        try await wang.resolve(second.conflict.id, .set(wang.book.values(["VS.weight=62"])))
        try await wang.sign()
        var forged = try #require(try await wang.saving(["SV.type=phone"], at: "W12"))
        forged = Change(
            kind: .save, record: forged.record, writes: forged.writes, author: "nobody", role: .dataEntry,
            at: forged.at, studyVersion: forged.studyVersion, salt: 9)
        _ = try await wang.store.save([forged], site: fixture.site, signedWith: nil)
        try await fixture.syncLeniently(wang)
        try await fixture.sync(wang)
        let nurse = try await fixture.desk("nurse", .dataEntry)
        try await fixture.sync(nurse)
        let doctor = try await fixture.desk("doctor")
        try await fixture.sync(doctor)
        try await nurse.save(["VS.weight=65"], at: "W48")
        try await nurse.save(["VS.weight=66"], at: "UNS#3")
        try await doctor.save(["SV.type=onSite"], at: "W48")
        let other = try await doctor.store.lend(
            site: fixture.site, beyond: try await laptop.stored(site: fixture.site))
        #expect(try await laptop.borrow(other, site: fixture.site) > 0)
        let lent = try await nurse.store.lend(
            site: fixture.site, beyond: try await laptop.stored(site: fixture.site))
        #expect(try await laptop.borrow(lent, site: fixture.site) > 0)
        try await wang.save(["SV.type=onSite"], at: "D14")
        try await wang.save(["VS.weight=68"], at: "UNS#2")
        try await wang.save(["SV.type=phone"], at: "EOS")
        try await laptop.addLease(NumberLease(first: 1, last: 20))
        let identities = IdentityStore(fixture.centre)
        try await identities.makeSiteKey(fixture.site, Data(repeating: 9, count: 32))
        for name in ["north", "south"] {
            try await identities.addInvite(token: name, site: fixture.site, expiresMilliseconds: 100)
            let certificate = try fixture.replicas.laptopIdentity(name).certificate
            _ = try await identities.admit(certificate, token: name, now: 1, numbers: 20)
        }
    }

    func store(_ kind: Kind) -> SQLiteReplica { kind == .centre ? fixture.centre : laptop }

    // MARK: The schema

    func columns(of kind: Kind) async throws -> [Column] {
        try await store(kind).pool.read { db in
            let tables = try String.fetchAll(
                db,
                sql: """
                    SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                        AND name NOT LIKE 'grdb_%' ORDER BY name
                    """)
            return try tables.flatMap { table in
                try Row.fetchAll(db, sql: "PRAGMA table_info(\(table))").map {
                    Column(table: table, name: $0["name"], type: $0["type"], isKey: ($0["pk"] as Int) > 0)
                }
            }
        }
    }

    func count(_ table: String, in kind: Kind) async throws -> Int {
        try await store(kind).pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
    }

    // MARK: Alterations

    /// What `verify` says of a copy to which something was done; a copy that is refused on opening says so.
    ///
    /// - Parameter alter: returns whether there was anything to alter.
    func findings(
        in kind: Kind, after alter: @Sendable (Database) throws -> Bool
    ) async throws -> [VerifyProblem]? {
        let path = fixture.replicas.path("altered-\(UUID().uuidString)")
        defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) } }
        try await store(kind).copy(to: path)
        var isAltered = false
        try Self.tamper(path) { isAltered = try alter($0) }
        guard isAltered else { return nil }
        do {
            let copy = try fixture.replicas.open(
                path, as: store(kind), kind: kind == .centre ? .centre : .laptop)
            defer { copy.close() }
            return try await copy.verify().problems
        } catch let problem as Problem {
            return [VerifyProblem(problem.code, "file", "refused on opening")]
        }
    }

    private static func tamper(_ path: String, _ body: (Database) throws -> Void) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { db in
            let triggers = try Row.fetchAll(
                db, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            for trigger in triggers { try db.execute(sql: "DROP TRIGGER \(trigger[0] as String)") }
            try body(db)
            for trigger in triggers { try db.execute(sql: trigger[1] as String) }
        }
        try queue.close()
    }

    /// The first, the middle and the last row of a table, by their keys.
    static func samples(_ columns: [Column], in db: Database) throws -> [[DatabaseValue]] {
        let (table, keys) = (columns[0].table, columns.filter(\.isKey).map(\.name).joined(separator: ", "))
        let rows = try Row.fetchAll(db, sql: "SELECT \(keys) FROM \(table) ORDER BY \(keys)")
        let places = Set([0, rows.count / 2, rows.count - 1].filter { rows.indices.contains($0) })
        return places.sorted().map { Array(rows[$0].databaseValues) }
    }

    /// `(journal, n) = (?, ?)`
    static func condition(_ columns: [Column]) -> String {
        let keys = columns.filter(\.isKey).map(\.name)
        let marks = keys.map { _ in "?" }
        return "(\(keys.joined(separator: ", "))) = (\(marks.joined(separator: ", ")))"
    }

    /// Another value of the type that the table takes.
    static func altered(_ value: DatabaseValue, of column: Column) -> DatabaseValue {
        switch value.storage {
        case .null: column.type == "BLOB" ? Data(repeating: 7, count: 16).databaseValue : "X".databaseValue
        case .int64(let number):
            column.isFlag ? (1 - number).databaseValue : (number + 1_000_003).databaseValue
        case .double(let number): (number + 1).databaseValue
        case .string(let text): (text + "X").databaseValue
        case .blob(let bytes):
            (bytes.dropLast() + [(bytes.last ?? 0) ^ 1]).databaseValue
        }
    }
}

extension AlteredStore.Column {
    /// Whether the column says yes or no.
    var isFlag: Bool { ["own", "open", "applied"].contains(name) }
}
