import Crypto
import Foundation
package import SyncProtocol
package import TrialModel
package import TrialStore

/// The centre of a trial: its store, its keys, and what a coordinator does there. The daemon and every admin
/// command open it the same way, at the same time if need be.
package struct Centre: Sendable {
    package let directory: DataDirectory
    package let replica: SQLiteReplica
    package let identities: IdentityStore
    let index: CaseIndex
    let serverKey: Curve25519.Signing.PrivateKey
    let environment: ReplicaEnvironment

    /// How many participant numbers a laptop is leased at a time.
    static let leaseNumbers = IdentityStore.leaseNumbers

    init(
        _ directory: DataDirectory, _ file: StoreFile, _ key: Curve25519.Signing.PrivateKey,
        _ environment: ReplicaEnvironment = .system
    ) throws(Problem) {
        self.directory = directory
        serverKey = key
        self.environment = environment
        let publicKey = key.publicKey.rawRepresentation
        let certificate = try DeviceCertificate.issue(
            publicKey: publicKey, site: .all, name: "centre", atMilliseconds: 0, by: key)
        replica = SQLiteReplica(
            file, cipher: PlainCipher(),
            identity: ReplicaIdentity(certificate: certificate, key: key, serverKey: publicKey),
            environment: environment)
        identities = IdentityStore(replica)
        index = CaseIndex(replica)
    }

    /// - Throws: `Problem(.storeMissing)`, `.storeDamaged`, `.storeForeign`, `.storeNewer`.
    package static func open(
        _ directory: DataDirectory, environment: ReplicaEnvironment = .system
    ) throws(Problem) -> Centre {
        try directory.checkInitialised()
        return try Centre(
            directory, try directory.openStore(), try directory.readServerKey(), environment)
    }

    var publicKey: Data { serverKey.publicKey.rawRepresentation }

    /// Closes the store.
    ///
    /// - Parameter isDaemon: the daemon leaves one file behind; what a command does beside it stays in the
    ///   log, for whatever replicates it.
    package func close(isDaemon: Bool = false) { replica.close(emptiesLog: isDaemon) }

    package func study() async throws -> StudyDefinition { try await StudyShelf(replica).newest() }

    func studyVersion() async throws -> Int { try await StudyShelf(replica).newestVersion() }

    package func book() async throws -> CaseBook { CaseBook(store: replica, study: try await study()) }

    /// All participants as they stand now.
    package func list() async throws -> CaseList {
        try await index.current(study: try await study(), today: try today)
    }

    var now: DeviceTime {
        DeviceTime(milliseconds: environment.now(), offsetMinutes: TimeZone.current.secondsFromGMT() / 60)
    }

    /// What the centre does itself: recorded like every change, under the name `centre`.
    var ownAuthor: Author { Author(name: "centre", role: .centre, now: now, random: environment.random) }

    /// Writes a record of `*`.
    func administer(
        _ record: RecordKey, _ writes: [RegisterWrite], study version: StudyDefinition,
        by author: Author? = nil, reason: String = ""
    ) async throws {
        let change = try await administration(
            of: record, writes, study: version, by: author, reason: reason)
        _ = try await replica.save([change], site: .all, signedWith: nil)
    }

    /// A change to a record of `*` that replaces what stands there now.
    func administration(
        of record: RecordKey, _ writes: [RegisterWrite], study version: StudyDefinition,
        by author: Author? = nil, reason: String = ""
    ) async throws -> Change {
        let shown = try await replica.view(of: record, site: .all).base
        let replacing = writes.map { write in
            RegisterWrite(
                write.register, write.values, replaces: shown.registers[write.register]?.shown ?? [])
        }
        return (author ?? ownAuthor).change(.administer, record, replacing, study: version, reason: reason)
    }

    /// Publishes a new version of the study: laptops get it at their next sync.
    ///
    /// - Throws: `Problem(.studyInvalid)`, `.amendmentRefused` with everything that keeps it from following
    ///   the version before.
    package func amend(_ json: [UInt8], reason: String, by actor: Actor) async throws -> StudyDefinition {
        let next = try StudyDefinition(json: json).checked(replacing: try await study())
        try await publish(next, by: actor.author, reason: reason)
        return next
    }

    func publish(_ study: StudyDefinition, by author: Author? = nil, reason: String = "") async throws {
        let json = String(decoding: study.json, as: UTF8.self)
        let write = RegisterWrite("@definition", [ItemValue("@definition", .text(json))])
        try await administer(
            .study(version: study.version), [write], study: study, by: author, reason: reason)
    }
}
