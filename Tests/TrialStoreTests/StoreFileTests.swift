import Foundation
import GRDB
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// A file that is not ours, not sound or too new is refused with a clear code and left untouched.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct StoreFileTests {
    let fixture: StoreFixture
    var directory: URL { fixture.replicas.directory }

    init() throws { fixture = try StoreFixture() }

    private func path(_ name: String) -> String { directory.appending(path: name).path }

    private func write(_ bytes: Data, as name: String = "file.db") throws -> String {
        try bytes.write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    /// Expects the code, and every file of the directory as it was.
    private func expectRefusal(
        _ codes: Set<ProblemCode>, of path: String, kind: StoreFile.Kind = .laptop,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let before = try contents()
        #expect(sourceLocation: location) { try StoreFile.open(at: path, kind: kind) } throws: { error in
            (error as? Problem).map { codes.contains($0.code) } ?? false
        }
        #expect(try contents() == before, "the files were touched", sourceLocation: location)
    }

    /// The bytes of every file; SQLite's own index of the log may come and go, it holds no data.
    private func contents() throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
            let bytes = try? Data(contentsOf: directory.appending(path: name))
            if name.hasSuffix("-shm") || name.hasSuffix("-wal") && bytes?.isEmpty == true { continue }
            contents[name] = bytes
        }
        return contents
    }

    /// A closed store of some saves, as bytes.
    private func storeBytes(saves: Int = 60) async throws -> Data {
        let laptop = try await fixture.replicas.makeLaptop("source")
        for value in 0..<saves { try await fixture.save(["i\(value % 7)": Int64(value)], in: laptop) }
        if saves > 0 { try await fixture.sync(laptop, try await fixture.replicas.makeCentre("judge")) }
        try await laptop.closeWhole()
        return try Data(contentsOf: URL(fileURLWithPath: fixture.replicas.path("source")))
    }

    @Test("Every commit of a store waits for the disk, in a file that is new and in one that is opened again")
    func waitsForDisk() throws {
        let full = 2
        for _ in 1...2 {
            let isThere = FileManager.default.fileExists(atPath: path("file.db"))
            let store =
                try isThere
                ? StoreFile.open(at: path("file.db"), kind: .laptop)
                : StoreFile.create(at: path("file.db"), kind: .laptop)
            defer { store.close() }
            let found = try store.pool.writeWithoutTransaction { db in
                try Int.fetchOne(db, sql: "PRAGMA synchronous")
            }
            #expect(found == full)
        }
    }

    @Test("A missing file, and one in a missing directory, are named so")
    func missing() throws {
        try expectRefusal([.storeMissing], of: path("none.db"))
        try expectRefusal([.storeMissing], of: path("none/none.db"))
    }

    @Test("A store may be closed twice, and is refused with an error afterwards")
    func closedTwice() async throws {
        let store = try StoreFile.create(at: path("file.db"), kind: .laptop)
        store.close()
        store.close()
        #expect(throws: (any Error).self) { try store.pool.read { try $0.execute(sql: "SELECT 1") } }
    }

    @Test("A directory in place of the file is refused")
    func directoryInPlace() throws {
        try FileManager.default.createDirectory(atPath: path("dir.db"), withIntermediateDirectories: false)
        try expectRefusal([.storeReadOnly, .storeForeign, .storeDamaged], of: path("dir.db"))
        #expect { try StoreFile.create(at: path("dir.db"), kind: .laptop) } throws: {
            ($0 as? Problem)?.code == .storeExists
        }
    }

    @Test("A store is not made where none can be written, or where one is")
    func creating() throws {
        #expect { try StoreFile.create(at: path("none/new.db"), kind: .laptop) } throws: {
            ($0 as? Problem)?.code == .storeReadOnly
        }
        let plain = try write(Data("mine".utf8))
        let before = try contents()
        #expect { try StoreFile.create(at: plain, kind: .laptop) } throws: {
            ($0 as? Problem)?.code == .storeExists
        }
        #expect(try contents() == before)
    }

    @Test("An empty file, random bytes and a text are refused", arguments: [0, 1, 99, 100, 4096, 100_000])
    func otherBytes(count: Int) throws {
        var random = SeededGenerator(seed: UInt64(count))
        let bytes = Data((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
        try expectRefusal([count == 0 ? .storeDamaged : .storeForeign], of: try write(bytes))
        try expectRefusal(
            [count == 0 ? .storeDamaged : .storeForeign], of: try write(Data(repeating: 65, count: count)))
    }

    @Test("The database of another program is refused")
    func otherDatabase() throws {
        let queue = try DatabaseQueue(path: path("other.db"))
        try queue.write { try $0.execute(sql: "CREATE TABLE setting (name TEXT, value BLOB)") }
        try queue.close()
        try expectRefusal([.storeForeign], of: path("other.db"))
    }

    @Test("A laptop's store is no centre's, and the other way round")
    func otherKind() async throws {
        let (laptop, centre) = (
            try await fixture.replicas.makeLaptop("a"), try await fixture.replicas.makeCentre()
        )
        laptop.close()
        centre.close()
        try expectRefusal([.storeForeign], of: fixture.replicas.path("a"), kind: .centre)
        try expectRefusal([.storeForeign], of: fixture.replicas.path("centre"), kind: .laptop)
    }

    @Test("A store that a newer program wrote is refused, closed or with its log beside it")
    func newer() async throws {
        let laptop = try await fixture.replicas.makeLaptop("a")
        try await fixture.save(["i1": 1], in: laptop)
        try await laptop.pool.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('9999')")
        }
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: fixture.replicas.path("a") + suffix, toPath: path("crashed.db") + suffix)
        }
        laptop.close()
        try expectRefusal([.storeNewer], of: fixture.replicas.path("a"))
        try expectRefusal([.storeNewer], of: path("crashed.db"))
    }

    @Test("A store whose program was killed opens with everything that was saved")
    func killed() async throws {
        let laptop = try await fixture.replicas.makeLaptop("a")
        for value in 1...5 as ClosedRange<Int64> { try await fixture.save(["i\(value)": value], in: laptop) }
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: fixture.replicas.path("a") + suffix, toPath: fixture.replicas.path("killed") + suffix)
        }
        let again = try fixture.replicas.open(fixture.replicas.path("killed"), as: laptop, kind: .laptop)
        #expect(try await again.summary(of: fixture.site).pending == 5)
        #expect(try await again.verify().problems == [])
    }

    @Test("A truncated store is refused")
    func truncated() async throws {
        let bytes = try await storeBytes()
        for count in [100, 512, 4095, 4096, 8192, bytes.count / 2, bytes.count - 4096] {
            try expectRefusal([.storeDamaged], of: try write(Data(bytes.prefix(count))))
        }
        try expectRefusal([.storeForeign], of: try write(Data(bytes.prefix(99))))
    }

    @Test(
        "A closed store is one file: a copy of it alone has everything that was saved"
    )
    func closedStoreIsOneFile() async throws {
        let laptop = try await fixture.replicas.makeLaptop("a")
        try await fixture.save(["i1": 1], in: laptop)
        #expect(try await fixture.values("i1", in: laptop) == [1])
        laptop.close()
        #expect(!FileManager.default.fileExists(atPath: fixture.replicas.path("a") + "-wal"))
        try FileManager.default.copyItem(
            atPath: fixture.replicas.path("a"), toPath: fixture.replicas.path("copy"))
        let copy = try fixture.replicas.open(fixture.replicas.path("copy"), as: laptop, kind: .laptop)
        #expect(try await fixture.values("i1", in: copy) == [1])
    }

    @Test("A damaged store is refused, or verify names the damage, or nothing that counts was hit")
    func damaged() async throws {
        let bytes = try await storeBytes()
        let original = try counted(in: try write(bytes))
        let source = try await fixture.replicas.makeLaptop("identity")
        // Only for its keys: the damaged files are opened as the laptop that wrote them.
        var outcomes: [String: Int] = [:]
        for seed in 1...120 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                damaged[Int.random(in: 100..<damaged.count, using: &random)] ^= UInt8.random(
                    in: 1...255, using: &random)
            }
            for suffix in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: path("file.db") + suffix)
            }
            let path = try write(damaged)
            let outcome = try await self.outcome(of: path, damaged, as: source, original)
            outcomes[outcome, default: 0] += 1
            #expect(outcome != "unseen", "seed \(seed)")
        }
        #expect(outcomes["refused", default: 0] > 0 && outcomes["verify", default: 0] > 0, "\(outcomes)")
    }

    private func outcome(
        of path: String, _ bytes: Data, as source: SQLiteReplica, _ original: [[DatabaseValue]]
    ) async throws -> String {
        let replica: SQLiteReplica
        do {
            replica = try fixture.replicas.open(path, as: source, kind: .laptop)
        } catch {
            #expect(
                [.storeDamaged, .storeForeign, .storeNewer].contains((error as? Problem)?.code), "\(error)")
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: path)) == bytes, "a refused file is left untouched")
            return "refused"
        }
        defer { replica.close() }
        do {
            if try await !replica.verify().problems.isEmpty { return "verify" }
        } catch {
            #expect([.storeDamaged, .sealBroken, .malformed].contains((error as? Problem)?.code), "\(error)")
            return "verify"
        }
        return try counted(in: path) == original ? "nothing hit" : "unseen"
    }

    /// What a store stands for: the rows that others rely on, read without any index.
    private func counted(in path: String) throws -> [[DatabaseValue]] {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.read { db in
            try [
                "SELECT name, n, hash, verdict_hash FROM journal NOT INDEXED ORDER BY +id",
                "SELECT journal, n, change, hash, verdict, code, received_at, body FROM entry",
                "SELECT journal, n, epoch, signature FROM receipt ORDER BY journal, n",
                "SELECT key, digest, state FROM record NOT INDEXED ORDER BY +id",
            ].flatMap { sql in try Row.fetchAll(db, sql: sql).map { Array($0.databaseValues) } }
        }
    }
}
