import Crypto
import Foundation
import SyncProtocol
import Synchronization
import TrialModel
import TrialStore

/// What is the same in every simulated trial: keys, people, the study, and the empty stores that each run
/// begins with copies of.
///
/// Keys follow from their names, so that ids, hashes and with them every order are the same in every run.
struct SimulatedTrial: Sendable {
    static let sites = ["PKU", "SHA"].compactMap { SiteCode($0) }
    static let epoch = Data(repeating: 7, count: 16)
    static let start: Int64 = 1_772_000_000_000

    /// Who works where: names, roles, and the sites of those who are bound to some.
    static let people: [(name: String, role: Role, sites: [SiteCode])] = [
        ("nurse", .dataEntry, sites), ("helper", .dataEntry, sites), ("doctor", .investigator, sites),
        ("coordinator", .coordinator, []),
    ]

    let serverKey: Curve25519.Signing.PrivateKey
    let centre: ReplicaIdentity
    /// The newest version that the centre has published at the start.
    let study: StudyDefinition

    init() throws {
        serverKey = try Self.key("server")
        let publicKey = serverKey.publicKey.rawRepresentation
        let certificate = try DeviceCertificate.issue(
            publicKey: publicKey, site: .all, name: "centre", atMilliseconds: 0, by: serverKey)
        centre = ReplicaIdentity(certificate: certificate, key: serverKey, serverKey: publicKey)
        study = try StudyDefinition(json: Array(Self.json(version: 1).utf8))
    }

    static func key(_ name: String) throws -> Curve25519.Signing.PrivateKey {
        try .init(rawRepresentation: Data(SHA256.hash(data: Data("simulated \(name)".utf8))))
    }

    /// What sticks of a site are sealed with: its first and only key.
    static func bundleSeal(_ site: SiteCode) -> BundleSeal {
        BundleSeal(SiteKey(first: siteKey(site).withUnsafeBytes { Data($0) }), notice: Data())
    }

    static func siteKey(_ site: SiteCode) -> SymmetricKey {
        SymmetricKey(data: Data(SHA256.hash(data: Data("site key \(site)".utf8))))
    }

    func laptop(_ name: String, site: SiteCode) throws -> ReplicaIdentity {
        let key = try Self.key(name)
        let certificate = try DeviceCertificate.issue(
            publicKey: key.publicKey.rawRepresentation, site: site, name: name, atMilliseconds: 0,
            by: serverKey)
        return ReplicaIdentity(
            certificate: certificate, key: key, serverKey: serverKey.publicKey.rawRepresentation)
    }

    /// A study of two items and a group of two; each version has an item more.
    static func json(version: Int) -> String {
        let items = (1...(version + 1)).map { number in
            """
            {"oid": "F.\(number)", "label": {"en": "Item", "zh": "项"}, "type": "integer",
             "range": {"min": 0, "max": 50}}
            """
        }
        return """
            {"oid": "SIM", "version": \(version), "title": {"en": "Simulated", "zh": "模拟"}, "target": 2,
             "source": "registry", "units": [], "codeLists": [],
             "events": [
              {"oid": "BL", "label": {"en": "Baseline", "zh": "基线"}, "day": 0, "forms": ["F", "G"],
               "source": "registry"},
              {"oid": "W2", "label": {"en": "Week 2", "zh": "第2周"}, "day": 14, "forms": ["F", "G"],
               "source": "registry"}],
             "forms": [
              {"oid": "F", "label": {"en": "Form", "zh": "表"}, "source": "registry",
               "items": [\(items.joined(separator: ","))]},
              {"oid": "G", "label": {"en": "Group", "zh": "组"}, "source": "registry", "groups": [
               {"oid": "g", "atomic": true, "items": [
                {"oid": "G.1", "label": {"en": "One", "zh": "一"}, "type": "integer"},
                {"oid": "G.2", "label": {"en": "Two", "zh": "二"}, "type": "integer"}]}]}],
             "checks": [], "rules": []}
            """
    }

    // MARK: The centre's own records

    /// A change by which the centre administers, as one that the oracle can be told of.
    static func administering(
        _ record: RecordKey, _ writes: [RegisterWrite], guards: [ChangeID] = [], salt: UInt64
    ) throws -> EncodedChange {
        var change = Change(
            kind: .administer, record: record, writes: writes, author: "centre", role: .centre,
            at: DeviceTime(milliseconds: start, offsetMinutes: 0), studyVersion: 1, salt: salt)
        change.guards = guards
        return try EncodedChange(change, site: .all)
    }

    static func definition(version: Int) -> RegisterWrite {
        RegisterWrite("@definition", [ItemValue("@definition", .text(json(version: version)))])
    }

    private func founding() throws -> [EncodedChange] {
        var changes = [
            try Self.administering(.study(version: 1), [Self.definition(version: 1)], salt: 1)
        ]
        for (index, person) in Self.people.enumerated() {
            let grant = PersonGrant(
                name: person.name, role: person.role, sites: person.sites, isDisabled: false,
                publicKey: try Self.key(person.name).publicKey.rawRepresentation)
            changes.append(
                try Self.administering(.person(person.name), grant.writes, salt: UInt64(index + 2)))
        }
        return changes
    }

    // MARK: Templates

    /// The stores that every run begins with, made once in a program's life.
    struct Template: Sendable {
        let trial: SimulatedTrial
        let centre: String
        let laptop: String
        let founding: [EncodedChange]
        /// Of each laptop and site, since a certificate is always the same and takes a signature.
        private let identities: [[String]: ReplicaIdentity]
        private let directory: RunDirectory

        init() async throws {
            trial = try SimulatedTrial()
            directory = try RunDirectory()
            (centre, laptop) = (directory.path("centre"), directory.path("laptop"))
            founding = try trial.founding()
            var identities: [[String]: ReplicaIdentity] = [:]
            for (name, site) in (0..<6).flatMap({ index in sites.map { ("laptop\(index)", $0) } }) {
                identities[[name, site.text]] = try trial.laptop(name, site: site)
            }
            self.identities = identities
            let environment = ReplicaEnvironment(now: { SimulatedTrial.start }, random: { 5 })
            let store = SQLiteReplica(
                try StoreFile.create(at: centre, kind: .centre), cipher: PlainCipher(),
                identity: trial.centre, environment: environment)
            try await store.set("epoch", to: SimulatedTrial.epoch)
            for site in SimulatedTrial.sites + [.all] { try await store.makeSite(site) }
            _ = try await store.save([SiteSave(site: .all, changes: founding)])
            store.close()
            try StoreFile.create(at: laptop, kind: .laptop).close()
        }

        func identity(_ name: String, site: SiteCode) throws -> ReplicaIdentity {
            try identities[[name, site.text]] ?? trial.laptop(name, site: site)
        }
    }

    private static let made = Mutex<Task<Template, any Error>?>(nil)

    static func template() async throws -> Template {
        let task = made.withLock { made in
            let task = made ?? Task { try await Template() }
            made = task
            return task
        }
        return try await task.value
    }
}

/// A clock that a step may set: virtual time, and how far the clock is off.
final class SimulatedClock: Sendable {
    private let state = Mutex<(time: Int64, offset: Int64)>((SimulatedTrial.start, 0))

    var now: Int64 { state.withLock { $0.time + $0.offset } }
    func advance(to time: Int64) { state.withLock { $0.time = SimulatedTrial.start + time } }
    func set(offset: Int64) { state.withLock { $0.offset = offset } }
}
