import TrialModel
import TrialPages

/// Who may open a page of the console: the one table that says so. A page without a row does not compile.
enum ConsoleAccess: Hashable, Sendable {
    /// Anybody: the log-in, the style sheet.
    case anyone
    /// A person who is logged in, whatever the role.
    case person
    /// A person whose role may do this; what is shown or done is of the person's own sites only.
    case may(Action)
}

/// Every page and act of the console: one list, from which requests are matched.
enum ConsoleRoute: CaseIterable, Hashable, Sendable {
    case overview, login, logIn, logOut, stay, language, news, asset, search
    case conflicts, conflict, resolve, resolveMany
    case quarantine, kept, release
    case participants, participant, visit, visits, casebook, records
    case queries, query, raiseQuery, answerQuery, closeQuery, reopenQuery
    case decideRecord, renumberForm, renumber, repeatForm, renumberRepeat, transferForm, transfer
    case serious, outside, pairs, pair, decidePair
    case sites, addSite, study, versions, laptops, invite, links, revokeLink, setLaptop
    case people, setAccess, addPerson, resetPassword
    case audit, auditFile, exports, export

    private var row: (method: PageRequest.Method, path: String, access: ConsoleAccess) {
        switch self {
        case .overview: (.get, "/", .person)
        case .login: (.get, "/login", .anyone)
        case .logIn: (.post, "/login", .anyone)
        case .logOut: (.post, "/logout", .person)
        case .stay: (.post, "/stay", .person)
        case .language: (.post, "/language", .anyone)
        case .news: (.get, "/news", .person)
        case .asset: (.get, "/{asset}", .anyone)
        case .search: (.post, "/search", .person)
        case .conflicts: (.get, "/conflicts", .may(.read))
        case .conflict: (.get, "/conflicts/{id}", .may(.read))
        case .resolve: (.post, "/conflicts/{id}", .may(.resolve))
        case .resolveMany: (.post, "/conflicts", .may(.resolve))
        case .quarantine: (.get, "/quarantine", .may(.read))
        case .kept: (.get, "/quarantine/{entry}", .may(.read))
        case .release: (.post, "/quarantine", .may(.release))
        case .participants: (.get, "/participants", .may(.read))
        case .participant: (.get, "/participants/{record}", .may(.read))
        case .visit: (.get, "/participants/{record}/{sheet}", .may(.read))
        case .visits: (.get, "/visits", .may(.read))
        case .casebook: (.get, "/casebooks/{record}", .may(.read))
        case .records: (.get, "/records", .may(.read))
        case .decideRecord: (.post, "/participants/{record}/{sheet}/state", .may(.lock))
        case .renumberForm: (.get, "/participants/renumber/{record}", .may(.release))
        case .renumber: (.post, "/participants/renumber/{record}", .may(.release))
        case .repeatForm: (.get, "/participants/{record}/{repeat}/number", .may(.release))
        case .renumberRepeat: (.post, "/participants/{record}/{repeat}/number", .may(.release))
        case .transferForm: (.get, "/participants/transfer/{record}", .may(.release))
        case .transfer: (.post, "/participants/transfer/{record}", .may(.release))
        case .queries: (.get, "/queries", .may(.read))
        case .query: (.get, "/queries/{id}", .may(.read))
        case .raiseQuery: (.post, "/participants/{record}/{sheet}/queries", .may(.query))
        case .answerQuery: (.post, "/queries/{id}/answer", .may(.query))
        case .closeQuery: (.post, "/queries/{id}/close", .may(.closeQuery))
        case .reopenQuery: (.post, "/queries/{id}/reopen", .may(.closeQuery))
        case .audit: (.get, "/audit", .may(.read))
        case .auditFile: (.get, "/audit/file", .may(.read))
        case .exports: (.get, "/exports", .may(.read))
        case .export: (.get, "/exports/{file}", .may(.read))
        case .serious: (.get, "/serious", .may(.read))
        case .outside: (.get, "/outside", .may(.read))
        case .pairs: (.get, "/pairs", .may(.read))
        case .pair: (.get, "/pairs/{record}/{other}", .may(.release))
        case .decidePair: (.post, "/pairs/{record}/{other}", .may(.release))
        case .sites: (.get, "/sites", .person)
        case .addSite: (.post, "/sites", .may(.administer))
        case .study: (.get, "/study", .person)
        case .versions: (.get, "/study/versions", .person)
        case .laptops: (.get, "/laptops", .person)
        case .invite: (.post, "/laptops", .may(.administer))
        case .links: (.get, "/laptops/links", .may(.administer))
        case .revokeLink: (.post, "/laptops/links", .may(.administer))
        case .setLaptop: (.post, "/laptops/access", .may(.administer))
        case .people: (.get, "/people", .may(.administer))
        case .setAccess: (.post, "/people", .may(.administer))
        case .addPerson: (.post, "/people/new", .may(.administer))
        case .resetPassword: (.post, "/people/password", .may(.entrust))
        }
    }

    var method: PageRequest.Method { row.method }
    /// The path with its parameters in braces: what logs hold in place of the path itself.
    var template: String { row.path }
    var access: ConsoleAccess { row.access }
    /// The list that the route shows, where it is no list of its own.
    var list: ConsoleRoute {
        switch self {
        case .auditFile: .audit
        case .addPerson: .people
        default: self
        }
    }
    /// The largest form that is read.
    static let bodyLimitBytes = 256 << 10

    /// What a method and a path lead to.
    enum Match {
        case found(ConsoleRoute, [String: String])
        case wrongMethod
        case unknown
    }

    private static let templates = allCases.map { ($0, $0.template.split(separator: "/").map(String.init)) }

    /// - Parameter parts: the path's, decoded. A fixed word goes before a parameter: `/conflicts` is no
    ///   asset.
    static func match(_ method: PageRequest.Method, _ parts: [String]) -> Match {
        var found: [(route: ConsoleRoute, values: [String: String])] = []
        for (route, template) in templates where template.count == parts.count {
            var values: [String: String] = [:]
            let fits = zip(template, parts).allSatisfy { expected, part in
                guard expected.hasPrefix("{") else { return expected == part }
                values[String(expected.dropFirst().dropLast())] = part
                return !part.isEmpty && part.utf8.count <= 200
            }
            if fits { found.append((route, values)) }
        }
        guard let least = found.map(\.values.count).min() else { return .unknown }
        let best = found.filter { $0.values.count == least }
        guard let hit = best.first(where: { $0.route.method == method }) else { return .wrongMethod }
        return .found(hit.route, hit.values)
    }

    /// Whether a path is the console's at all; what begins with `/v1/` never is.
    static func isPage(_ path: String) -> Bool { path != "/healthz" && !path.hasPrefix("/v1/") }
}
