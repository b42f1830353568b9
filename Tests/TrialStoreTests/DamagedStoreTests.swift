import Foundation
import GRDB
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// Files that a failing disk, a bad copy or a cut restore left: bits turned, pages zeroed, swapped or lost,
/// in the store and in its log. Nothing crashes, no row changes, a refused file stays as it is
/// byte for byte, and it is said what is wrong.
///
/// `TRIALSYNC_DAMAGES=5000` damages more files, `TRIALSYNC_SEED` others.
@Suite(.tags(.store), .timeLimit(.minutes(30))) struct DamagedStoreTests {
    private static let files = count("TRIALSYNC_DAMAGES", usually: 150)
    private static let firstSeed = UInt64(count("TRIALSYNC_SEED", usually: 1))

    private static func count(_ name: String, usually: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usually
    }

    /// How a damaged file fared. `besides` is what stands for nothing that was entered or decided.
    private enum Outcome: String { case refused, named, besides, nothingHit }

    /// What stands in a file, by table; a table that cannot be read is not there.
    private typealias Tables = [String: [[DatabaseValue]]]

    /// Columns to be read, by table.
    private typealias Schema = [String: [AlteredStore.Column]]

    /// The files of a store whose program was killed, and what stands outside it.
    private struct Source {
        let replica: SQLiteReplica
        let kind: StoreFile.Kind
        let file: Data
        let log: Data
        let heads: [KnownHead]
        /// What `verify` answers for, and all there is.
        let counting: Schema
        let schema: Schema
        let counted: Tables
        let tables: Tables
    }

    private func source(_ kind: AlteredStore.Kind, of altered: AlteredStore) async throws -> Source {
        let replica = altered.store(kind)
        let path = replica.pool.path
        var heads = try await replica.newestHeads()
        if let own = try await replica.ownHead(site: altered.fixture.site) {
            heads.append(KnownHead(journal: own.journal, n: own.n, hash: own.hash))
        }
        let columns = try await altered.columns(of: kind)
        let schema = Dictionary(grouping: columns, by: \.table)
        let counting = Dictionary(grouping: columns.filter { Self.counts($0, in: kind) }, by: \.table)
        return Source(
            replica: replica, kind: kind == .centre ? .centre : .laptop,
            file: try Data(contentsOf: URL(fileURLWithPath: path)),
            log: try Data(contentsOf: URL(fileURLWithPath: path + "-wal")), heads: heads,
            counting: counting, schema: schema, counted: try tables(of: path, counting),
            tables: try tables(of: path, schema))
    }

    /// Whether `verify` finds the column altered. A journal of its own that a replica takes for another's is
    /// only not continued.
    private static func counts(_ column: AlteredStore.Column, in kind: AlteredStore.Kind) -> Bool {
        guard case .found = AlteredStoreTests.expectation(of: column, in: kind) else { return false }
        return "\(column)" != "journal.own"
    }

    /// The centre lists the laptops whose entries it holds, and no others: of these none goes unmissed, not
    /// even where its log ends between the two.
    private func listDevices(of centre: SQLiteReplica) async throws {
        try await centre.pool.write { try $0.execute(sql: "DELETE FROM device") }
        try await IdentityStore(centre).listLatecomers()
    }

    /// Something of what people and laptops open a store with, where the fixture has none.
    private func addSecrets(to replica: SQLiteReplica) async throws {
        try await replica.pool.write { db in
            for number in [UInt8(1), 2, 3] {
                let (key, secret) = (Data(repeating: number, count: 16), Data(repeating: number, count: 200))
                try db.execute(
                    sql: "INSERT INTO person_key (name, slot, recovery) VALUES (?, ?, ?)",
                    arguments: ["person-\(number)", secret, secret])
                try db.execute(
                    sql: "INSERT INTO slot (person, slot, generation) VALUES (?, ?, ?)",
                    arguments: [key, secret, Int(number)])
                try db.execute(
                    sql: "INSERT INTO login_attempt (person, failed, failed_at, refused) VALUES (?, 1, 5, 0)",
                    arguments: [key])
                try db.execute(
                    sql: "INSERT INTO challenge (nonce, device, expires_at) VALUES (?, ?, 5)",
                    arguments: [key, key])
                try db.execute(
                    sql: "INSERT INTO session (token_hash, device, site, expires_at) VALUES (?, ?, 'PKU', 5)",
                    arguments: [key, key])
            }
        }
    }

    @Test(
        "A damaged store is refused untouched, or what is wrong is named, or nothing that counts was hit",
        arguments: AlteredStore.Kind.allCases, [StoreFile.fullCheckLimitBytes, 0])
    func damaged(kind: AlteredStore.Kind, checkedBytes: Int) async throws {
        let altered = try await AlteredStore()
        if kind == .centre { try await listDevices(of: altered.store(kind)) }
        try await addSecrets(to: altered.store(kind))
        // Half of what there is stands in the file, the rest in its log.
        let whole = try await source(kind, of: altered)
        #expect(whole.log.count > 8_192 && whole.file.count >= 4_096)
        try await altered.store(kind).pool.writeWithoutTransaction { try $0.emptyLog() }
        let closed = try await source(kind, of: altered)
        #expect(closed.log.isEmpty && closed.tables == whole.tables)
        #expect(whole.tables.count == whole.schema.count && whole.counted.count == whole.counting.count)
        for table in ["setting", "site", "journal", "record", "entry", "person_key", "slot", "session"] {
            #expect(whole.tables[table]?.isEmpty == false, "\(table) is empty")
        }
        #expect((whole.counted["device"]?.isEmpty == false) == (kind == .centre))
        var outcomes: [Outcome: Int] = [:]
        for seed in Self.firstSeed..<Self.firstSeed + UInt64(Self.files) {
            var random = SeededGenerator(seed: seed)
            let source = random.chance(0.5) ? whole : closed
            var (file, log) = (source.file, source.log)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                if log.isEmpty || random.chance(0.5) {
                    Damage.random(&random).apply(to: &file, &random)
                } else {
                    Damage.random(&random).apply(to: &log, &random)
                }
            }
            let path = altered.fixture.replicas.path("damaged")
            for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
            try file.write(to: URL(fileURLWithPath: path))
            if !source.log.isEmpty { try log.write(to: URL(fileURLWithPath: path + "-wal")) }
            let before = try? tables(
                of: try copy(file, source.log.isEmpty ? nil : log, to: altered.fixture.replicas),
                source.schema)
            let outcome = try await self.outcome(
                of: path, source, checkedBytes, altered.fixture.replicas, seed: seed
            ) { isRefused in
                expectUntouched(path, file, source.log.isEmpty ? nil : log, isRefused, seed: seed)
            }
            // It is closed now, and what its log held is in the file.
            if outcome != .refused, let before {
                let after = try tables(of: path, source.schema)
                for (table, rows) in before {
                    #expect(after[table] == rows, "seed \(seed): \(table) changed by looking")
                }
            }
            outcomes[outcome, default: 0] += 1
        }
        print("\(kind), checked up to \(checkedBytes) bytes: \(outcomes.map { "\($0.key) \($0.value)" })")
        #expect(outcomes[.refused, default: 0] > 0 && outcomes[.named, default: 0] > 0, "\(outcomes)")
    }

    /// The damaged files once more, to be looked at with SQLite alone.
    private func copy(_ file: Data, _ log: Data?, to replicas: TestReplicas) throws -> String {
        let path = replicas.path("copy")
        for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
        try file.write(to: URL(fileURLWithPath: path))
        try log?.write(to: URL(fileURLWithPath: path + "-wal"))
        return path
    }

    /// What is on the disk is what was there before anybody looked: nothing is lost by looking.
    ///
    /// - Parameter isRefused: then it is closed already, and stays so. Else it is open still: where there was
    ///   no log GRDB has begun one, in which a table is made and dropped.
    private func expectUntouched(
        _ path: String, _ file: Data, _ log: Data?, _ isRefused: Bool, seed: UInt64
    ) {
        #expect((try? Data(contentsOf: URL(fileURLWithPath: path))) == file, "seed \(seed): file")
        let found = try? Data(contentsOf: URL(fileURLWithPath: path + "-wal"))
        if let log {
            #expect(found == log, "seed \(seed): log")
        } else if isRefused {
            #expect(found?.isEmpty != false, "seed \(seed): a log of \(found?.count ?? 0) bytes")
        }
    }

    private func outcome(
        of path: String, _ source: Source, _ checkedBytes: Int, _ replicas: TestReplicas, seed: UInt64,
        expectUntouched: (_ isRefused: Bool) -> Void
    ) async throws -> Outcome {
        let replica: SQLiteReplica
        do {
            replica = try replicas.open(
                path, as: source.replica, kind: source.kind, checkingUpTo: checkedBytes)
        } catch {
            let codes: [ProblemCode] = [.storeDamaged, .storeForeign, .storeNewer, .storeMissing]
            #expect(codes.contains((error as? Problem)?.code ?? .internalError), "seed \(seed): \(error)")
            expectUntouched(true)
            return .refused
        }
        // Whoever closes it last brings the log into the file: what is looked at is what was there before.
        defer {
            expectUntouched(false)
            replica.close()
        }
        var isNamed = await !reads(replica, replicas.site, seed: seed)
        do {
            if try await !replica.verify(expecting: source.heads).problems.isEmpty { isNamed = true }
            // As the centre's own `verify` asks.
            if source.kind == .centre, try await !IdentityStore(replica).unlistedDevices().isEmpty {
                isNamed = true
            }
        } catch {
            expectCoded(error, seed: seed)
            isNamed = true
        }
        if isNamed { return .named }
        let counted = try tables(of: path, source.counting)
        for (table, rows) in source.counted {
            #expect(counted[table] == rows, "seed \(seed): nobody saw what was hit of \(table)")
        }
        return try tables(of: path, source.schema) == source.tables ? .nothingHit : .besides
    }

    /// Whether everything can be read that programs read, without an error.
    private func reads(_ replica: SQLiteReplica, _ site: SiteCode, seed: UInt64) async -> Bool {
        do {
            _ = try await replica.summary(of: site)
            _ = try await replica.numbers()
            _ = try await replica.holdings()
            for view in try await replica.views(RecordFilter()) {
                _ = try await replica.history(of: view.view.state.key)
            }
            return true
        } catch {
            expectCoded(error, seed: seed)
            return false
        }
    }

    private func expectCoded(_ error: any Error, seed: UInt64) {
        let codes: [ProblemCode] = [
            .storeDamaged, .sealBroken, .malformed, .storeFailed, .chainBroken, .signatureInvalid,
        ]
        #expect(codes.contains((error as? Problem)?.code ?? .internalError), "seed \(seed): \(error)")
    }

    /// What stands in these columns, in the order of the rows' keys, read without any index.
    private func tables(of path: String, _ schema: Schema) throws -> Tables {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        var found: Tables = [:]
        for (table, columns) in schema {
            let names = columns.map(\.name).joined(separator: ", ")
            // `+` keeps SQLite from reading an index of the key in place of the table.
            let keys = columns.filter(\.isKey).map { "+\($0.name)" }
            let order = keys.isEmpty ? "" : " ORDER BY " + keys.joined(separator: ", ")
            found[table] = try? queue.read { db in
                try Row.fetchAll(db, sql: "SELECT \(names) FROM \(table) NOT INDEXED\(order)")
                    .map { Array($0.databaseValues) }
            }
        }
        return found
    }
}

