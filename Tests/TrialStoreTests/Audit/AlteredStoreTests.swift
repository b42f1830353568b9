import Foundation
import GRDB
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// Whoever alters a byte of a store that stands for the trial is found, and told where. Every column of the
/// schema has its line here; one that is new has none, and this suite says so.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct AlteredStoreTests {
    enum Expectation {
        /// `verify` names it with one of these codes.
        case found(Set<ProblemCode>)
        /// It stands for nothing that was entered or decided, for the reason given.
        case speaksOfNothing(String)
    }

    static let chain: Set<ProblemCode> = [.chainBroken, .sealBroken, .storeDamaged]
    static let receipt: Set<ProblemCode> = [.receiptInvalid, .chainBroken, .storeDamaged]
    static let record: Set<ProblemCode> = [.digestMismatch, .sealBroken, .storeDamaged]
    static let secrets = Expectation.speaksOfNothing("an identity: altered, it opens nothing")

    /// By column, or by table where all its columns are alike.
    static let expectations: [String: Expectation] = [
        "entry": .found(chain.union([.receiptInvalid])),
        "journal": .found(chain.union([.receiptInvalid, .signatureInvalid])),
        "journal.open": .speaksOfNothing("a journal that is closed is as good: the next save opens another"),
        "receipt": .found(receipt),
        "head": .found([.signatureInvalid, .chainBroken, .storeDamaged]),
        "pending": .found(chain), "borrowed": .found(chain.union([.signatureInvalid, .receiptInvalid])),
        "borrowed_run": .found(chain.union([.signatureInvalid, .receiptInvalid])),
        "record": .found(record),
        "record.id": .speaksOfNothing("only the order of lists hangs on it"),
        "resolution": .found(chain),
        "site": .found(chain.union(record).union([.receiptInvalid])),
        "setting": .found([.sealBroken, .storeForeign, .storeDamaged]),
        "device.id": .found([.signatureInvalid]), "device.site": .found([.signatureInvalid]),
        "device.certificate": .found([.signatureInvalid]),
        "device": .speaksOfNothing("what a laptop said of itself at its last contact, until the next"),
        "person_key": secrets, "site_key": secrets, "invite": secrets, "lease": secrets,
        "challenge": secrets, "session": secrets, "slot": secrets,
        "login_attempt": .speaksOfNothing("how often a password was wrong lately"),
    ]
    /// What holds in one of the two stores only.
    static let exceptions: [AlteredStore.Kind: [String: Expectation]] = [
        .centre: [
            "setting.name": .speaksOfNothing("without its epoch a centre draws another, and laptops compare"),
            "setting.value": .speaksOfNothing("another epoch: laptops compare what they hold, and go on"),
            "journal.own": .found([.chainBroken, .receiptInvalid]),
        ],
        .laptop: [
            "site.accepted": .speaksOfNothing("entries that a restored centre took back leave it higher"),
            "setting": .found([.sealBroken, .storeForeign]),
        ],
    ]

    static func expectation(of column: AlteredStore.Column, in kind: AlteredStore.Kind) -> Expectation? {
        exceptions[kind]?["\(column)"] ?? expectations["\(column)"] ?? exceptions[kind]?[column.table]
            ?? expectations[column.table]
    }

    @Test("Every column has its line", arguments: AlteredStore.Kind.allCases)
    func everyColumn(kind: AlteredStore.Kind) async throws {
        let columns = try await AlteredStore().columns(of: kind)
        let missing = columns.filter { Self.expectation(of: $0, in: kind) == nil }
        #expect(missing.isEmpty, "say in this suite what verify finds when these are altered: \(missing)")
        let tables = Set(columns.map(\.table))
        let gone = Self.expectations.keys.map { String($0.prefix { $0 != "." }) }.filter {
            !tables.contains($0)
        }
        #expect(gone.isEmpty, "these tables are no more")
    }

    @Test("Both stores are sound, and hold something of everything", arguments: AlteredStore.Kind.allCases)
    func sound(kind: AlteredStore.Kind) async throws {
        let stores = try await AlteredStore()
        #expect(try await stores.store(kind).verify().problems == [])
        var tables = ["entry", "journal", "receipt", "record", "resolution", "site", "setting"]
        tables += kind == .centre ? ["head", "device"] : ["pending", "borrowed_run", "borrowed"]
        for table in tables { #expect(try await stores.count(table, in: kind) > 1, "\(table)") }
    }

    @Test("A value altered in any column of any kind of row is found", arguments: AlteredStore.Kind.allCases)
    func alteredColumns(kind: AlteredStore.Kind) async throws {
        let stores = try await AlteredStore()
        let tables = Dictionary(grouping: try await stores.columns(of: kind), by: \.table)
        for column in tables.values.flatMap(\.self).sorted(by: { "\($0)" < "\($1)" }) {
            guard case .found(let codes) = Self.expectation(of: column, in: kind),
                let columns = tables[column.table]
            else { continue }
            var tried = 0
            for sample in 0..<3 {
                let problems = try await stores.findings(in: kind) { db in
                    try Self.alter(column, sample, columns, db)
                }
                if expect(problems, codes, "\(kind): \(column), sample \(sample)") { tried += 1 }
            }
            let isEmpty = try await stores.count(column.table, in: kind) == 0
            #expect(tried > 0 || isEmpty, "\(kind): no row's \(column) was altered")
        }
    }

    /// Alters one value; says whether there was one.
    private static func alter(
        _ column: AlteredStore.Column, _ sample: Int, _ columns: [AlteredStore.Column], _ db: Database
    ) throws -> Bool {
        let rows = try AlteredStore.samples(columns, in: db)
        guard rows.indices.contains(sample) else { return false }
        let condition = AlteredStore.condition(columns)
        let value = try DatabaseValue.fetchOne(
            db, sql: "SELECT \(column.name) FROM \(column.table) WHERE \(condition)",
            arguments: StatementArguments(rows[sample]))
        let altered = AlteredStore.altered(value ?? .null, of: column)
        // Only what says "this is ours" can be claimed of another's; the other way round it is `open`'s case.
        if column.name == "own", value == 1.databaseValue { return false }
        if column.table == "setting", rows[sample][0] == "kind".databaseValue, column.name == "value" {
            return false
        }
        try db.execute(
            sql: "UPDATE \(column.table) SET \(column.name) = ? WHERE \(condition)",
            arguments: StatementArguments([altered] + rows[sample]))
        return db.changesCount == 1
    }

    /// - Returns: whether anything was altered at all: no test may pass for want of it.
    private func expect(_ problems: [VerifyProblem]?, _ codes: Set<ProblemCode>, _ what: String) -> Bool {
        guard let problems else { return false }
        #expect(problems.contains { codes.contains($0.code) && !$0.place.isEmpty }, "\(what): \(problems)")
        return true
    }

    // MARK: Rows

    /// Rows that may go without a finding, and why.
    static let mayGo: [String: String] = [
        "head": "the receipts prove the same entries",
        "receipt": "the last receipt of a journal covers every entry before it, by the chains",
        "pending": "the last of them is what the marker outside the store remembers",
        "borrowed_run": "others hold what they lent",
        "setting": "it is made anew, or the store does not open",
    ]

    @Test("A row that was removed is found", arguments: AlteredStore.Kind.allCases)
    func removedRows(kind: AlteredStore.Kind) async throws {
        let stores = try await AlteredStore()
        var removed: Set<String> = []
        let tables = Dictionary(grouping: try await stores.columns(of: kind), by: \.table)
        for (table, columns) in tables.sorted(by: { $0.key < $1.key }) where Self.mayGo[table] == nil {
            let expectation = Self.exceptions[kind]?[table] ?? Self.expectations[table]
            guard case .found(let codes) = expectation else { continue }
            for sample in 0..<3 {
                let problems = try await stores.findings(in: kind) { db in
                    let rows = try AlteredStore.samples(columns, in: db)
                    guard rows.indices.contains(sample) else { return false }
                    try db.execute(
                        sql: "DELETE FROM \(table) WHERE \(AlteredStore.condition(columns))",
                        arguments: StatementArguments(rows[sample]))
                    return true
                }
                if expect(problems, codes.union(Self.record), "\(kind): \(table), sample \(sample) removed") {
                    removed.insert(table)
                }
            }
        }
        #expect(removed.isSuperset(of: ["entry", "journal", "record"]), "\(kind): \(removed)")
    }

    @Test("The last receipt of a journal, when removed, is found", arguments: AlteredStore.Kind.allCases)
    func removedReceipt(kind: AlteredStore.Kind) async throws {
        let stores = try await AlteredStore()
        let problems = try await stores.findings(in: kind) { db in
            try db.execute(
                sql: """
                    DELETE FROM receipt WHERE journal = (SELECT min(journal) FROM receipt)
                        AND n = (SELECT max(n) FROM receipt
                            WHERE journal = (SELECT min(journal) FROM receipt))
                    """)
            return db.changesCount == 1
        }
        #expect(expect(problems, [.receiptInvalid], "\(kind)"))
    }

    /// Values that two rows of a table may exchange without a finding, and why.
    static let mayBeExchanged: [String: String] = [
        "receipt.epoch": "most are equal", "record.id": "only the order of lists hangs on it",
        "journal.open": "a closed journal is as good",
    ]

    @Test("Values that two rows have exchanged are found", arguments: AlteredStore.Kind.allCases)
    func exchangedValues(kind: AlteredStore.Kind) async throws {
        let stores = try await AlteredStore()
        var exchanged: Set<String> = []
        let tables = Dictionary(grouping: try await stores.columns(of: kind), by: \.table)
        for column in tables.values.flatMap(\.self).sorted(by: { "\($0)" < "\($1)" }) {
            guard case .found(let codes) = Self.expectation(of: column, in: kind), !column.isKey,
                Self.mayBeExchanged["\(column)"] == nil, let columns = tables[column.table]
            else { continue }
            let problems = try await stores.findings(in: kind) { db in
                try Self.exchange(column, columns, db)
            }
            if expect(problems, codes, "\(kind): \(column) of two rows exchanged") {
                exchanged.insert(column.table)
            }
        }
        #expect(exchanged.isSuperset(of: ["entry", "journal", "receipt", "record"]), "\(kind): \(exchanged)")
    }

    /// Exchanges a value of the first row with that of the last where it differs; says whether it does.
    private static func exchange(
        _ column: AlteredStore.Column, _ columns: [AlteredStore.Column], _ db: Database
    ) throws -> Bool {
        let rows = try AlteredStore.samples(columns, in: db)
        guard let first = rows.first, let last = rows.last, first != last else { return false }
        let condition = AlteredStore.condition(columns)
        let values = try [first, last].map { row in
            try DatabaseValue.fetchOne(
                db, sql: "SELECT \(column.name) FROM \(column.table) WHERE \(condition)",
                arguments: StatementArguments(row)) ?? .null
        }
        guard values[0] != values[1], !values.contains(.null) else { return false }
        // By way of a third value, for columns whose values are unique.
        let third = AlteredStore.altered(values[0], of: column)
        for (value, row) in [(third, first), (values[0], last), (values[1], first)] {
            try db.execute(
                sql: "UPDATE \(column.table) SET \(column.name) = ? WHERE \(condition)",
                arguments: StatementArguments([value] + row))
        }
        return true
    }

    @Test("A copy of a row, put in at another place, is found", arguments: AlteredStore.Kind.allCases)
    func insertedRows(kind: AlteredStore.Kind) async throws {
        let stores = try await AlteredStore()
        let tables = Dictionary(grouping: try await stores.columns(of: kind), by: \.table)
        for table in ["entry", "receipt", "head", "pending", "resolution", "borrowed"] {
            guard let columns = tables[table], let key = columns.last(where: \.isKey) else { continue }
            let problems = try await stores.findings(in: kind) { db in
                guard let row = try AlteredStore.samples(columns, in: db).last else { return false }
                let value = AlteredStore.altered(row[row.count - 1], of: key)
                let fields = columns.map { $0.name == key.name ? "?" : $0.name }.joined(separator: ", ")
                try db.execute(
                    sql: """
                        INSERT INTO \(table) SELECT \(fields) FROM \(table)
                        WHERE \(AlteredStore.condition(columns))
                        """, arguments: StatementArguments([value] + row))
                return db.changesCount == 1
            }
            let isEmpty = try await stores.count(table, in: kind) == 0
            #expect(
                expect(problems, Self.chain, "\(kind): a row put into \(table)") || isEmpty,
                "\(kind): nothing was put into \(table)")
        }
    }

    // MARK: The schema itself

    @Test("A trigger or an index that is gone is found", arguments: AlteredStore.Kind.allCases)
    func schema(kind: AlteredStore.Kind) async throws {
        let stores = try await AlteredStore()
        for sql in ["DROP INDEX entry_record", "CREATE INDEX extra ON record (digest)"] {
            let problems = try await stores.findings(in: kind) { db in
                try db.execute(sql: sql)
                return true
            }
            #expect(expect(problems, [.storeDamaged], sql))
        }
        let store = stores.store(kind)
        try await store.pool.write { try $0.execute(sql: "DROP TRIGGER receipt_is_never_updated") }
        let problems = try await store.verify().problems
        #expect(problems.map(\.place) == ["trigger receipt_is_never_updated"])
    }
}
