import Crypto
import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// Files that each released schema wrote, and every later program must open, bring up to date and verify.
///
/// They are written on purpose only, `TRIALSYNC_GOLDEN=write swift test --filter Golden`, and never again
/// once their schema has shipped.
@Suite(.tags(.store), .serialized, .timeLimit(.minutes(10))) struct GoldenDatabaseTests {
    static let isWriting = ProcessInfo.processInfo.environment["TRIALSYNC_GOLDEN"] == "write"
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    static let sizeLimitBytes = 200 << 10
    static let schemas = ["0001"]

    private let golden = GoldenReplicas()
    private let replicas: TestReplicas

    init() throws { replicas = try TestReplicas() }

    @Test("The golden files are written", .enabled(if: isWriting))
    func write() async throws {
        let stores = try await golden.write(in: replicas)
        let schema = try #require(Self.schemas.last)
        for (name, store) in [("laptop", stores.laptop), ("centre", stores.centre)] {
            try await store.closeWhole()
            let target = Self.folder.appending(path: "\(name)-\(schema).db")
            try? FileManager.default.removeItem(at: target)
            try FileManager.default.copyItem(at: URL(fileURLWithPath: replicas.path(name)), to: target)
        }
    }

    /// Opens a copy, so that the golden file stays as it was written.
    private func open(_ name: String, kind: StoreFile.Kind) throws -> SQLiteReplica {
        let source = Self.folder.appending(path: name + ".db")
        let size = try #require(try FileManager.default.attributesOfItem(atPath: source.path)[.size] as? Int)
        #expect(size <= Self.sizeLimitBytes)
        try FileManager.default.copyItem(at: source, to: URL(fileURLWithPath: replicas.path(name)))
        let file = try StoreFile.open(at: replicas.path(name), kind: kind)
        return try golden.replica(file, kind: kind)
    }

    @Test("A laptop's file of each schema opens, verifies and shows what was saved", arguments: schemas)
    func laptop(schema: String) async throws {
        let laptop = try open("laptop-\(schema)", kind: .laptop)
        #expect(try await laptop.verify().problems == [])
        let summary = try await laptop.summary(of: golden.site)
        #expect(summary.entries == 5 && summary.pending == 1 && summary.quarantined == 1)
        #expect(
            try await golden.shown(by: laptop) == ["SV.date": "2026-03-02", "VS.weight": "62.0 kg | 61.5 kg"])
        #expect(try await laptop.numbers().left == 19)
        let centre = try open("centre-\(schema)", kind: .centre)
        let totals = try await LaptopExchange(store: laptop, site: golden.site).run {
            try await CentreExchange(store: centre, judge: ContractJudge()).answer($0)
        }
        #expect(totals.inStep && totals.pushed == 1, "and they go on syncing")
    }

    @Test("A centre's file of each schema opens, verifies and shows what was saved", arguments: schemas)
    func centre(schema: String) async throws {
        let centre = try open("centre-\(schema)", kind: .centre)
        #expect(try await centre.verify().problems == [])
        let summary = try await centre.summary(of: golden.site)
        #expect(summary.entries == 5 && summary.openConflicts == 1 && summary.quarantined == 1)
        #expect(try await golden.shown(by: centre) == ["VS.weight": "62.0 kg | 61.5 kg"])
        #expect(try await centre.epoch() == golden.epoch)
        let device = golden.certificates[1].device
        #expect(try await IdentityStore(centre).device(device)?.site == golden.site)
    }
}

/// The made-up centre and laptops of the golden files: every key from a fixed seed.
struct GoldenReplicas {
    let site = SiteCode("PKU")!
    let epoch = Data(repeating: 0xE1, count: 16)
    let record = RecordKey.visit(EnrolmentID(prefixOf: Array(repeating: 0xA7, count: 16)), event: "BL")
    let serverKey = Self.key(1)
    private let environment: ReplicaEnvironment

    init() {
        let random = SharedGenerator(seed: 42)
        environment = ReplicaEnvironment(now: { 1_772_000_000_000 }, random: { random.next() })
    }

    private static func key(_ seed: UInt8) -> Curve25519.Signing.PrivateKey {
        try! Curve25519.Signing.PrivateKey(rawRepresentation: Data(repeating: seed, count: 32))
    }

