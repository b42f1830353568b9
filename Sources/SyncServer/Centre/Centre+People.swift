package import Crypto
package import Foundation
package import SyncProtocol
package import TrialModel
package import TrialStore

extension Centre {
    // MARK: Sites

    package struct Site: Hashable, Sendable {
        package let code: SiteCode
        package let name: String
    }

    package func sites() async throws -> [Site] {
        var filter = RecordFilter()
        (filter.site, filter.kinds) = (.all, [.site])
        return try await replica.views(filter).compactMap { entry in
            guard let code = SiteCode(entry.view.state.key.name),
                case .text(let name)? = entry.view.state["@name"].agreed?.value(of: "@name")
            else { return nil }
            return Site(code: code, name: name)
        }.sorted { $0.code < $1.code }
    }

    /// - Throws: `Problem(.siteUnknown)`.
    package func site(_ text: String) async throws -> SiteCode {
        guard let code = SiteCode(text), try await sites().contains(where: { $0.code == code }) else {
            throw Problem(.siteUnknown, "there is no site \(text)", remedy: "see `trialsyncd site list`")
        }
        return code
    }

    /// - Throws: `Problem(.nameInvalid)`, `Problem(.alreadyExists)`.
    package func addSite(_ text: String, name: String) async throws -> Site {
        guard let code = SiteCode(text), code != .all else {
            throw Problem(
                .nameInvalid, "\(text) is no site code",
                remedy: "use 2 to 12 capital letters and digits, a letter first")
        }
        guard !name.isEmpty, name.count <= 200 else {
            throw Problem(
                .nameInvalid, "a site's name has 1 to 200 characters", remedy: "choose another name")
        }
        guard try await !sites().contains(where: { $0.code == code }) else {
            throw Problem(.alreadyExists, "there is a site \(code) already")
        }
        try await identities.makeSiteKey(code, environment.randomBytes(32))
        try await replica.makeSite(code)
        let study = try await study()
        try await administer(
            .site(code), [RegisterWrite("@name", [ItemValue("@name", .text(name))])], study: study)
        return Site(code: code, name: name)
    }

    // MARK: People

    /// Adds a person.
    ///
    /// - Parameter password: `nil` makes one up.
    /// - Returns: the grant, and the password if it was made up.
    /// - Throws: `Problem(.nameInvalid)`, `.alreadyExists`, `.siteUnknown`, `.usage`.
    package func addPerson(
        _ name: String, role: Role, sites texts: [String], password: String?
    ) async throws -> (grant: PersonGrant, password: String?) {
        try Credentials.check(userName: name)
        guard try await PeopleShelf(replica).person(name) == nil else {
            throw Problem(.alreadyExists, "there is a user \(name) already")
        }
        let sites = try await sites(texts, for: role)
        let made = password == nil ? Self.makePassword(environment) : nil
        let secret = password ?? made ?? ""
        try Credentials.check(password: secret)
        let key = Curve25519.Signing.PrivateKey()
        try await keep(key, of: name, password: secret)
        let grant = PersonGrant(
            name: name, role: role, sites: sites, isDisabled: false,
            publicKey: key.publicKey.rawRepresentation)
        try await administer(.person(name), grant.writes, study: try await study())
        return (grant, made)
    }

    // MARK: Links

    /// Makes a one-time link for one site.
    ///
    /// - Parameter server: the address laptops reach the daemon at; `nil` takes where it last listened.
    package func invite(
        site text: String, expiresSeconds: Int64, server: String?
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
        let fingerprint = isPlain ? "" : try TLSFiles.load(from: directory.tls).fingerprint
        let token = Hex.encode(environment.randomBytes(32))
        let expires = environment.now() + expiresSeconds * 1000
        try await identities.addInvite(token: token, site: site, expiresMilliseconds: expires)
        return (
            EnrolmentLink(server: address, site: site, token: token, fingerprint: fingerprint),
            DeviceTime(milliseconds: expires, offsetMinutes: 0)
        )
    }
}
