import Crypto
import Foundation
package import SyncProtocol
public import TrialModel
import TrialStore

extension SiteStore {
    /// Joins this laptop to a site with a one-time link, logs the person in, and fetches what the site has.
    ///
    /// - Throws: `Problem(.storeExists)`, `.linkInvalid`, `.linkUsed`, `.linkExpired`, `.wrongPassword`,
    ///   `.notAllowed`, `.certificateNotTrusted`, `.serverUnreachable`; `.storeBusy` while another program
    ///   enrols. Until the server has admitted the device nothing is left behind; what an earlier enrolment
    ///   left that was cut short is moved aside.
    /// - Parameter progress: is told how far the fetching has come.
    public static func enroll(
        _ text: String, at places: Places, device name: String, user: String, password: String,
        progress: @Sendable (SyncProgress) -> Void = { _ in }
    ) async throws -> SiteStore {
        let enrolmentLink = try EnrolmentLink(parsing: text)
        try Credentials.check(userName: user)
        try checkFree(places)
        var hasRemains = false
        do {
            try makeDirectory(places.store)
            let store: SiteStore
            do {
                let lock = try EnrolmentLock(in: places.store)
                defer { lock.release() }
                // Another program may have come first.
                try checkFree(places)
                hasRemains = FileManager.default.fileExists(atPath: places.file)
                if hasRemains { try setAsideRemains(at: places, now: ReplicaEnvironment.system.now()) }
                store = try await join(enrolmentLink, places, name, user, password)
            }
            do { for try await step in store.sync() { progress(step) } } catch let problem as Problem {
                await store.close()
                throw joined(problem)
            }
            store.lockScreen(afterSeconds: usualLockSeconds)
            return store
        } catch let problem as Problem {
            if hasRemains, problem.code == .linkUsed {
                throw Problem(
                    .linkUsed, "this laptop's first enrolment was cut short after it had used the link",
                    remedy: "ask the coordinator for a new one; nothing was saved here")
            }
            // A directory that was made for nothing.
            if (try? FileManager.default.contentsOfDirectory(atPath: places.store.path))?.isEmpty == true {
                try? FileManager.default.removeItem(at: places.store)
            }
            guard problem.code == .serverUnreachable, !FileManager.default.fileExists(atPath: places.file)
            else { throw problem }
            throw Problem(
                .serverUnreachable, problem.message,
                remedy:
                    "this laptop has not joined: try again later; if the link is used by then, because only "
                    + "the answer was lost, ask for another"
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
        let reply = try await link.call(
            "/v1/enroll",
            EnrolmentRequest(
                token: enrolmentLink.token, publicKey: publicKey, deviceName: name, proof: proof, user: user,
                password: password), as: EnrolmentReply.self)
        let certificate = try DeviceCertificate(reply.certificate, serverKey: reply.serverKey)
        let file = try makeFile(at: places)
        let slots = SlotStore(file)
        try await slots.setClear("device", Data(certificate.device.bytes))
        try await addSlot(SlotContents(reply.login), password: password, to: slots, environment)
        let replica = SQLiteReplica(
            file, cipher: SealingCipher(SiteKeyRing(SlotContents(reply.login))),
            identity: ReplicaIdentity(certificate: certificate, key: key, serverKey: reply.serverKey),
            environment: environment)
        try await replica.set(CentreAddress(server: enrolmentLink.server, authority: authority))
        try await replica.set("device-key", to: key.rawRepresentation)
        try await replica.set("server-key", to: reply.serverKey)
        try await replica.set("epoch", to: reply.epoch)
        try await replica.addLease(NumberLease(first: reply.leaseFirst, last: reply.leaseLast))
        // The last: with it the store is a laptop's.
        try await replica.set("certificate", to: certificate.encoded)
        return try await unlocked(
            file, SlotContents(reply.login), isFresh: true, places: places, environment: environment)
    }

    /// Makes the store's file. What is noted of another store that was here once does not speak of this one,
    /// nor of what is left of it if it is cut short: so it is forgotten first, and the file noted when it is
    /// there.
    static func makeFile(at places: Places) throws(Problem) -> StoreFile {
        // The file is not there yet, and only what is there is resolved.
        let place = places.store.resolvingSymlinksInPath().appending(path: "store.db")
        try StoreMarker.here(place.path).write(in: places.state)
        let file = try StoreFile.create(at: places.file, kind: .laptop)
        try StoreMarker.here(places.file).write(in: places.state)
        return file
    }

    /// - Throws: `Problem(.storeExists)` unless there is nothing, or only what an enrolment left.
    private static func checkFree(_ places: Places) throws(Problem) {
        guard !FileManager.default.fileExists(atPath: places.file) || isUnfinished(places) else {
            throw Problem(.storeExists, "\(places.store.path) holds the store of a laptop that is enrolled")
        }
    }

    /// Opens a store with a person's key slot: offline too. Someone who has no slot here yet, or whose
    /// password was changed elsewhere, is logged in at the centre once.
    ///
    /// - Parameter lockAfterSeconds: how long without activity until the screen locks; `nil` for never.
    /// - Throws: `Problem(.notEnrolled)`, `.wrongPassword`, `.tooManyAttempts`, `.userDisabled`,
    ///   `.notAllowed`; `.serverUnreachable` if a first log-in finds no centre; what an unsound file gives.
    public static func open(
        at places: Places, user: String, password: String, lockAfterSeconds: Int? = usualLockSeconds
    ) async throws -> SiteStore {
        do {
            let store = try await open(try file(of: places), places, user, password, .system)
            store.lockScreen(afterSeconds: lockAfterSeconds)
            return store
        } catch let problem as Problem { throw explained(problem, at: places) }
    }

    private static func open(
        _ file: StoreFile, _ places: Places, _ user: String, _ password: String,
        _ environment: ReplicaEnvironment
    ) async throws -> SiteStore {
        let slots = SlotStore(file)
        if let moment = try await slots.destroyedAt() { throw lost(since: moment) }
        var refusal: Problem?
        if let slot = try await slots.slot(of: user) {
            do {
                let contents = try await open(
                    slot, of: user, password: password, LoginAttempts(file), environment)
                return try await unlocked(
                    file, contents, isFresh: false, places: places, environment: environment)
            } catch let problem as Problem
                where [.wrongPassword, .userDisabled, .notAllowed, .siteKeyMissing].contains(problem.code)
            {
                refusal = problem
            }
        }
        let contents = try await logInAtCentre(slots, user, password, after: refusal, environment)
        let store = try await unlocked(
            file, contents, isFresh: true, places: places, environment: environment)
        try await addSlot(contents, password: password, to: slots, environment)
        if refusal != nil { try await LoginAttempts(file).forgive(user) }
        return store
    }

    /// - Throws: `Problem(.notEnrolled)`; what an unsound file gives.
    static func file(of places: Places) throws(Problem) -> StoreFile {
        try checkThere(places)
        return try StoreFile.open(at: places.file, kind: .laptop)
    }

    /// A log-in over the network, for someone whom this laptop does not let in by itself.
    ///
    /// - Parameter refusal: what this laptop says; it stands if the centre has nothing to say of the person.
    private static func logInAtCentre(
        _ slots: SlotStore, _ user: String, _ password: String, after refusal: Problem?,
        _ environment: ReplicaEnvironment
    ) async throws -> SlotContents {
        guard (try? Credentials.check(userName: user)) != nil else {
            throw Problem(.wrongPassword, "user name or password is wrong")
        }
        guard let device = try await slots.clear("device") else {
            throw refusal ?? Problem(.storeDamaged, "the store's own settings cannot be read")
        }
        do {
            let link = centreLink(try await clearAddress(slots), slots, environment)
            let reply = try await link.login(device: device, user: user, password: password)
            guard reply.user == user else { throw Problem(.malformed, "the centre speaks of another person") }
            return SlotContents(reply)
        } catch let problem as Problem {
            let answers: [ProblemCode] = [.wrongPassword, .tooManyAttempts, .userDisabled, .notAllowed]
            if let refusal, !answers.contains(problem.code) { throw refusal }
            guard problem.code == .serverUnreachable else { throw problem }
            throw Problem(
                .serverUnreachable,
                "\(user) has no key slot on this laptop, and the centre cannot be reached",
                remedy: "a first log-in needs a connection: try again with one; what is saved here is safe")
        }
    }

    /// The way to the centre; a laptop that was reported lost destroys its slots when it hears so.
    private static func centreLink(
        _ address: CentreAddress, _ slots: SlotStore, _ environment: ReplicaEnvironment
    ) -> CentreLink {
        CentreLink(server: address.server, caPEM: address.authority) {
            try await slots.destroyAll(at: environment.now())
        }
    }

    /// Where the centre is, as far as it can be known before anything is opened.
    private static func clearAddress(_ slots: SlotStore) async throws -> CentreAddress {
        guard let server = try await slots.clear("server"), let authority = try await slots.clear("authority")
        else { throw Problem(.storeDamaged, "the store's own settings cannot be read") }
        return CentreAddress(server: String(decoding: server, as: UTF8.self), authority: authority)
    }

    /// Where the centre is: the sealed copy.
    ///
    /// - Throws: `Problem(.serverChanged)` once if the clear one was altered, which is put right.
    private static func checkedAddress(_ replica: SQLiteReplica, _ slots: SlotStore) async throws
        -> CentreAddress
    {
        let address = try await replica.centreAddress()
        guard try await clearAddress(slots) == address else {
            try await replica.set(address)
            throw Problem(
                .serverChanged,
                "this store's file named another centre than \(address.server), which it joined",
                remedy: "it was put right: tell the coordinator that somebody altered the file, change your "
                    + "password if you logged in for the first time since, then try again")
        }
        return address
    }

    /// What a person is told at a laptop that was reported lost and has destroyed its keys.
    static func lost(since milliseconds: Int64) -> Problem {
        let moment = DeviceTime(milliseconds: milliseconds, offsetMinutes: 0).iso8601
        return Problem(
            .deviceLost, "this laptop was reported lost, and its keys were destroyed on \(moment)")
    }

    private static func makeDirectory(_ url: URL) throws(Problem) {
        do {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw Problem(.storeReadOnly, "\(url.path) cannot be written") }
    }

    static func addSlot(
        _ contents: SlotContents, password: String, to slots: SlotStore, _ environment: ReplicaEnvironment
    ) async throws {
        let salts = (environment.randomBytes(16), environment.randomBytes(16))
        let secret = contents.encoded
        let slot = try await Offload.run { () throws(Problem) in
            try KeySlot(wrapping: secret, password: password, salt: salts.0)
        }
        try await slots.set(slot, generation: contents.generation, of: contents.user, salt: salts.1)
    }

    /// - Parameter isFresh: whether the keys just came from the centre, which knows better than what this
    ///   store holds of the person's rights.
    /// - Throws: `Problem(.sealBroken)` if the site key is not this store's; if not fresh, `.userDisabled`,
    ///   `.notAllowed`, and `.wrongPassword` if the password was changed since the slot was made.
    static func unlocked(
        _ file: StoreFile, _ keys: SlotContents, isFresh: Bool, places: Places,
        environment: ReplicaEnvironment
    ) async throws -> SiteStore {
        let slots = SlotStore(file)
        let cipher = SealingCipher(SiteKeyRing(keys))
        let settings = try await SealedSettings.read(file, cipher)
        let identity = try settings.identity()
        let replica = SQLiteReplica(file, cipher: cipher, identity: identity, environment: environment)
        let grant = try await PeopleShelf(replica).person(keys.user)
        if !isFresh, let grant { try await check(keys, grant, slots, at: identity.certificate.site) }
        let address = try await checkedAddress(replica, slots)
        try StoreMarker.checkReadable(places.file, in: places.state)
        let copied = try await isCopied(replica, places)
        if copied {
            try await replica.closeJournals()
            for head in rememberedHeads(places) { try await replica.noteMissing(head) }
            try await replica.set("copied", to: Data([1]))
        }
        guard let signingKey = try? Curve25519.Signing.PrivateKey(rawRepresentation: keys.signingKey) else {
            throw Problem(.storeDamaged, "a key slot cannot be read")
        }
        let store = SiteStore(
            places: places, user: keys.user, role: isFresh ? keys.role : grant?.role ?? keys.role,
            isCopied: try await replica.setting("copied") != nil, replica: replica, identity: identity,
            signingKey: signingKey, link: centreLink(address, slots, environment), environment: environment)
        try await store.mark()
        try await store.noteClock()
        return store
    }

    /// Holds a slot against what is known here of its person; one that is stale is deleted.
    private static func check(
        _ keys: SlotContents, _ grant: PersonGrant, _ slots: SlotStore, at site: SiteCode
    ) async throws {
        guard !grant.admits(slotOf: keys.generation, at: site) else { return }
        _ = try await slots.sweep([grant], at: site)
        throw refusal(of: grant, at: site)
            ?? Problem(
                .wrongPassword, "the password of \(grant.name) was changed",
                remedy: "log in with the new password, once with a connection")
    }

    /// How far the store at this path had come, as far as its marker remembers.
    static func knownHeads(_ places: Places) -> [KnownHead] { marker(of: places)?.knownHeads ?? [] }

    /// The same, and what was missing when the marker was written.
    static func rememberedHeads(_ places: Places) -> [KnownHead] {
        marker(of: places).map { $0.missingHeads + $0.knownHeads } ?? []
    }

    private static func marker(of places: Places) -> StoreMarker? {
        let marker = StoreMarker.read(places.file, in: places.state)
        return marker.flatMap { $0.isSamePath(as: .here(places.file)) ? $0 : nil }
    }

    /// Whether the marker is missing, speaks of another place, or of a head that this store does not have.
    private static func isCopied(_ replica: SQLiteReplica, _ places: Places) async throws -> Bool {
        guard let marker = marker(of: places), marker.isSamePlace(as: .here(places.file)) else { return true }
        let noted = try await replica.goneHeads(expecting: [])
        let missing = try await replica.missing(of: marker.missingHeads)
        guard missing.allSatisfy({ noted.contains($0) }) else { return true }
        for head in marker.knownHeads where try await !replica.holds(head) { return true }
        return false
    }
}
