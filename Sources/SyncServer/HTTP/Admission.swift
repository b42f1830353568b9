import HTTPTypes
import TrialModel

/// What can be said about a request from its head alone, before a byte of its body is taken.
enum Admission: Sendable {
    case admitted(Route, pathSite: String?, token: String?)
    /// The route is there for the log, if one was found.
    case refused(ServerResponse, Route?)

    init(method: HTTPRequest.Method, path: String, headers: HTTPFields) {
        let route: Route
        let site: String?
        switch Route.match(method: method, path: path) {
        case .unknown:
            let remedy = "check the server's address, and update the older program"
            self = .refused(.problem(Problem(.notFound, "the server has no such URL", remedy: remedy)), nil)
            return
        case .wrongMethod(let allowed):
            self = .refused(Self.wrongMethod(allowed), nil)
            return
        case .found(let found, pathSite: let pathSite):
            (route, site) = (found, pathSite)
        }
        let token = ServerRequest.bearerToken(headers[.authorization])
        if route.needsToken && token == nil {
            self = .refused(.problem(Problem(.tokenInvalid, "the request bears no session token")), route)
        } else if let declared = headers[.contentLength].flatMap({ Int($0) }), declared > route.bodyLimitBytes
        {
            let message = "the message has \(declared) bytes, and at most \(route.bodyLimitBytes) are taken"
            self = .refused(.problem(Problem(.bodyTooLarge, message)), route)
        } else {
            self = .admitted(route, pathSite: site, token: token)
        }
    }

    /// Whether the client waits for a word before it sends its body, and the body is wanted (RFC 9110,
    /// 10.1.1).
    static func wantsContinue(method: HTTPRequest.Method, path: String, headers: HTTPFields) -> Bool {
        guard headers[.expect]?.lowercased() == "100-continue" else { return false }
        guard case .admitted = Admission(method: method, path: path, headers: headers) else { return false }
        return true
    }

    private static func wrongMethod(_ allowed: [HTTPRequest.Method]) -> ServerResponse {
        let methods = allowed.map(\.rawValue).joined(separator: ", ")
        let problem = Problem(
            .usage, "this URL does not take this method",
            remedy: "use \(methods), and update the older program")
        var response = ServerResponse.problem(problem, status: 405)
        response.headers[.allow] = methods
        return response
    }
}
