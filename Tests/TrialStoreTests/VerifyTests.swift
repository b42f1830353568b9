import Foundation
import GRDB
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// Whatever is altered behind the program's back, `verify` finds and names.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct VerifyTests {
    /// Something done to the file, and what `verify` calls it.
    struct Tampering: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let code: ProblemCode
        let sql: String

        init(_ name: String, _ code: ProblemCode, _ sql: String) {
            (testDescription, self.code, self.sql) = (name, code, sql)
        }
    }

    private static let flipped = """
        CAST(substr(body, 1, 5) || CASE substr(body, 6, 1) WHEN x'00' THEN x'01' ELSE x'00' END
            || substr(body, 7) AS BLOB)
        """
    static let onCentre = [
        Tampering(
            "a byte of an entry is edited", .chainBroken, "UPDATE entry SET body = \(flipped) WHERE n = 2"),
        Tampering("the last entry is removed", .chainBroken, "DELETE FROM entry WHERE n = 4"),
        Tampering("an entry in the middle is removed", .chainBroken, "DELETE FROM entry WHERE n = 2"),
        Tampering(
            "two entries are swapped", .chainBroken,
            """
            UPDATE entry SET n = n + 100;
            UPDATE entry SET n = CASE n WHEN 102 THEN 3 WHEN 103 THEN 2 ELSE n - 100 END
            """
        ),
        Tampering(
            "a verdict is altered", .chainBroken,
            "UPDATE entry SET verdict = 3, code = 'not-allowed' WHERE n = 4"),
        Tampering(
            "a time of receipt is altered", .receiptInvalid, "UPDATE entry SET received_at = 5 WHERE n = 1"),
        Tampering(
            "the name of a change is altered", .chainBroken, "UPDATE entry SET change = x'00' WHERE n = 1"),
        Tampering("a hash is altered", .chainBroken, "UPDATE entry SET hash = zeroblob(32) WHERE n = 1"),
        Tampering("the head of a journal is altered", .chainBroken, "UPDATE journal SET hash = zeroblob(32)"),
        Tampering(
            "a journal is cut, head and all", .chainBroken, "DELETE FROM entry; UPDATE journal SET n = 0"),
        Tampering(
            "a receipt's signature is altered", .receiptInvalid,
            "UPDATE receipt SET signature = CAST(substr(signature, 1, 63) || x'FF' AS BLOB)"),
        Tampering("a receipt's epoch is altered", .receiptInvalid, "UPDATE receipt SET epoch = zeroblob(16)"),
        Tampering("the last receipt is removed", .receiptInvalid, "DELETE FROM receipt WHERE n = 4"),
        Tampering(
            "a signed head is altered", .signatureInvalid,
            "UPDATE head SET signature = zeroblob(64) WHERE n = 2"),
        Tampering("the state of a record is another's", .sealBroken, "UPDATE record SET state = x'FF'"),
        Tampering(
            "the digest of a record is altered", .digestMismatch, "UPDATE record SET digest = zeroblob(32)"),
        Tampering(
            "the digest of a site is altered", .digestMismatch, "UPDATE site SET digest = zeroblob(32)"),
        Tampering("a record is removed", .digestMismatch, "DELETE FROM record"),
        Tampering(
            "an entry is filed under no record", .digestMismatch, "UPDATE entry SET record = NULL WHERE n = 4"
        ),
    ]

    let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    /// A centre with two pages of one laptop: four entries, receipts at the second and the fourth.
    private func stores() async throws -> (centre: SQLiteReplica, laptop: SQLiteReplica) {
        let (centre, laptop) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        for value in 1...4 as ClosedRange<Int64> { try await fixture.save(["i\(value)": value], in: laptop) }
        try await fixture.sync(laptop, centre, pageEntries: 2)
        return (centre, laptop)
    }

    @Test("The tables in which Litestream counts are no damage")
    func replicatedFile() async throws {
        let fixture = try StoreFixture()
        let centre = try await fixture.replicas.makeCentre()
        try centre.tamper("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)")
        try centre.tamper("CREATE TABLE _litestream_lock (id INTEGER)")
        #expect(try await centre.verify().problems == [])
        try centre.tamper("CREATE TABLE _litestream_else (id INTEGER)")
        #expect(try await centre.verify().problems.map(\.place) == ["table _litestream_else"])
    }

    @Test("A resolution in quarantine decided nothing, and nothing is wrong with that")
    func refusedResolution() async throws {
        let (centre, laptop) = try await stores()
        var change = ContractAuthor("stranger").save(["i1": 5], on: fixture.record)
        (change.kind, change.conflict) = (.resolve, ConflictID(prefixOf: [1]))
        _ = try await laptop.save([change], site: fixture.site, signedWith: nil)
        try await fixture.sync(laptop, centre)
        #expect(try await centre.summary(of: fixture.site).quarantined == 1)
        #expect(try await centre.verify().problems == [])
        #expect(try await laptop.verify().problems == [])
    }

    @Test("A save of nothing opens no journal that a receipt would speak of")
    func nothing() async throws {
        let (centre, _) = try await stores()
        let journals = try await centre.summary(of: fixture.site).journals
        #expect(try await centre.save([SiteSave(site: fixture.site, changes: [])]) == [])
        #expect(try await centre.summary(of: fixture.site).journals == journals)
        #expect(try await centre.verify().problems == [])
    }

    @Test("What is altered in a centre's file is found", arguments: onCentre)
    func tamperedCentre(tampering: Tampering) async throws {
        let (centre, _) = try await stores()
        #expect(try await centre.verify().problems == [])
        try centre.tamper(tampering.sql)
        let problems = try await centre.verify().problems
        #expect(problems.contains { $0.code == tampering.code }, "\(problems)")
    }

    @Test("An older state of a record, put back with its digest, is found")
    func stateOfYesterday() async throws {
        let (centre, laptop) = try await stores()
        let row = try #require(
            try await centre.pool.read { try Row.fetchOne($0, sql: "SELECT state, digest FROM record") })
        let (state, digest): (Data, Data) = (row[0], row[1])
        try await fixture.save(["i1": 9], in: laptop)
        try await fixture.sync(laptop, centre)
        try centre.tamper("UPDATE record SET state = ?", [state])
        #expect(try await centre.verify().problems.map(\.code) == [.digestMismatch])
        try centre.tamper("UPDATE record SET digest = ?", [digest])
        try centre.tamper("UPDATE site SET digest = ? WHERE code = 'PKU'", [digest])
        #expect(try await centre.verify().problems.map(\.code) == [.digestMismatch])
    }

    static let onLaptop = [
        Tampering(
            "the state of a record is edited", .sealBroken,
            """
            UPDATE record SET state = CAST(substr(state, 1, 20)
                || CASE substr(state, 21, 1) WHEN x'00' THEN x'01' ELSE x'00' END
                || substr(state, 22) AS BLOB)
            """),
        Tampering(
            "a waiting entry is edited", .chainBroken, "UPDATE pending SET body = \(flipped) WHERE n = 5"),
        Tampering("a waiting entry is removed", .chainBroken, "DELETE FROM pending WHERE n = 5"),
        Tampering(
            "two waiting entries are swapped", .chainBroken,
            "UPDATE pending SET n = n + 100; UPDATE pending SET n = CASE n WHEN 105 THEN 6 ELSE 5 END"
        ),
    ]

    @Test("What is altered in a laptop's file is found", arguments: onLaptop)
    func tamperedLaptop(tampering: Tampering) async throws {
        let (_, laptop) = try await stores()
        for value in 1...2 as ClosedRange<Int64> { try await fixture.save(["i1": value], in: laptop) }
        #expect(try await laptop.verify().problems == [])
        try laptop.tamper(tampering.sql)
        let problems = try await laptop.verify().problems
        #expect(problems.contains { $0.code == tampering.code }, "\(problems)")
    }

    @Test("Every waiting entry that does not open is named, and the walk goes on behind it")
    func waitingEntries() async throws {
        let (_, laptop) = try await stores()
        for value in 1...4 as ClosedRange<Int64> { try await fixture.save(["i1": value], in: laptop) }
        try laptop.tamper("UPDATE pending SET body = \(Self.flipped) WHERE n IN (5, 7)")
        let places = try await laptop.verify().problems.filter { $0.code == .chainBroken }.map(\.place)
        #expect(places.map { $0.split(separator: "/").last } == ["5", "7"])
    }

    @Test(
        "A setting that does not open is a finding, not the end of the walk",
        arguments: ["repairs", "first-sync"])
    func settingThatDoesNotOpen(name: String) async throws {
        let (_, laptop) = try await stores()
        try await laptop.set(name, to: Data([1]))
        try laptop.tamper("UPDATE setting SET value = x'FF' WHERE name = ?", [name])
        let report = try await laptop.verify()
        #expect(report.problems.map(\.place) == ["setting \(name)"] && report.records == 1)
    }

    static let bodiesThatDoNotOpen = [
        Tampering(
            "a byte of an entry is edited", .sealBroken, "UPDATE entry SET body = \(flipped) WHERE n = 2"),
        Tampering(
            "bodies of two entries are swapped", .sealBroken,
            "UPDATE entry SET body = (SELECT o.body FROM entry o WHERE o.n = 3 - entry.n) WHERE n < 3"),
    ]

    @Test(
        "An entry that does not open is a finding, not the end of the walk",
        arguments: bodiesThatDoNotOpen)
    func unopenedBodies(tampering: Tampering) async throws {
        let (_, laptop) = try await stores()
        try laptop.tamper(tampering.sql)
        let report = try await laptop.verify()
        #expect(report.problems.contains { $0.code == tampering.code } && report.records == 1)
    }

    @Test(
        "An entry that is rubbish is a finding, not the end of the walk")
    func rubbishBody() async throws {
        let (centre, _) = try await stores()
        try centre.tamper("UPDATE entry SET body = x'FF' WHERE n = 2")
        let report = try await centre.verify()
        #expect(report.problems.contains { $0.code == .chainBroken } && report.records == 1)
    }

    static let lookUps = [
        "UPDATE record SET participant = zeroblob(16)", "UPDATE record SET number = zeroblob(16)",
        "UPDATE record SET conflicts = 3", "UPDATE record SET kind = 1",
    ]

    @Test(
        "A column that records are found by is altered, and verify says so",
        arguments: lookUps)
    func lookUpColumns(sql: String) async throws {
        let (centre, _) = try await stores()
        try centre.tamper(sql)
        #expect(try await !centre.verify().problems.isEmpty)
    }

    @Test("The report counts what was walked and names the place")
    func reportNamesThePlace() async throws {
        let (centre, _) = try await stores()
        let clean = try await centre.verify()
        #expect(clean.journals == 1 && clean.entries == 4 && clean.records == 1)
        try centre.tamper("UPDATE entry SET body = \(Self.flipped) WHERE n = 2")
        let journal = try #require(
            try await centre.read { try $0.journals(site: try $0.makeSite("PKU")) }.first)
        #expect(try await centre.verify().problems.first?.place == "\(journal.id.hex.prefix(8))/2")
    }
}

extension StoreTransaction {
    fileprivate func makeSite(_ code: String) throws -> Int64 { try makeSite(SiteCode(code)!) }
}
