import Crypto
import Foundation
package import SyncProtocol
public import TrialModel
import TrialStore

extension SiteStore {
    /// Joins this laptop to a site with a one-time link, logs the person in, and fetches what the site has.
    ///
    /// - Throws: `Problem(.storeExists)`, `.linkInvalid`, `.linkUsed`, `.linkExpired`, `.wrongPassword`,
    ///   `.notAllowed`, `.certificateNotTrusted`, `.serverUnreachable`. Until the server has admitted the
    ///   device nothing is left behind.
    public static func enroll(
        _ text: String, at places: Places, device name: String, user: String, password: String
    ) async throws -> SiteStore {
        let enrolmentLink = try EnrolmentLink(parsing: text)
        try Credentials.check(userName: user)
        guard !FileManager.default.fileExists(atPath: places.file) else {
            throw Problem(.storeExists, "\(places.store.path) holds the store of a laptop that is enrolled")
        }
        do { return try await join(enrolmentLink, places, name, user, password) } catch let problem as Problem
        {
            // A directory that was made for nothing.
            if (try? FileManager.default.contentsOfDirectory(atPath: places.store.path))?.isEmpty == true {
                try? FileManager.default.removeItem(at: places.store)
            }
            guard problem.code == .serverUnreachable, !FileManager.default.fileExists(atPath: places.file)
            else { throw problem }
            throw Problem(
                .serverUnreachable, problem.message,
                remedy:
                    "this laptop has not joined, and the link is still good: try again later"
            )
        }
    }

    private static func join(
        _ enrolmentLink: EnrolmentLink, _ places: Places, _ name: String, _ user: String, _ password: String
    ) async throws -> SiteStore {
        let environment = ReplicaEnvironment.system
        let authority = try await CentreLink.fetchAuthority(for: enrolmentLink)
        let link = CentreLink(server: enrolmentLink.server, caPEM: authority)
        let key = Curve25519.Signing.PrivateKey()
        let publicKey = key.publicKey.rawRepresentation
        let proven = EnrolmentRequest.proven(token: enrolmentLink.token, publicKey: publicKey)
        let proof = try Signing.sign(.enrolment, site: enrolmentLink.site, proven, with: key)
        try makeDirectory(places.store)
        let reply = try await link.call(
            "/v1/enroll",
            EnrolmentRequest(
                token: enrolmentLink.token, publicKey: publicKey, deviceName: name, proof: proof, user: user,
                password: password), as: EnrolmentReply.self)
        let certificate = try DeviceCertificate(reply.certificate, serverKey: reply.serverKey)
        let file = try StoreFile.create(at: places.file, kind: .laptop)
        let slots = SlotStore(file)
        try await slots.setClear("server", Data(enrolmentLink.server.utf8))
        try await slots.setClear("authority", authority)
        try await addSlot(reply.login, password: password, to: slots, environment)
        let replica = SQLiteReplica(
            file, cipher: SealingCipher(key: SymmetricKey(data: reply.login.siteKey)),
            identity: ReplicaIdentity(certificate: certificate, key: key, serverKey: reply.serverKey),
            environment: environment)
        try await replica.set("device-key", to: key.rawRepresentation)
        try await replica.set("certificate", to: certificate.encoded)
        try await replica.set("server-key", to: reply.serverKey)
        try await replica.set("epoch", to: reply.epoch)
        try await replica.addLease(NumberLease(first: reply.leaseFirst, last: reply.leaseLast))
        try StoreMarker.here(places.file).write(in: places.state)
        let store = try await unlocked(
            file, SlotContents(reply.login), user: user, places: places, environment: environment)
        for try await _ in store.sync() {}
        return store
    }

