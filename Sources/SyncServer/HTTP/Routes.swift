package import HTTPTypes

/// Every URL of the sync server: one list, from which requests are matched and `docs/protocol.md` can
/// be read.
package enum Route: CaseIterable, Hashable, Sendable {
    case healthz, ca, enroll, login, challenge, session, sync, events, password

    private static let kibibyte = 1 << 10
    private static let mebibyte = 1 << 20

    private var row: (method: HTTPRequest.Method, path: String, bodyLimitBytes: Int) {
        switch self {
        case .healthz: (.get, "/healthz", 64 * Self.kibibyte)
        case .ca: (.get, "/v1/ca", 64 * Self.kibibyte)
        case .enroll: (.post, "/v1/enroll", 64 * Self.kibibyte)
        case .login: (.post, "/v1/login", 64 * Self.kibibyte)
        case .challenge: (.post, "/v1/challenge", 64 * Self.kibibyte)
        case .session: (.post, "/v1/session", 64 * Self.kibibyte)
        case .sync: (.post, "/v1/sites/{site}/sync", 4 * Self.mebibyte)
        case .events: (.get, "/v1/events", 64 * Self.kibibyte)
        case .password: (.post, "/v1/password", 64 * Self.kibibyte)
        }
    }

    /// The only method of this URL.
    package var method: HTTPRequest.Method { row.method }

    /// The path with its parameter in braces: what logs hold in place of the path itself.
    package var template: String { row.path }

    /// The largest body that is read; a larger one is refused with 413.
    package var bodyLimitBytes: Int { row.bodyLimitBytes }

    /// Whether a request without a bearer token is refused before its body is read.
    ///
    /// Whether a token is valid, and for what, is ``RouteGate``'s to judge.
    package var needsToken: Bool { access.needsToken }
}

/// What a method and a path lead to.
package enum RouteMatch: Hashable, Sendable {
    /// A route, and the site that the path names (as it stands there: not checked, never percent-decoded).
    case found(Route, pathSite: String?)
    /// The path exists, the method does not; the methods that do.
    case wrongMethod(allowed: [HTTPRequest.Method])
    case unknown
}

extension Route {
    private static let siteParameter = "{site}"
    private static let longestSite = 64
    private static let templates = allCases.map { route in
        (route: route, segments: route.template.split(separator: "/", omittingEmptySubsequences: false))
    }

    /// Finds the route of a request.
    ///
    /// - Parameter path: the path without the query. It must fit to the letter: no trailing slash, no `..`.
    package static func match(method: HTTPRequest.Method, path: String) -> RouteMatch {
        let segments = path.split(separator: "/", maxSplits: 8, omittingEmptySubsequences: false)
        var allowed: [HTTPRequest.Method] = []
        for (route, template) in templates where template.count == segments.count {
            var site: String?
            let fits = zip(template, segments).allSatisfy { expected, segment in
                guard expected == siteParameter else { return expected == segment }
                guard (1...longestSite).contains(segment.utf8.count) else { return false }
                site = String(segment)
                return true
            }
            guard fits else { continue }
            if route.method == method { return .found(route, pathSite: site) }
            allowed.append(route.method)
        }
        return allowed.isEmpty ? .unknown : .wrongMethod(allowed: allowed)
    }
}
