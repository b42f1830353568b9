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
    }

    let rows: [Row]
}

extension Console {
    func people(_ visit: Visit) async throws -> PageResponse {
        let words = visit.words
        let rows = try await centre.people().map { person in
            PeopleModel.Row(
                name: person.grant.name, role: words("role.\(person.grant.role.name)"),
                sites: sites(of: person.grant, words), isDisabled: person.grant.isDisabled,
                isOther: person.grant.name != visit.visitor.grant.name)
        }
        return try await page(visit, .people, title: words("people"), PeopleModel(rows: rows))
    }

    private func sites(of grant: PersonGrant, _ words: Words) -> String {
        grant.sites.isEmpty ? words("allSites") : grant.sites.map(\.text).joined(separator: ", ")
    }

    /// Ends a person's access, or gives it back.
    func setAccess(_ visit: Visit) async throws -> PageResponse {
        let (words, form) = (visit.words, visit.request.form)
        let name = form["person"] ?? ""
        guard let grant = try await centre.people().first(where: { $0.grant.name == name })?.grant else {
            throw Problem(.notFound, "there is no user \(name)")
        }
        guard let word = form["decision"], ["disable", "enable"].contains(word) else {
            throw visit.refusal("chooseFirst", remedy: "chooseRemedy")
        }
        guard name != visit.visitor.grant.name else {
            throw Problem(
                .notAllowed, "\(name) cannot end the access of \(name)", remedy: "ask another person to")
        }
        let values = [
            "person": name, "role": words("role.\(grant.role.name)"), "sites": sites(of: grant, words),
        ]
        let act = Act(
            title: words("act.\(word)", values), sentences: [words("will.\(word)", values)])
        if let page = try await confirmation(of: act, visit) { return page }
        _ = try await centre.setDisabled(word == "disable", person: name, by: try actor(visit).author)
        return done(visit, words("decided.\(word)", values), at: ConsoleRoute.people.template)
    }
}
