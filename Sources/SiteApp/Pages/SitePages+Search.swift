import Foundation
import TrialModel
import TrialPages

/// The field above a list, as the template `siteSearch` shows it.
struct SearchModel: Sendable {
    /// The list's path.
    let list: String
    let label: String
    let text: String
    /// What else the list was asked for: `own`, `all`.
    let others: [String]
}

/// What a person looks for in lists. Numbers of participants may be among it, and never stand in a URL: it is
/// kept in the session under a random name, and each tab has its own.
extension SitePages {
    /// In characters.
    private static let longestSearch = 200
    /// The lists that can be searched, each with what else it can be asked for.
    private static let lists: [String: [String]] = [
        "/": [], "/conflicts": [], "/queries": ["all"], "/logbook": ["own"],
    ]

    /// What is looked for in the list that a request asks for.
    struct Search: Sendable {
        /// Empty if nothing is.
        let id: String
        let text: String

        var isEmpty: Bool { text.isEmpty }

        /// What a link to another page of the list bears.
        var link: String { isEmpty ? "" : "&search=\(id)" }

        func fits(_ texts: [String]) -> Bool {
            isEmpty || texts.contains { $0.lowercased().contains(text.lowercased()) }
        }
    }

    func search(of desk: Desk) -> Search {
        let id = desk.visit.request.query["search"] ?? ""
        guard let found = desk.visit.session.searches.last(where: { $0.id == id }) else {
            return Search(id: "", text: "")
        }
        return Search(id: found.id, text: found.text)
    }

    /// Takes up what is looked for; nothing is no search, and not kept.
    func beginSearch(_ desk: Desk) -> Search {
        let text = String((desk.form["find"] ?? "").prefix(Self.longestSearch))
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { return Search(id: "", text: "") }
        let id = Hex.encode(randomBytes(6))
        sessions.change(desk.visit.cookie) { session in
            session.searches = (session.searches + [(id, text)]).suffix(SiteSessions.searchLimit)
        }
        return Search(id: id, text: text)
    }

    /// Takes up what is looked for, and goes on to what fits of the list it was typed above.
    func find(_ desk: Desk) throws(Problem) -> PageResponse {
        let list = desk.visit.request.back
        guard let others = Self.lists[list] else { throw Problem.unknownPage }
        let search = beginSearch(desk)
        let asked = others.filter { desk.form[$0] != nil }.map { "\($0)=1" }
        let query = (search.isEmpty ? [] : ["search=\(search.id)"]) + asked
        return .redirect(to: query.isEmpty ? list : "\(list)?\(query.joined(separator: "&"))")
    }
}