    /// Of the centre, the laptop and another laptop.
    var certificates: [DeviceCertificate] {
        (1...3).map { seed in
            try! DeviceCertificate.issue(
                publicKey: Self.key(seed).publicKey.rawRepresentation, site: seed == 1 ? .all : site,
                name: "golden \(seed)", atMilliseconds: 0, by: serverKey)
        }
    }

    func replica(_ file: StoreFile, kind: StoreFile.Kind, seed: UInt8 = 2) throws -> SQLiteReplica {
        let number = kind == .centre ? 1 : seed
        let identity = ReplicaIdentity(
            certificate: certificates[Int(number) - 1], key: Self.key(number),
            serverKey: serverKey.publicKey.rawRepresentation)
        let siteKey = SymmetricKey(data: Data(repeating: 9, count: 32))
        return SQLiteReplica(
            file, cipher: kind == .centre ? PlainCipher() : SealingCipher(key: siteKey), identity: identity,
            environment: environment)
    }

    private func change(_ item: String, _ value: Value, by author: String, salt: UInt64) -> Change {
        Change(
            kind: .save, record: record, writes: [RegisterWrite(item, [ItemValue(item, value)])],
            author: author,
            role: .dataEntry, at: DeviceTime(milliseconds: 1_772_000_000_000, offsetMinutes: 480),
            studyVersion: 1,
            salt: salt)
    }

    private func weight(_ text: String) -> Value { .decimal(Quantity(ExactDecimal(text)!, unit: "kg")) }

    /// A numbered participant, a conflict, a quarantined save, a signed-in device, and one save that waits.
    func write(in replicas: TestReplicas) async throws -> (centre: SQLiteReplica, laptop: SQLiteReplica) {
        let centre = try replica(
            try StoreFile.create(at: replicas.path("centre"), kind: .centre), kind: .centre)
        let laptop = try replica(
            try StoreFile.create(at: replicas.path("laptop"), kind: .laptop), kind: .laptop)
        let other = try replica(
            try StoreFile.create(at: replicas.path("other"), kind: .laptop), kind: .laptop, seed: 3)
        for store in [centre, laptop, other] { try await store.set("epoch", to: epoch) }
        for code in [site, .all] { try await centre.makeSite(code) }
        let identities = IdentityStore(centre)
        try await identities.makeSiteKey(site, Data(repeating: 9, count: 32))
        try await identities.addInvite(token: "golden", site: site, expiresMilliseconds: 100)
        try await laptop.addLease(
            try await identities.admit(certificates[1], token: "golden", now: 1, numbers: 20))
        let number = Value.text("PKU-00\(try await laptop.takeNumber())")
        var enrolment = change("@number", number, by: "nurse", salt: 1)
        enrolment.record = .participant(record.participant!)
        let saves = [
            enrolment, change("VS.weight", weight("61.5"), by: "nurse", salt: 2),
            change("VS.weight", weight("99"), by: "stranger", salt: 3),
        ]
        _ = try await laptop.save(saves, site: site, signedWith: nil)
        let others = [
            change("VS.weight", weight("62.0"), by: "wang", salt: 4),
            change("PGA.vas", .empty, by: "wang", salt: 5),
        ]
        _ = try await other.save(others, site: site, signedWith: nil)
        for store in [laptop, other, laptop] {
            _ = try await LaptopExchange(store: store, site: site).run {
                try await CentreExchange(store: centre, judge: ContractJudge()).answer($0)
            }
        }
        let date = change("SV.date", .date(CalendarDate("2026-03-02")!), by: "nurse", salt: 6)
        _ = try await laptop.save([date], site: site, signedWith: nil)
        return (centre, laptop)
    }

    /// The visit of participant PKU-001 by item, several values in the order of the weights.
    func shown(by store: SQLiteReplica) async throws -> [String: String] {
        var filter = RecordFilter()
        filter.number = .participant("PKU-001")
        let found = try await store.views(filter)
        guard found.count == 1, found[0].view.state.key.participant == record.participant else { return [:] }
        var shown: [String: String] = [:]
        for (name, register) in try await store.view(of: record, site: site).state.sortedRegisters {
            let texts = register.live.map { version -> String in
                switch version.value(of: name) {
                case .decimal(let quantity): "\(quantity.number) \(quantity.unit ?? "")"
                case .date(let date): "\(date)"
                default: ""
                }
            }
            if texts != [""] { shown[name] = texts.sorted(by: >).joined(separator: " | ") }
        }
        return shown
    }
}
