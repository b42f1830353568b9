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

    /// - Parameter author: who does it; `nil` for the operator of the server.
    /// - Throws: `Problem(.nameInvalid)`, `Problem(.alreadyExists)`.
    package func addSite(_ text: String, name: String, by author: Author? = nil) async throws -> Site {
        guard let code = SiteCode(text), code != .all else {
            throw Problem(
                .nameInvalid, "\(text) is no site code",
                remedy: "use 2 to 12 capital letters and digits, a letter first")
        }
        guard name.isOneShortLine(200) else {
            throw Problem(
                .nameInvalid, "a site's name is one line of 1 to 200 characters",
                remedy: "choose another name")
        }
        guard try await !sites().contains(where: { $0.code == code }) else {
            throw Problem(.alreadyExists, "there is a site \(code) already")
        }
        try await identities.makeSiteKey(code, environment.randomBytes(32))
        try await replica.makeSite(code)
        let study = try await study()
        try await administer(
            .site(code), [RegisterWrite("@name", [ItemValue("@name", .text(name))])], study: study,
            by: author)
        return Site(code: code, name: name)
    }

    // MARK: People

    /// Adds a person.
    ///
    /// - Parameters:
    ///   - password: `nil` makes one up.
    ///   - author: who does it; `nil` for the operator of the server.
    /// - Returns: the grant, and the password if it was made up.
    /// - Throws: `Problem(.nameInvalid)`, `.alreadyExists`, `.siteUnknown`, `.usage`.
    package func addPerson(
        _ name: String, role: Role, sites texts: [String], password: String?, by author: Author? = nil
    ) async throws -> (grant: PersonGrant, password: String?) {
        try Credentials.check(userName: name)
        guard try await PeopleShelf(replica).person(name) == nil else {
            let isKnown = try await identities.key(of: name) != nil
            throw Problem(
                .alreadyExists, "there is a user \(name) already",
                remedy: isKnown
                    ? nil : "the key was lost with a restore: `trialsyncd user reset-password \(name)`")
        }
        let sites = try await sites(texts, for: role)
        let made = password == nil ? Self.makePassword(environment) : nil
        let secret = password ?? made ?? ""
        try Credentials.check(password: secret)
        let key = Curve25519.Signing.PrivateKey()
        let kept = try await wrapped(key, of: name, password: secret)
        let grant = PersonGrant(
            name: name, role: role, sites: sites, isDisabled: false,
            publicKey: key.publicKey.rawRepresentation)
        let change = try await administration(
            of: .person(name), grant.writes, study: try await study(), by: author)
        try await identities.set(kept, of: name, with: change)
        return (grant, made)
    }
}

extension String {
    /// Whether it is a name that can stand on one line: nothing in it controls a terminal.
    func isOneShortLine(_ limit: Int) -> Bool {
        (1...limit).contains(count)
            && !unicodeScalars.contains {
                let category = $0.properties.generalCategory
                return category == .control || category == .lineSeparator || category == .paragraphSeparator
                    || ("\u{202A}"..."\u{202E}").contains($0) || ("\u{2066}"..."\u{2069}").contains($0)
            }
    }
}
