import FoundationEssentials
import GRDB
import SyncProtocol
import TrialModel

extension StoreCheck {
    // MARK: The file

    /// Whether the file is sound, and its tables, indexes and triggers are those that this program makes.
    ///
    /// - Returns: `false` if tables were altered: then nothing in them can be read with trust.
    mutating func walkSchema() throws -> Bool {
        for row in try store.rows("PRAGMA integrity_check(20)") where (row[0] as String?) != "ok" {
            // SQLite's words name tables and indexes; they hold no values.
            add(.storeDamaged, "file", "SQLite's integrity check: \((row[0] as String?) ?? "")")
        }
        let (made, found) = (try Self.schemaAsMade.get(), try Self.schema(store.db))
        var isReadable = true
        for name in Set(made.keys).union(found.keys).sorted() where made[name] != found[name] {
            add(.storeDamaged, name, "the store's schema is not as this program makes it")
            if name.hasPrefix("table ") { isReadable = false }
        }
        guard isReadable else { return false }
        for row in try store.rows("PRAGMA foreign_key_check") {
            let table: String = row[0]
            add(.storeDamaged, "table \(table)", "a row belongs to a \(row[2] as String) that is gone")
            if table == "record" { problemsOfRows += 1 }
        }
        return true
    }

    /// Every table, index and trigger with its definition; but not the two tables in which Litestream, which
    /// may replicate the file, counts (docs/operations.md).
    private static func schema(_ db: Database) throws -> [String: String] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'
                    AND name NOT IN ('_litestream_seq', '_litestream_lock')
                """)
        return Dictionary(rows.map { ("\($0[0] as String) \($0[1] as String)", ($0[2] as String?) ?? "") }) {
            first, _ in first
        }
    }

    /// Made once for all checks of a program's life.
    private static let schemaAsMade = Result {
        let queue = try DatabaseQueue()
        try Migrations.migrator.migrate(queue)
        return try queue.read(schema)
    }

    // MARK: Order of acceptance

    /// Each entry of a site has a place of its own in the order in which entries were taken.
    mutating func walkOrder() throws {
        for row in try store.rows(
            """
            SELECT j.site, e.seq FROM entry e JOIN journal j ON j.id = e.journal
            GROUP BY j.site, e.seq HAVING count(*) > 1
            """)
        {
            let site: String? = try store.row("SELECT code FROM site WHERE id = ?", [row[0] as Int64])?[0]
            add(
                .chainBroken, "site \(site ?? "?")",
                "two entries have place \(row[1] as Int64) in the order of acceptance")
        }
        for row in try store.rows(
            """
            SELECT s.code, s.accepted, coalesce(max(e.seq), 0), count(e.seq) FROM site s
            LEFT JOIN journal j ON j.site = s.id LEFT JOIN entry e ON e.journal = j.id GROUP BY s.id
            """)
        {
            let (accepted, last, count): (Int64, Int64, Int64) = (row[1], row[2], row[3])
            let site = "site " + (row[0] as String)
            if accepted < last || isCentre && accepted != last {
                let message = "\(accepted) entries were taken, and the last one here is number \(last)"
                add(.chainBroken, site, message)
            } else if isCentre, count != accepted {
                // The centre gives each entry the next place, in one transaction with it, and none goes.
                add(.chainBroken, site, "\(accepted) entries were taken, and \(count) are here")
            }
        }
    }

    // MARK: Resolutions

    /// A change that decides a conflict is found by the conflict.
    mutating func checkResolution(_ encoded: EncodedChange, _ place: String) throws {
        guard let conflict = encoded.change.conflict else { return }
        let row = try store.row(
            "SELECT 1 FROM resolution WHERE conflict = ? AND change = ?",
            [Data(conflict.bytes), Data(encoded.id.bytes)])
        if row == nil { add(.chainBroken, place, "the conflict that was decided does not name its decision") }
    }

    mutating func walkResolutions() throws {
        for row in try store.rows("SELECT conflict, change FROM resolution") {
            let place = "conflict " + Hex.encode((row[0] as Data).prefix(4))
            let change = ChangeID(bytes: row[1] as Data).flatMap { try? store.anyChange($0) }
            if change?.conflict.map({ Data($0.bytes) }) != row[0] as Data {
                add(.chainBroken, place, "the change that is named as its decision does not decide it")
            }
        }
    }

    // MARK: Settings and devices

    /// What is sealed opens as what it is; what names a device is what the centre certified.
    mutating func walkSettings() throws {
        for row in try store.rows("SELECT name FROM setting ORDER BY name") {
            let name: String = row[0]
            guard !StoreTransaction.isClear(setting: name) else { continue }
            if (try? store.setting(name)) == nil {
                add(.sealBroken, "setting \(name)", "the setting does not open")
            }
        }
        for row in try store.rows("SELECT id, site, certificate FROM device") {
            let certificate = try? DeviceCertificate(row[2], serverKey: identity.serverKey)
            if certificate.map({ Data($0.device.bytes) }) != row[0] as Data
                || certificate?.site.text != row[1] as String
            {
                add(
                    .signatureInvalid, "device \(Hex.encode((row[0] as Data).prefix(4)))",
                    "the device's certificate is not its own, or not signed by the centre")
            }
        }
    }
}

extension StoreTransaction {
    /// Settings that must be read before anything can be opened, and say nothing about anybody.
    fileprivate static func isClear(setting name: String) -> Bool {
        name == "kind" || name == "slot-salt" || name.hasPrefix("clear-")
    }

    /// A change that is here with or without a verdict.
    fileprivate func anyChange(_ id: ChangeID) throws -> Change? {
        if let change = try change(id) { return change }
        let bytes = Data(id.bytes)
        return try pendingHistory("WHERE p.change = ? LIMIT 1", [bytes]).first?.change
            ?? borrowedHistory("WHERE b.change = ? LIMIT 1", [bytes]).first?.change
    }
}