/// What happens to files.
private enum Damage: CaseIterable {
    case header, bits, bytes, zeroPage, zeroRange, truncation, swappedPages, garbageAtEnd, foreignRange

    static func random(_ random: inout SeededGenerator) -> Damage {
        allCases.randomElement(using: &random) ?? .bits
    }

    private static let page = 4_096

    func apply(to bytes: inout Data, _ random: inout SeededGenerator) {
        guard bytes.count > 2 * Self.page else { return }
        let place = Int.random(in: 100..<bytes.count, using: &random)
        let start = place / Self.page * Self.page
        let end = min(bytes.count, start + Self.page)
        switch self {
        // Of the file's header, or of the log's and of its first frame's.
        case .header:
            let count = Int.random(in: 1...4, using: &random)
            let first = Int.random(in: 0...100 - count, using: &random)
            for index in first..<first + count {
                bytes[index] =
                    random.chance(0.3) ? bytes[index] ^ 1 : UInt8.random(in: 0...255, using: &random)
            }
        case .bits: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case .bytes:
            for index in place..<min(bytes.count, place + 8) {
                bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
        case .zeroPage:
            bytes.replaceSubrange(max(100, start)..<end, with: Data(count: end - max(100, start)))
        case .zeroRange:
            let last = min(bytes.count, place + Int.random(in: 1...2_000, using: &random))
            bytes.replaceSubrange(place..<last, with: Data(count: last - place))
        case .truncation: bytes = Data(bytes.prefix(place))
        case .swappedPages:
            let other = Int.random(in: 0..<bytes.count / Self.page, using: &random) * Self.page
            guard start >= Self.page, other >= Self.page, end - start == Self.page else { return }
            let kept = Data(bytes[start..<end])
            bytes.replaceSubrange(start..<end, with: Data(bytes[other..<other + Self.page]))
            bytes.replaceSubrange(other..<other + Self.page, with: kept)
        case .garbageAtEnd:
            bytes.append(
                contentsOf: (0..<Int.random(in: 1...9_000, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                })
        case .foreignRange:
            let from = Int.random(in: 0..<bytes.count - 600, using: &random)
            let last = min(bytes.count, place + 512)
            bytes.replaceSubrange(place..<last, with: Data(bytes[from..<from + (last - place)]))
        }
    }
}
