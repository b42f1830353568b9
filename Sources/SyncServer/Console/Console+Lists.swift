import TrialModel
import TrialPages
import TrialStore

/// Where one page of a list lies, and the ways to its neighbours.
struct Paging: Sendable {
    static let rows = 50

    /// The page itself, with what it is searched for: a form of the list is sent there, and comes back there.
    let here: String
    let shown: String
    let next: String?
    let previous: String?
}

/// A page of a list that is searched by text, site and kind.
struct SearchedList<Row: Sendable>: Sendable {
    let rows: [Row]
    let isEmpty: Bool
    /// What an empty list says.
    let nothing: String
    /// Where it is looked for something.
    let listPath: String
    let find: String
    /// What the field is called in which a person types what to look for.
    let findLabel: String
    let sites: [Choice]
    let hasSites: Bool
    let kinds: [Choice]
    let hasKinds: Bool
    let kindLabel: String
    let paging: Paging
}

/// The first rows of a list on another page, with the way to the whole of it.
struct ListStart<Row: Sendable>: Sendable {
    let rows: [Row]
    let isEmpty: Bool
    let nothing: String
    let href: String
    /// What the way there is called.
    let all: String
}

/// What a visitor looks for in a list. A participant's number may be among it, so that it is kept in
/// ``ConsoleSearches`` and never stands in a URL: `?search=ID` says only that there is something.
enum ListSearch {
    /// The lists that can be searched, each with the fields of its form.
    static let fields: [String: [String]] = [
        ConsoleRoute.participants.template: ["find", "site"],
        ConsoleRoute.conflicts.template: ["find", "site", "kind"],
        ConsoleRoute.records.template: ["find", "site", "kind"],
        ConsoleRoute.queries.template: ["find", "site", "all"],
        ConsoleRoute.quarantine.template: ["find", "site", "kind"],
        ConsoleRoute.visits.template: ["find", "site", "kind"],
        ConsoleRoute.serious.template: ["find", "site"],
        ConsoleRoute.outside.template: ["find", "site"],
        ConsoleRoute.pairs.template: ["find", "site"],
        ConsoleRoute.sites.template: ["find"],
        ConsoleRoute.study.template: ["find", "site"],
        ConsoleRoute.versions.template: ["find"],
        ConsoleRoute.laptops.template: ["find", "site", "kind"],
        ConsoleRoute.links.template: ["find", "site"],
        ConsoleRoute.people.template: ["find", "site", "kind"],
        ConsoleRoute.audit.template: ["participant", "site", "person", "kind", "firstDay", "lastDay"],
    ]
    /// What may stand in a URL as well.
    static let publicFields = ["site", "kind", "all"]
    /// No list is so long: a number of a URL is still one that can be counted on from.
    static let lastRow = 1_000_000_000
    /// In characters.
    static let longest = 200
}

extension Console.Visit {
    /// Whether the list is the answer to a search.
    var isSearch: Bool { request.query["search"] != nil }

    /// What the visitor chose for a list; empty for nothing.
    func filter(_ name: String) -> String {
        if isSearch { return search?[name] ?? "" }
        return ListSearch.publicFields.contains(name) ? request.query[name] ?? "" : ""
    }

    /// Whether one of the texts holds what the visitor looks for, in capitals or not.
    func finds(_ texts: [String]) -> Bool {
        let wanted = filter("find").lowercased()
        return wanted.isEmpty || texts.contains { $0.lowercased().contains(wanted) }
    }

    /// Whether an entry of a list is of the site and kind that the visitor chose, and one of its texts holds
    /// what is looked for.
    func fits(site: SiteCode, kinds: [String], _ texts: [String]) -> Bool {
        let (wanted, kind) = (filter("site"), filter("kind"))
        return (wanted.isEmpty || site.text == wanted) && (kind.isEmpty || kinds.contains(kind))
            && finds(texts)
    }

    /// Those of what was found that this page of the list shows.
    func shown<Found>(_ found: [Found]) -> ArraySlice<Found> {
        found.dropFirst(start).prefix(Paging.rows)
    }

    /// The page of a list that its form and its table show.
    ///
    /// - Parameters:
    ///   - rows: of this page.
    ///   - found: how many fit what is looked for.
    ///   - find: what the field is called in which a person types what to look for.
    ///   - none: what to say if nothing fits; another text than for a search if the list is empty anyway.
    ///   - sites: those that can be chosen.
    ///   - kinds: those that can be chosen, with their words.
    func list<Row: Sendable>(
        _ rows: [Row], of found: Int, find: String, none: String, sites: some Sequence<SiteCode>,
        kinds: [(value: String, word: String)] = [], kindLabel: String = "kind"
    ) -> SearchedList<Row> {
        let (site, kind) = (filter("site"), filter("kind"))
        let places = Set(sites).sorted().map {
            Choice(value: $0.text, label: $0.text, isChosen: $0.text == site)
        }
        return SearchedList(
            rows: rows, isEmpty: rows.isEmpty, nothing: words(none), listPath: route.list.template,
            find: filter("find"), findLabel: words(find), sites: places, hasSites: !places.isEmpty,
            kinds: kinds.map {
                Choice(value: $0.value, label: words($0.word), isChosen: $0.value == kind)
            }, hasKinds: !kinds.isEmpty, kindLabel: words(kindLabel), paging: paging(rows.count, of: found))
    }

    /// The first row of the page that is wanted.
    var start: Int { min(max(0, Int(request.query["from"] ?? "") ?? 0), ListSearch.lastRow) }

    /// - Parameters:
    ///   - count: how many rows this page has, from ``start``.
    ///   - all: how many rows there are.
    func paging(_ count: Int, of all: Int) -> Paging {
        let end = start + count
        return Paging(
            here: link(from: start),
            shown: words("rowsShown", ["from": "\(start + 1)", "to": "\(end)", "all": "\(all)"]),
            next: end < all ? link(from: end) : nil,
            previous: start > 0 ? link(from: max(0, start - Paging.rows)) : nil)
    }

    /// The page of the list that begins with a row.
    func link(from row: Int) -> String {
        let kept = request.query.all.filter { field in
            isSearch ? field.name == "search" : ListSearch.publicFields.contains(field.name)
        }
        let rest = kept.map { "&\($0.name)=\(urlEscaped($0.value))" }.joined()
        return "\(route.list.template)?from=\(row)\(rest)"
    }
}

extension Console {
    /// Takes up what is looked for in a list, and goes on to the list.
    func search(_ visit: Visit) throws -> PageResponse {
        let form = visit.request.form
        let list = form["back"] ?? ""
        guard let fields = ListSearch.fields[list] else { throw Problem.unknownPage }
        let kept = form.all.filter { fields.contains($0.name) && $0.value.count <= ListSearch.longest }
        let trimmed = kept.map { (name: $0.name, value: $0.value.trimmingBlanks) }
        guard trimmed.contains(where: { !$0.value.isEmpty }) else { return .redirect(to: list) }
        let id = String(centre.environment.random(), radix: 16)
        let search = ConsoleSearches.Search(id: id, list: list, fields: FormFields(trimmed))
        searches.keep(search, for: visit.visitor.session, now: centre.environment.now())
        return .redirect(to: "\(list)?search=\(id)")
    }
}

extension String {
    /// A number that was pasted often brings a blank.
    fileprivate var trimmingBlanks: String {
        let isBlank = { (character: Character) in character.isWhitespace }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