    /// Opens a store with a person's key slot: offline too. Someone who has no slot here yet is logged in at
    /// the centre.
    ///
    /// - Throws: `Problem(.notEnrolled)`, `.wrongPassword`, and what an unsound file gives.
    public static func open(at places: Places, user: String, password: String) async throws -> SiteStore {
        guard FileManager.default.fileExists(atPath: places.file) else {
            throw Problem(.notEnrolled, "\(places.store.path) holds no store")
        }
        let file = try StoreFile.open(at: places.file, kind: .laptop)
        guard let slot = try await SlotStore(file).slot(of: user) else {
            throw Problem(
                .wrongPassword, "\(user) has not logged in on this laptop",
                remedy: "the person who enrolled this laptop can open it"
            )
        }
        let secret = try await Offload.run { () throws(Problem) in try slot.open(password: password) }
        return try await unlocked(
            file, SlotContents(decoding: secret), user: user, places: places, environment: .system)
    }

    private static func makeDirectory(_ url: URL) throws(Problem) {
        do {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw Problem(.storeReadOnly, "\(url.path) cannot be written") }
    }

    private static func addSlot(
        _ login: LoginReply, password: String, to slots: SlotStore, _ environment: ReplicaEnvironment
    ) async throws {
        let salts = (environment.randomBytes(16), environment.randomBytes(16))
        let secret = SlotContents(login).encoded
        let slot = try await Offload.run { () throws(Problem) in
            try KeySlot(wrapping: secret, password: password, salt: salts.0)
        }
        try await slots.set(slot, of: login.user, salt: salts.1)
    }

    private static func unlocked(
        _ file: StoreFile, _ keys: SlotContents, user: String, places: Places, environment: ReplicaEnvironment
    ) async throws -> SiteStore {
        let slots = SlotStore(file)
        let cipher = SealingCipher(key: SymmetricKey(data: keys.siteKey))
        let settings = try await SealedSettings.read(file, cipher)
        let identity = try settings.identity()
        let replica = SQLiteReplica(file, cipher: cipher, identity: identity, environment: environment)
        let copied = try await isCopied(replica, places, site: identity.certificate.site)
        if copied {
            try await replica.closeJournals()
            try await replica.set("copied", to: Data([1]))
        }
        guard let signingKey = try? Curve25519.Signing.PrivateKey(rawRepresentation: keys.signingKey),
            let server = try await slots.clear("server"), let authority = try await slots.clear("authority")
        else { throw Problem(.storeDamaged, "the store's own settings cannot be read") }
        let grant = try await PeopleShelf(replica).person(user)
        let store = SiteStore(
            places: places, user: user, role: grant?.role ?? keys.role,
            isCopied: try await replica.setting("copied") != nil, replica: replica, identity: identity,
            signingKey: signingKey,
            link: CentreLink(server: String(decoding: server, as: UTF8.self), caPEM: authority),
            environment: environment)
        try await store.mark()
        return store
    }

    /// Whether the marker is missing, speaks of another place, or of a head that this store does not have.
    private static func isCopied(_ replica: SQLiteReplica, _ places: Places, site: SiteCode) async throws
        -> Bool
    {
        guard let marker = StoreMarker.read(places.file, in: places.state),
            marker.isSamePlace(as: .here(places.file))
        else { return true }
        guard let name = marker.journal, let journal = JournalID(bytes: name), let bytes = marker.hash,
            let hash = ChainHash(bytes)
        else { return false }
        return try await !replica.holds(journal: journal, n: marker.n, hash: hash)
    }
}

/// What a person's slot on a laptop holds: role (1) ‖ site key (32) ‖ signing key (32).
struct SlotContents: Sendable {
    let role: Role
    let siteKey: Data
    let signingKey: Data

    init(_ login: LoginReply) {
        (role, siteKey, signingKey) = (Role(name: login.role) ?? .dataEntry, login.siteKey, login.signingKey)
    }

    init(decoding bytes: Data) throws(Problem) {
        guard bytes.count == 65, let first = bytes.first, let role = Role(rawValue: first) else {
            throw Problem(.storeDamaged, "a key slot cannot be read")
        }
        self.role = role
        (siteKey, signingKey) = (Data(bytes.dropFirst().prefix(32)), Data(bytes.suffix(32)))
    }

    var encoded: Data { Data([role.rawValue]) + siteKey + signingKey }
}
