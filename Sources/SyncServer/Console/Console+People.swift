import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

struct PeopleModel: Sendable {
    struct Row: Sendable {
        let name: String
        let role: String
        let sites: String
        let isDisabled: Bool
        /// Nobody shuts the door on oneself.
        let isOther: Bool
        /// Whether the person can be given a new password here.
        let mayReset: Bool
    }

    let list: SearchedList<Row>
    /// What was typed of a new person, where the form comes back.
    let user: String
    let roles: [Choice]
    /// The sites that a new person can be given.
    let places: [Choice]
}

extension Console {
    /// - Parameter notice: why the form of a new person comes back.
    func people(_ visit: Visit, notice: Shell.Notice? = nil) async throws -> PageResponse {
        let (words, form, visitor) = (visit.words, visit.request.form, visit.visitor)
        let all = try await centre.people().map(\.grant)
        let (site, role) = (visit.filter("site"), visit.filter("kind"))
        let found = all.filter { grant in
            let isThere = site.isEmpty || grant.sites.isEmpty || grant.sites.contains { $0.text == site }
            return isThere && (role.isEmpty || grant.role.name == role)
                && visit.finds([
                    grant.name, words("role.\(grant.role.name)"), sites(of: grant, words),
                ])
        }
        let rows = visit.shown(found).map { grant in
            let isOther = grant.name != visitor.grant.name
            return PeopleModel.Row(
                name: grant.name, role: words("role.\(grant.role.name)"), sites: sites(of: grant, words),
                isDisabled: grant.isDisabled, isOther: isOther,
                mayReset: isOther && !grant.isDisabled && visitor.may(.entrust))
        }
        let list = visit.list(
            rows, of: found.count, find: "findPerson", none: "nothingFound", sites: all.flatMap(\.sites),
            kinds: Role.ofPeople.map { ($0.name, "role.\($0.name)") }, kindLabel: "role")
        let model = PeopleModel(
            list: list, user: form["user"] ?? "",
            roles: choices(
                Role.ofPeople.filter { visitor.mayAdd($0) }.map(\.name), chosen: form["role"] ?? ""
            ) { words("role.\($0)") },
            places: try await siteChoices(form.values("site")))
        return try await page(
            visit, .people, title: words("people"), model, notice: notice, status: notice.status)
    }

    private func sites(of grant: PersonGrant, _ words: Words) -> String {
        grant.sites.isEmpty
            ? words("allSites") : grant.sites.map(\.text).joined(separator: words.listComma)
    }

    private func values(of grant: PersonGrant, _ words: Words) -> [String: String] {
        [
            "person": grant.name, "role": words("role.\(grant.role.name)"), "sites": sites(of: grant, words),
        ]
    }

    /// The person whom a form names: another than the visitor.
    ///
    /// - Parameter oneself: why it cannot be the visitor.
    private func otherPerson(_ visit: Visit, oneself: String, remedy: String) async throws -> PersonGrant {
        let name = visit.request.form["person"] ?? ""
        guard let grant = try await centre.people().first(where: { $0.grant.name == name })?.grant else {
            throw Problem(.notFound, "there is no user \(name)")
        }
        guard name != visit.visitor.grant.name else { throw Problem(.notAllowed, oneself, remedy: remedy) }
        return grant
    }

    /// Ends a person's access, or gives it back.
    func setAccess(_ visit: Visit) async throws -> PageResponse {
        let words = visit.words
        guard let word = visit.request.form["decision"], ["disable", "enable"].contains(word) else {
            throw visit.refusal("chooseFirst", remedy: "chooseActRemedy")
        }
        let grant = try await otherPerson(
            visit, oneself: "nobody can end or give back the own access", remedy: "ask another person to")
        let values = values(of: grant, words)
        let act = Act(
            title: words("act.\(word)", values), sentences: [words("will.\(word)", values)])
        if let page = try await confirmation(of: act, visit) { return page }
        _ = try await centre.setDisabled(word == "disable", person: grant.name, by: try actor(visit).author)
        return done(visit, words("decided.\(word)", values), at: ConsoleRoute.people.template)
    }

    /// Adds a person, as `trialsyncd user add` does; the next page shows the password that was made, once.
    func addPerson(_ visit: Visit) async throws -> PageResponse {
        let (words, form) = (visit.words, visit.request.form)
        let sites = form.values("site")
        guard let role = Role(name: form["role"] ?? ""), !role.isBoundToSites || !sites.isEmpty else {
            return try await people(visit, notice: visit.notice("roleNeeded", remedy: "roleNeededRemedy"))
        }
        guard visit.visitor.mayAdd(role) else {
            throw Problem(
                .notAllowed, "\(visit.visitor.grant.role.name) may not add an admin", remedy: "ask an admin")
        }
        let added = try await centre.addPerson(
            form["user"] ?? "", role: role, sites: sites, password: nil, by: try actor(visit).author)
        var values = values(of: added.grant, words)
        values["password"] = added.password ?? ""
        return done(
            visit, words("personAdded", values), remedy: words("shownOnce"), at: ConsoleRoute.people.template)
    }

    /// Gives a person a new password, as `trialsyncd user reset-password` does; the next page shows it, once.
    func resetPassword(_ visit: Visit) async throws -> PageResponse {
        let words = visit.words
        let grant = try await otherPerson(
            visit, oneself: "nobody can reset the own password here",
            remedy: "change it with `trialsyncd user password`, or ask another person to")
        var values = values(of: grant, words)
        let act = Act(
            title: words("act.resetPassword", values), sentences: [words("will.resetPassword", values)])
        if let page = try await confirmation(of: act, visit) { return page }
        let reset = try await centre.resetPassword(
            of: grant.name, to: nil, by: try actor(visit).author)
        values["password"] = reset.password ?? ""
        return done(
            visit, words("passwordReset", values), remedy: words("shownOnce"),
            at: ConsoleRoute.people.template)
    }

    // MARK: Sites

    /// Adds a site, as `trialsyncd site add` does.
    func addSite(_ visit: Visit) async throws -> PageResponse {
        let form = visit.request.form
        let site = try await centre.addSite(
            form["code"] ?? "", name: form["name"] ?? "", by: try actor(visit).author)
        let values = ["site": site.code.text, "name": site.name]
        return done(visit, visit.words("siteAdded", values), at: ConsoleRoute.sites.template)
    }

    /// All sites, by code and name.
    func siteChoices(_ chosen: [String] = []) async throws -> [Choice] {
        try await centre.sites().map {
            Choice(
                value: $0.code.text, label: "\($0.code) · \($0.name)",
                isChosen: chosen.contains($0.code.text))
        }
    }
}

extension Console.Visitor {
    /// Whether the visitor may add a person with this role: who could not give passwords could otherwise add
    /// somebody who can.
    fileprivate func mayAdd(_ role: Role) -> Bool { role.may(.entrust) ? may(.entrust) : true }
}
