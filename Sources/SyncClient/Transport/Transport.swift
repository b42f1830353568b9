package import TrialModel

/// What carries one request to the server and its answer back.
///
/// The sync engine knows only this protocol; ``CurlTransport`` is the one over the network.
package protocol Transport: Sendable {
    /// Sends one request and waits for the whole answer. Every status is an answer, also 4xx and 5xx and a
    /// redirect.
    ///
    /// - Throws: `server-unreachable`, `certificate-not-trusted`, `clock-wrong`, `body-too-large`,
    ///   `malformed`, `not-allowed`, or `cancelled` when the task or the transport was ended.
    func send(_ request: TransportRequest) async throws(Problem) -> TransportResponse

    /// The answer's body in chunks as they come, until the server ends it, the task is cancelled, or an
    /// error. A cancelled task's loop ends without an error.
    ///
    /// An answer whose status is not 2xx ends the stream with a `Problem` (401 `token-invalid`, 403
    /// `not-allowed`, 429 `too-many-requests`, otherwise `server-failed`) before any chunk.
    func stream(_ request: TransportRequest) -> AsyncThrowingStream<[UInt8], any Error>
}

/// One HTTP request.
package struct TransportRequest: Sendable {
    /// `GET` or `POST`.
    package var method: String
    /// Absolute, `https://` (or `http://` on loopback), without user name or password.
    package var url: String
    package var headers: [(String, String)]
    /// Only with `POST`; sent as it is.
    package var body: [UInt8]?
    package var limits: TransportLimits

    package init(
        method: String, url: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        limits: TransportLimits = TransportLimits()
    ) {
        (self.method, self.url, self.headers, self.body, self.limits) = (method, url, headers, body, limits)
    }
}

/// How long and how much one request may take.
package struct TransportLimits: Hashable, Sendable {
    /// For the name, the connection and the TLS handshake together.
    package var connectTimeoutSeconds: Int
    /// For everything; nil is no limit, which is right for sync bodies on slow links: the low-speed limit
    /// ends those that stand still.
    package var totalTimeoutSeconds: Int?
    /// A transfer slower than this for ``lowSpeedSeconds`` on end is given up, waiting for the answer
    /// included. 0 turns the check off.
    package var lowSpeedBytesPerSecond: Int
    /// A stream has no least speed: it is given up after this long without a single byte, so the server sends
    /// a comment now and then. 0 turns the check off.
    package var lowSpeedSeconds: Int
    /// Of an answer's body as it comes over the wire. A stream has no such limit, its parser has.
    package var responseLimitBytes: Int

    package init(
        connectTimeoutSeconds: Int = 15, totalTimeoutSeconds: Int? = nil, lowSpeedBytesPerSecond: Int = 50,
        lowSpeedSeconds: Int = 60, responseLimitBytes: Int = 5 * 1024 * 1024
    ) {
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.totalTimeoutSeconds = totalTimeoutSeconds
        self.lowSpeedBytesPerSecond = lowSpeedBytesPerSecond
        self.lowSpeedSeconds = lowSpeedSeconds
        self.responseLimitBytes = responseLimitBytes
    }
}

/// One HTTP answer.
package struct TransportResponse: Sendable {
    package var status: Int
    /// Names in lower case; the values of a repeated name are joined by `, `. Trailers are left out.
    package var headers: [String: String]
    /// As it came: no content encoding is asked for or undone.
    package var body: [UInt8]
    /// Bytes of the request's body that went out; headers and TLS are not counted.
    package var bytesSent: Int
    /// Bytes of the answer's body that came in; headers and TLS are not counted.
    package var bytesReceived: Int

    package init(status: Int, headers: [String: String], body: [UInt8], bytesSent: Int, bytesReceived: Int) {
        (self.status, self.headers, self.body) = (status, headers, body)
        (self.bytesSent, self.bytesReceived) = (bytesSent, bytesReceived)
    }
}

/// How a transport knows that it speaks with the right server.
package enum ServerTrust: Hashable, Sendable {
    /// Certificates of this authority (PEM) and no other; the system's authorities are not asked.
    case pinned(caPEM: [UInt8])
    /// The authorities that the operating system trusts.
    case system
    /// The certificate is NOT checked. Only for fetching the public CA certificate whose fingerprint the
    /// enrolment link pins: `GET` without an `Authorization` header, nothing else is sent.
    case bootstrap
    /// `http://` to `127.0.0.1`, `[::1]` or `localhost`, and to nothing else; never through a proxy.
    case loopbackPlain
}
