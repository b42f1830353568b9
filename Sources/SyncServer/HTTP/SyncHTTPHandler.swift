package import HTTPTypes
package import TrialModel

/// A device with a session, and the site that it belongs to.
struct DeviceSession: Hashable, Sendable {
    let device: DeviceID
    let site: SiteCode
}

/// What the server's URLs lead to: the part of the server that knows sites, people and journals.
///
/// It gets requests of known routes only, with whole bodies within their limits.
package protocol SyncHTTPHandler: Sendable {
    /// Refuses a request of a route that needs a token before its body is read: what nobody answers for takes
    /// no room. ``handle(_:)`` judges the token again: access may end while the body is on its way.
    func refusal(of request: ServerRequest) async -> Problem?

    /// Answers one request; a refusal is an answer too (``ServerResponse/problem(_:status:)``).
    func handle(_ request: ServerRequest) async -> ServerResponse

    /// Opens the stream of `GET /v1/events`, or refuses it.
    ///
    /// The stream's termination handler tells that the client has left or the server is ending. A client that
    /// does not keep up is cut off; give the stream a bounded buffer, it reads ahead of the network only a
    /// little.
    func events(_ request: ServerRequest) async -> Result<AsyncStream<ServerSentEvent>, Problem>
}

/// A request as the handler sees it.
package struct ServerRequest: Sendable {
    package var route: Route
    package var method: HTTPRequest.Method
    /// Without the query. It may name things: never for logs.
    package var path: String
    /// The site that the path names, as it stands there.
    package var pathSite: String?
    /// The bearer token of the Authorization header, if it has the form of one.
    package var token: String?
    package var contentEncoding: String?
    package var body: [UInt8]
    /// The device that the token stands for, once ``RouteGate`` has let the request in.
    var session: DeviceSession?
    /// The id under which this request stands in the log, and in the answer's `X-Request-Id`.
    package var requestID: String

    package init(
        route: Route, method: HTTPRequest.Method? = nil, path: String? = nil, pathSite: String? = nil,
        token: String? = nil, contentEncoding: String? = nil, body: [UInt8] = [], requestID: String = ""
    ) {
        self.route = route
        self.method = method ?? route.method
        self.path = path ?? route.template
        self.pathSite = pathSite
        self.token = token
        self.contentEncoding = contentEncoding
        self.body = body
        self.requestID = requestID
    }

    /// The session of a request to a route that needs one.
    ///
    /// - Throws: `token-invalid` if nobody has let the request in.
    func authenticated() throws(Problem) -> DeviceSession {
        guard let session else { throw Problem(.tokenInvalid, "the session is not valid or has ended") }
        return session
    }

    /// The token of `Authorization: Bearer TOKEN` (RFC 6750, 2.1); `nil` for anything else.
    static func bearerToken(_ header: String?) -> String? {
        guard let header, header.utf8.count <= 1_024 else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        let token = parts[1]
        let allowed = token.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-._~+/=".utf8.contains(byte)
            }
        }
        return allowed && !token.isEmpty ? String(token) : nil
    }
}
