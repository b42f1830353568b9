import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

struct LaptopsModel: Sendable {
    /// What only an administrator is shown.
    struct Administration: Sendable {
        /// How many links can still be used.
        let links: String
        let sites: [Choice]
        let hasSites: Bool
        /// Where laptops reach the centre, as far as it knows.
        let server: String
    }

    let list: SearchedList<LaptopRow>
    let mayAdminister: Bool
    let administration: Administration?
}

/// A link that can still be used.
struct LinkRow: Sendable {
    let id: String
    let site: String
    let made: String
    let expires: String
}

extension Console {
    /// The laptops of the visitor's sites, the longest silent first.
    func laptops(_ visit: Visit) async throws -> PageResponse {
        let (words, visitor) = (visit.words, visit.visitor)
        let all = try await centre.devices().filter { visitor.sees($0.device.site) }
        let found = all.filter { laptop in
            let kinds = LaptopKind.allCases.filter { isOf($0, laptop) }.map(\.rawValue)
            return visit.fits(site: laptop.device.site, kinds: kinds, [laptop.name, laptop.site])
        }.sorted { Self.order($0) < Self.order($1) }
        let none = visitor.may(.administer) ? "noLaptops" : "noLaptopsYet"
        let list = visit.list(
            visit.shown(found).map { row($0, among: all, visit) }, of: found.count, find: "findLaptop",
            none: all.isEmpty ? none : "nothingFound", sites: all.map(\.device.site),
            kinds: LaptopKind.allCases.map { ($0.rawValue, "laptop.\($0.rawValue)") }, kindLabel: "status")
        let model = LaptopsModel(
            list: list, mayAdminister: visitor.may(.administer),
            administration: visitor.may(.administer) ? try await administration() : nil)
        return try await page(visit, .laptops, title: words("laptops"), model)
    }

    private func administration() async throws -> LaptopsModel.Administration {
        let sites = try await siteChoices()
        return LaptopsModel.Administration(
            links: String(try await openLinks().count), sites: sites, hasSites: !sites.isEmpty,
            server: centre.directory.readAddress() ?? "")
    }

    /// Makes a link for a laptop, as `trialsyncd invite` does; the next page shows it, once.
    func invite(_ visit: Visit) async throws -> PageResponse {
        let (words, form) = (visit.words, visit.request.form)
        guard let hours = Int64(form["hours"] ?? ""), (1...Self.longestLinkHours).contains(hours) else {
            throw visit.refusal("wrongHours", remedy: "wrongHoursRemedy")
        }
        let made = try await centre.invite(
            site: form["site"] ?? "", expiresSeconds: hours * 3600, server: form["server"] ?? "",
            trust: form["systemTrust"] == nil ? .ownAuthority : .system)
        let values = [
            "site": made.link.site.text, "until": words.time(made.expires.iso8601),
        ]
        return done(
            visit, words("linkMade", values), remedy: words("shownOnce"), copy: made.link.description,
            at: ConsoleRoute.laptops.template)
    }

    private func openLinks() async throws -> [IdentityStore.Invite] {
        try await centre.invites().filter { $0.status == .open }
    }

    /// The links that can still be used, the newest first.
    func links(_ visit: Visit) async throws -> PageResponse {
        let (words, all) = (visit.words, try await openLinks())
        let found = all.filter { visit.fits(site: $0.site, kinds: [], [$0.shortID, $0.site.text]) }
        let rows = visit.shown(found).map { invite in
            LinkRow(
                id: invite.shortID, site: invite.site.text, made: words.time(invite.made),
                expires: words.time(invite.expires))
        }
        let model = visit.list(
            rows, of: found.count, find: "findLink", none: all.isEmpty ? "noLinks" : "nothingFound",
            sites: all.map(\.site))
        return try await page(visit, .links, title: words("openLinks"), model)
    }

    /// Takes a link back that nobody has used.
    func revokeLink(_ visit: Visit) async throws -> PageResponse {
        let (words, id) = (visit.words, visit.request.form["link"] ?? "")
        guard let invite = try await centre.invites().first(where: { $0.shortID == id }) else {
            throw Problem(.notFound, "there is no link \(id)")
        }
        let values = [
            "link": id, "site": invite.site.text, "at": words.time(invite.made),
            "until": words.time(invite.expires),
        ]
        let act = Act(
            title: words("act.revokeLink", values), sentences: [words("will.revokeLink", values)])
        if let page = try await confirmation(of: act, visit) { return page }
        _ = try await centre.revokeInvite(id)
        return done(visit, words("linkRevoked", values), at: ConsoleRoute.links.template)
    }

    private static let longestLinkHours: Int64 = 366 * 24
}
