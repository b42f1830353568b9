import Foundation
package import SyncProtocol
package import TrialModel
package import TrialStore

extension Centre {
    /// Which authority a link tells the laptop to trust.
    package enum LinkTrust: Sendable {
        /// The one whose certificate stands in the data directory.
        case ownAuthority
        /// Those that the laptop's system trusts: for a proxy with a certificate of a public authority.
        case system
    }

    /// Makes a one-time link for one site.
    ///
    /// - Parameter server: the address laptops reach the daemon at; `nil` takes where it last listened.
    package func invite(
        site text: String, expiresSeconds: Int64, server: String?, trust: LinkTrust = .ownAuthority
    ) async throws -> (link: EnrolmentLink, expires: DeviceTime) {
        let site = try await site(text)
        guard let server = server ?? directory.readAddress() else {
            throw Problem(
                .usage, "the daemon has not run yet, so its address is not known", remedy: "give --url URL")
        }
        let isPlain = server.hasPrefix("http://")
        let address = server.hasSuffix("/") ? String(server.dropLast()) : server
        guard isPlain || server.hasPrefix("https://"),
            address.wholeMatch(of: /https?:\/\/([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/) != nil
        else {
            throw Problem(
                .usage, "\(server) is not the address of a centre", remedy: "give --url https://HOST:PORT")
        }
        let needsPin = !isPlain && trust == .ownAuthority
        let fingerprint = needsPin ? try TLSFiles.load(from: directory.tls).fingerprint : ""
        let token = Hex.encode(environment.randomBytes(32))
        let now = environment.now()
        let expires = now + expiresSeconds * 1000
        try await identities.addInvite(token: token, site: site, expiresMilliseconds: expires, now: now)
        return (
            EnrolmentLink(server: address, site: site, token: token, fingerprint: fingerprint),
            DeviceTime(milliseconds: expires, offsetMinutes: 0)
        )
    }

    /// Every link that was ever made, newest first.
    package func invites() async throws -> [IdentityStore.Invite] {
        try await identities.invites(now: environment.now())
    }

    /// Takes a link back that nobody has used.
    ///
    /// - Parameter name: the start of its id.
    /// - Throws: `not-found`, `ambiguous-number`, `link-used`.
    package func revokeInvite(_ name: String) async throws -> IdentityStore.Invite {
        let found = try await invites().filter {
            name.count >= 4 && Hex.encode($0.hash).hasPrefix(name.lowercased())
        }
        guard let invite = found.first else { throw Problem(.notFound, "there is no link \(name)") }
        guard found.count == 1 else { throw Problem(.ambiguousNumber, "\(name) names \(found.count) links") }
        guard invite.status != .used else {
            throw Problem(
                .linkUsed, "the link \(invite.shortID) was used already",
                remedy: "see `device list`, and revoke the laptop that used it")
        }
        try noteEnded(link: invite.hash)
        try await following("the link \(invite.shortID) is taken back") {
            _ = try await identities.endInvite(hash: invite.hash, now: environment.now())
        }
        return try await invites().first { $0.hash == invite.hash } ?? invite
    }

    /// So that a restored database does not open the link again.
    func noteEnded(link hash: Data) throws(Problem) {
        try RevocationFile(url: directory.revocations).noteEnded(link: hash, at: environment.now())
    }
}

extension IdentityStore.Invite {
    package var made: String { DeviceTime(milliseconds: madeMilliseconds, offsetMinutes: 0).iso8601 }
    package var expires: String { DeviceTime(milliseconds: expiresMilliseconds, offsetMinutes: 0).iso8601 }

    package var json: JSON {
        .keyed([
            "invite": .string(shortID), "site": .string(site.text), "made": .string(made),
            "expires": .string(expires), "status": .string(status.rawValue),
        ])
    }
}
