import TrialPages

/// Who may open a page of the site.
enum SiteAccess: Hashable, Sendable {
    /// Anything on this laptop that asks with the right host: style, script and language.
    case anyone
    /// A browser that was let in with the one-time token.
    case browser
    /// A person who is logged in, before an unlocked screen.
    case person
}

/// Every page and act of a site's page: one list, from which requests are matched.
///
/// A participant stands in a path by enrolment id, never by number; a sheet by its name in the study (`BL`,
/// `AE-3fa1c2d4`), or by a log form's OID for a new line of it.
enum SiteRoute: CaseIterable, Hashable, Sendable {
    case today, asset, language, news
    case start, join
    case login, logIn, logOut, lock, unlock, stay
    case sync, cancelSync, search
    case participants, findParticipant, enrol, casebook, paper
    case form, save, check, sign, ask
    case conflicts, conflict, resolve
    case queries, query, answerQuery
    case logBook

    private var row: (method: PageRequest.Method, path: String, access: SiteAccess) {
        switch self {
        // With `?token=` it is the way in.
        case .today: (.get, "/", .person)
        case .asset: (.get, "/{asset}", .anyone)
        case .language: (.post, "/language", .browser)
        case .news: (.get, "/news", .browser)
        case .start: (.get, "/start", .browser)
        case .join: (.post, "/start", .browser)
        case .login: (.get, "/login", .browser)
        case .logIn: (.post, "/login", .browser)
        case .logOut: (.post, "/logout", .browser)
        case .lock: (.post, "/lock", .browser)
        case .unlock: (.post, "/unlock", .browser)
        case .stay: (.post, "/stay", .person)
        case .sync: (.post, "/sync", .person)
        case .cancelSync: (.post, "/sync/cancel", .person)
        case .search: (.post, "/search", .person)
        case .participants: (.get, "/participants", .person)
        case .findParticipant: (.post, "/participants/find", .person)
        case .enrol: (.post, "/participants", .person)
        case .casebook: (.get, "/participants/{record}", .person)
        case .paper: (.get, "/casebooks/{record}", .person)
        case .form: (.get, "/participants/{record}/{sheet}", .person)
        case .save: (.post, "/participants/{record}/{sheet}", .person)
        case .check: (.post, "/participants/{record}/{sheet}/check", .person)
        case .sign: (.post, "/participants/{record}/{sheet}/sign", .person)
        case .ask: (.post, "/participants/{record}/{sheet}/ask", .person)
        case .conflicts: (.get, "/conflicts", .person)
        case .conflict: (.get, "/conflicts/{id}", .person)
        case .resolve: (.post, "/conflicts/{id}", .person)
        case .queries: (.get, "/queries", .person)
        case .query: (.get, "/queries/{id}", .person)
        case .answerQuery: (.post, "/queries/{id}/answer", .person)
        case .logBook: (.get, "/logbook", .person)
        }
    }

    var method: PageRequest.Method { row.method }
    var template: String { row.path }
    var access: SiteAccess { row.access }
    /// The largest form that is read.
    static let bodyLimitBytes = 256 << 10

    private static let templates = allCases.map { ($0, $0.template.split(separator: "/").map(String.init)) }

    /// The route of a method and a path's decoded parts, with the path's parameters; `nil` if there is none.
    /// A fixed word goes before a parameter.
    static func match(_ method: PageRequest.Method, _ parts: [String]) -> (SiteRoute, [String: String])? {
        var found: [(route: SiteRoute, values: [String: String])] = []
        for (route, template) in templates where template.count == parts.count && route.method == method {
            var values: [String: String] = [:]
            let fits = zip(template, parts).allSatisfy { expected, part in
                guard expected.hasPrefix("{") else { return expected == part }
                values[String(expected.dropFirst().dropLast())] = part
                return !part.isEmpty && part.utf8.count <= 200
            }
            if fits { found.append((route, values)) }
        }
        return found.min { $0.values.count < $1.values.count }.map { ($0.route, $0.values) }
    }
}
