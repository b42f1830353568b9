import Crypto
import Foundation
import GRDB
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// What is brought out of a store that does not open: everything that can be read and is nowhere else, and a
/// true count of the rest.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct StoreRescueTests {
    private static let pageBytes = 4_096
    private let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    /// A laptop whose store knows who it is, as one that was enrolled.
    private func laptop(_ name: String) async throws -> SQLiteReplica {
        let laptop = try await fixture.replicas.makeLaptop(name)
        try await laptop.set("device-key", to: laptop.identity.key.rawRepresentation)
        try await laptop.set("certificate", to: laptop.identity.certificate.encoded)
        try await laptop.set("server-key", to: laptop.identity.serverKey)
        return laptop
    }

    private func save(_ count: Int, in laptop: SQLiteReplica, by author: ContractAuthor) async throws {
        let changes = (0..<count).map { author.save(["i\($0 % 7)": Int64($0)], on: fixture.record) }
        _ = try await laptop.save(changes, site: fixture.site, signedWith: nil)
    }

    /// A copy of the store's file, with the pages spoilt on which these bytes stand.
    private func copy(of laptop: SQLiteReplica, spoiling parts: [Data] = []) async throws -> String {
        try await laptop.pool.writeWithoutTransaction { try $0.emptyLog() }
        var file = try Data(contentsOf: URL(fileURLWithPath: laptop.pool.path))
        for part in parts {
            let place = try #require(file.firstRange(of: part)).lowerBound
            let page = place / Self.pageBytes * Self.pageBytes
            file.replaceSubrange(
                page..<page + Self.pageBytes, with: Data(repeating: 0xA5, count: Self.pageBytes))
        }
        let path = fixture.replicas.path("copy-\(UUID().uuidString)")
        try file.write(to: URL(fileURLWithPath: path))
        return path
    }

    private func bodies(_ table: String, of laptop: SQLiteReplica) async throws -> [Data] {
        try await laptop.pool.read { db in try Data.fetchAll(db, sql: "SELECT body FROM \(table)") }
    }

    /// A waiting save that stands on a leaf of its table: what stands on the root leads to all others, which
    /// would be lost with it.
    private func leaf(of laptop: SQLiteReplica) async throws -> Data {
        let file = try Data(contentsOf: URL(fileURLWithPath: try await copy(of: laptop)))
        let leafMark: UInt8 = 0x0A
        let found = try await bodies("pending", of: laptop).dropFirst(40).first { body in
            guard let place = file.firstRange(of: body)?.lowerBound else { return false }
            return file[place / Self.pageBytes * Self.pageBytes] == leafMark
        }
        return try #require(found)
    }

    private func rescue(
        _ copy: String, of laptop: SQLiteReplica, marker more: UInt64 = 0
    ) async throws -> (totals: RescueTotals, bundle: String) {
        let bundle = fixture.replicas.path("bundle-\(UUID().uuidString)")
        let rescue = try StoreRescue(copy: copy)
        defer { rescue.close() }
        let head = try await laptop.ownHead(site: fixture.site).map {
            KnownHead(journal: $0.journal, n: $0.n + more, hash: $0.hash)
        }
        let totals = try await rescue.export(
            to: bundle, cipher: laptop.cipher, head: head, environment: fixture.replicas.environment)
        return (totals, bundle)
    }

    private func take(_ bundle: String, from laptop: SQLiteReplica, into centre: SQLiteReplica) async throws
        -> BundleTotals
    {
        let seal = try #require(try await laptop.bundleSeal())
        return try await centre.takeBundle(bundle, judge: ContractJudge()) { _, _ in seal }.totals
    }

    @Test("Of a table with a spoilt page all the rest comes out, and the centre takes it")
    func spoiltPage() async throws {
        let (centre, laptop) = (try await fixture.replicas.makeCentre(), try await self.laptop("a"))
        let other = try await self.laptop("b")
        try await save(5, in: laptop, by: ContractAuthor(seed: 1))
        for store in [laptop, other] { try await fixture.sync(store, centre) }
        try await save(120, in: laptop, by: ContractAuthor(seed: 2))
        let copy = try await copy(of: laptop, spoiling: [try await leaf(of: laptop)])
        #expect(throws: Problem.self) { try StoreFile.open(at: copy, kind: .laptop) }

        let (totals, bundle) = try await rescue(copy, of: laptop)
        #expect(totals.own + totals.unreadable == 120, "\(totals)")
        #expect(totals.unreadable > 0 && totals.own > 60 && totals.carried == 0, "\(totals)")
        #expect(try await take(bundle, from: laptop, into: centre).imported == totals.own)
        #expect(try await centre.history(of: fixture.record).count == 5 + totals.own)
        #expect(try await centre.verify().problems == [])

        // Another laptop takes it too, and it is not at the centre before a receipt says so.
        #expect(try await other.importBundle(bundle, into: fixture.site).imported == totals.own)
        #expect(try await other.summary(of: fixture.site).carried == totals.own)
        #expect(try await fixture.sync(other, centre).inStep)
        #expect(try await other.summary(of: fixture.site).carried == 0)
    }

    @Test("Of a sound store everything without a receipt comes out, what was carried there too")
    func sound() async throws {
        let (centre, owner) = (try await fixture.replicas.makeCentre(), try await laptop("a"))
        let carrier = try await laptop("b")
        for store in [owner, carrier] { try await fixture.sync(store, centre) }
        try await save(30, in: owner, by: ContractAuthor(seed: 1))
        let passed = fixture.replicas.path("passed")
        let seal = try #require(try await owner.bundleSeal())
        _ = try await owner.exportBundle(of: fixture.site, to: passed, seal: seal)
        #expect(try await carrier.importBundle(passed, into: fixture.site).imported == 30)
        try await save(3, in: carrier, by: ContractAuthor("other", seed: 3))
        let summary = try await carrier.summary(of: fixture.site)
        #expect(summary.carried == 30 && summary.pending == 3 && summary.waiting > 3)

        let (totals, bundle) = try await rescue(try await copy(of: carrier), of: carrier)
        #expect(totals.own == 3 && totals.carried == 30 && totals.unreadable == 0, "\(totals)")
        #expect(try await take(bundle, from: carrier, into: centre).imported == 33)

        // It sends them all the same, and learns that they have arrived.
        let synced = try await fixture.sync(carrier, centre)
        #expect(synced.inStep && synced.pushed == 3 && synced.passedOn == 30)
        let settled = try await carrier.summary(of: fixture.site)
        #expect(settled.carried == 0 && settled.waiting == 0)
        #expect(try await rescue(try await copy(of: carrier), of: carrier).totals.own == 0)
    }

    @Test("Saves that nothing in the file leads to any more are counted by what is remembered outside")
    func tail() async throws {
        let laptop = try await laptop("a")
        try await save(7, in: laptop, by: ContractAuthor(seed: 1))
        let (totals, _) = try await rescue(try await copy(of: laptop), of: laptop, marker: 5)
        #expect(totals.own == 7 && totals.unreadable == 5, "\(totals)")
    }

    @Test("A restored centre has back what it lost, and it is said who brought it")
    func broughtBack() async throws {
        let (centre, laptop) = (try await fixture.replicas.makeCentre(), try await self.laptop("a"))
        try await save(4, in: laptop, by: ContractAuthor(seed: 1))
        try await fixture.sync(laptop, centre)
        // A centre of the same name that never had it.
        let restored = try await fixture.replicas.makeCentre("restored")
        try await restored.set("epoch", to: Data(repeating: 7, count: 16))
        let totals = try await fixture.sync(laptop, restored)
        #expect(totals.inStep && totals.pushed == 0 && totals.broughtBack == 4 && totals.passedOn == 0)
        #expect(try await laptop.summary(of: fixture.site).lost == 0)
    }

    @Test("The rest of an enrolment is told from a store that holds anything, or may have held it")
    func remains() async throws {
        func isUnfinished(_ path: String) -> Bool {
            StoreFile.isUnfinished(
                path, copiedTo: fixture.replicas.directory.appending(path: UUID().uuidString))
        }
        let empty = fixture.replicas.path("empty")
        #expect(!isUnfinished(empty), "there is nothing")
        try Data().write(to: URL(fileURLWithPath: empty))
        #expect(isUnfinished(empty))
        let begun = fixture.replicas.path("begun")
        try StoreFile.create(at: begun, kind: .laptop).close()
        #expect(isUnfinished(begun))
        let used = try await laptop("used")
        #expect(isUnfinished(used.pool.path), "nobody's address, nobody's numbers")
        try await save(1, in: used, by: ContractAuthor(seed: 1))
        #expect(!isUnfinished(used.pool.path))
        let damaged = try await copy(of: used, spoiling: [try await bodies("pending", of: used)[0]])
        #expect(!isUnfinished(damaged), "there may be saves in it")
        try Data("no store".utf8).write(to: URL(fileURLWithPath: empty))
        #expect(!isUnfinished(empty))
    }
}
