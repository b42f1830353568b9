package import Crypto
package import Foundation
package import SyncProtocol
package import TrialModel
package import TrialStore

extension Centre {
    package var attempts: LoginAttempts { LoginAttempts(replica) }

    var recoveryKey: RecoveryKey { RecoveryKey(serverKey) }

    /// Opens a person's key with the password. Each try is counted: five wrong ones, then one a minute.
    ///
    /// - Parameter site: where the person must have a role that may read, for a log-in on a laptop.
    /// - Throws: `Problem(.wrongPassword)`, `.tooManyAttempts`; with the right password `.userDisabled`,
    ///   `.notAllowed`.
    package func logIn(
        _ name: String, password: String, at site: SiteCode? = nil
    ) async throws -> (grant: PersonGrant, key: Curve25519.Signing.PrivateKey) {
        try await attempts.trying(name, isStrict: true, now: environment.now()) {
            let (grant, key) = try await opened(name, password)
            guard !grant.isDisabled else {
                throw Problem(.userDisabled, "the access of \(name) was ended")
            }
            guard let site else { return (grant, key) }
            guard grant.covers(site) else {
                throw Problem(
                    .notAllowed, "\(grant.name) has no role at site \(site)", remedy: "ask the coordinator")
            }
            guard grant.role.may(.read) else {
                throw Problem(
                    .notAllowed, "\(grant.name) is \(grant.role.name) and may not log in on a laptop",
                    remedy: "ask the coordinator")
            }
            return (grant, key)
        }
    }

    private func opened(
        _ name: String, _ password: String
    ) async throws -> (PersonGrant, Curve25519.Signing.PrivateKey) {
        let slot = try await identities.key(of: name)?.slot
        let decoy = environment.randomBytes(16)
        let opened = try await Offload.run { () throws(Problem) -> Data in
            // An unknown name costs the same time as a wrong password.
            guard let slot else {
                _ = try KeySlot(wrapping: decoy, password: password, salt: decoy)
                throw Problem(.wrongPassword, "user name or password is wrong")
            }
            return try slot.open(password: password)
        }
        guard let grant = try await PeopleShelf(replica).person(name),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: opened)
        else { throw Problem(.wrongPassword, "user name or password is wrong") }
        guard key.publicKey.rawRepresentation == grant.publicKey else {
            throw Problem(
                .signatureInvalid, "the key that this password opens is not the one on record for \(name)",
                remedy: "somebody has altered the table of keys: run `trialsyncd verify`, then give "
                    + "\(name) a new password with `trialsyncd user reset-password`")
        }
        return (grant, key)
    }

    /// The keys that a laptop of the site puts into the person's slot.
    func keys(
        of grant: PersonGrant, _ key: Curve25519.Signing.PrivateKey, at site: SiteCode
    ) async throws -> LoginReply {
        guard let siteKey = try await identities.siteKey(site) else {
            throw Problem(.siteUnknown, "there is no site \(site)")
        }
        return LoginReply(
            user: grant.name, role: grant.role.name, generation: grant.generation, siteKey: siteKey,
            signingKey: key.rawRepresentation, laterKeys: try await laterKeys(of: site))
    }

    /// Gives a person another password for the one that is known.
    ///
    /// - Returns: the person's rights from now on, which void the slots made before, and the signing key.
    /// - Throws: what ``logIn(_:password:at:)`` refuses; `Problem(.passwordInvalid)` for a password that is
    ///   too short.
    @discardableResult
    package func changePassword(
        of name: String, from old: String, to new: String, at site: SiteCode? = nil
    ) async throws -> (grant: PersonGrant, key: Curve25519.Signing.PrivateKey) {
        try Credentials.check(password: new)
        let (grant, key) = try await logIn(name, password: old, at: site)
        return (try await set(new, of: grant, key), key)
    }

    /// Gives a person who forgot the password a new one. The signing key stays, if it is here: after a
    /// restore it may not be (`person-key-missing`), and then the person gets a new one. What was signed with
    /// the former key stays signed: its public half stands in the person's record.
    ///
    /// - Parameters:
    ///   - password: `nil` makes one up.
    ///   - author: who does it; `nil` for the operator of the server.
    /// - Returns: the person's rights from now on, the signing key and whether it is a new one, and the
    ///   password if it was made up.
    /// - Throws: `Problem(.notFound)`, `.userDisabled`, `.passwordInvalid`.
    package func resetPassword(
        of name: String, to password: String?, by author: Author? = nil
    ) async throws -> (
        grant: PersonGrant, key: Curve25519.Signing.PrivateKey, password: String?, isNewKey: Bool
    ) {
        let grant = try await person(name)
        guard !grant.isDisabled else {
            throw Problem(
                .userDisabled, "the access of \(name) was ended",
                remedy: "give it back first: trialsyncd user enable \(name)")
        }
        let kept = try await keptKey(of: grant)
        let key = kept ?? Curve25519.Signing.PrivateKey()
        let made = password == nil ? Self.makePassword(environment) : nil
        return (try await set(password ?? made ?? "", of: grant, key, by: author), key, made, kept == nil)
    }

    /// The person's signing key, as the centre's own wrap holds it; `nil` if there is none, or another than
    /// the one on record.
    ///
    /// - Throws: `Problem(.sealBroken)`: a wrap that does not open says that `server.key` and the store do
    ///   not belong together, and no new key mends that.
    private func keptKey(of grant: PersonGrant) async throws -> Curve25519.Signing.PrivateKey? {
        guard let kept = try await identities.key(of: grant.name) else { return nil }
        let secret = try recoveryKey.open(kept.recovery, of: grant.name)
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: secret) else {
            throw Problem(.sealBroken, "the key of \(grant.name) cannot be read")
        }
        return key.publicKey.rawRepresentation == grant.publicKey ? key : nil
    }

    /// A slot for a laptop of the site that is offline, to be carried there in a file.
    ///
    /// - Parameter password: what the slot opens with.
    package func slotFile(
        of grant: PersonGrant, _ key: Curve25519.Signing.PrivateKey, password: String, site: SiteCode
    ) async throws -> Data {
        let secret = SlotContents(try await keys(of: grant, key, at: site)).encoded
        let salt = environment.randomBytes(16)
        return SlotFile.encode(
            try await Offload.run { () throws(Problem) in
                try KeySlot(wrapping: secret, password: password, salt: salt)
            })
    }

    /// The site that a slot file is for, before anything is changed.
    ///
    /// - Parameter text: the site; `nil` takes the person's only one.
    /// - Throws: `Problem(.usage)` if the person has several sites or all; `.notAllowed`, `.siteUnknown`.
    package func siteOfSlotFile(for name: String, _ text: String?) async throws -> SiteCode {
        let grant = try await person(name)
        if let text {
            let site = try await site(text)
            guard grant.covers(site), grant.role.may(.read) else {
                throw Problem(
                    .notAllowed, "\(name) has no role at site \(site)", remedy: "ask the coordinator")
            }
            return site
        }
        guard grant.role.isBoundToSites, grant.sites.count == 1, let site = grant.sites.first else {
            throw Problem(.usage, "\(name) has no single site", remedy: "say which laptop: --site CODE")
        }
        return site
    }

    /// Wraps the key with a new password, and puts it on record if it is another than before. Slots that were
    /// made before are void from the next contact on.
    private func set(
        _ password: String, of grant: PersonGrant, _ key: Curve25519.Signing.PrivateKey,
        by author: Author? = nil
    ) async throws -> PersonGrant {
        let kept = try await wrapped(key, of: grant.name, password: password)
        let next = PersonGrant(
            name: grant.name, role: grant.role, sites: grant.sites, isDisabled: grant.isDisabled,
            publicKey: key.publicKey.rawRepresentation, generation: grant.generation + 1)
        let changed = next.publicKey == grant.publicKey ? ["@slots"] : ["@key", "@slots"]
        let writes = next.writes.filter { changed.contains($0.register) }
        let change = try await administration(
            of: .person(grant.name), writes, study: try await study(), by: author)
        try await identities.set(kept, of: grant.name, with: change)
        try await attempts.forgive(grant.name)
        return next
    }

    /// A person's key under the password and under the centre's own.
    ///
    /// - Throws: `Problem(.passwordInvalid)`.
    func wrapped(
        _ key: Curve25519.Signing.PrivateKey, of name: String, password: String
    ) async throws -> IdentityStore.PersonKey {
        try Credentials.check(password: password)
        let salt = environment.randomBytes(16)
        let slot = try await Offload.run { () throws(Problem) in
            try KeySlot(wrapping: key.rawRepresentation, password: password, salt: salt)
        }
        let recovery = try recoveryKey.wrap(key.rawRepresentation, of: name)
        return IdentityStore.PersonKey(slot: slot, recovery: recovery)
    }

    /// Sixteen characters that cannot be mistaken for one another: 78 bits.
    static func makePassword(_ environment: ReplicaEnvironment) -> String {
        let alphabet = Array("abcdefghjkmnpqrstuvwxyz23456789")
        return String((0..<16).map { _ in alphabet[Int(environment.random() % UInt64(alphabet.count))] })
    }
}
