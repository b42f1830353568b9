import Crypto
package import Foundation
package import SyncProtocol
import Synchronization
package import TrialModel
package import TrialStore

/// The laptop's connection to the centre: JSON calls, the session token, and bodies of a sync.
package final class CentreLink: Sendable {
    /// `https://HOST:PORT`
    package let server: String
    private let carrier: Mutex<any Transport>
    private let token = Mutex<String?>(nil)
    private let whenLost: @Sendable () async throws -> Void
    private let pause: @Sendable (Duration) async throws -> Void

    package static let program = "trialsync/0.1"

    /// - Parameters:
    ///   - whenLost: is called when the centre says that this laptop was reported lost.
    ///   - pause: waits as long as a server that is asked too much wants it.
    package init(
        server: String, transport: any Transport, whenLost: @escaping @Sendable () async throws -> Void = {},
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        (self.server, self.whenLost, self.pause) = (server, whenLost, pause)
        carrier = Mutex(transport)
    }

    /// A link that trusts the pinned authorities (none: those of the system), or a plain one on loopback.
    package convenience init(
        server: String, caPEM: Data, whenLost: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.init(server: server, transport: Self.transport(to: server, caPEM), whenLost: whenLost)
    }

    /// Trusts these authorities from the next request on; what is under way over the old ones is given up.
    package func trust(caPEM: Data) {
        let fresh = Self.transport(to: server, caPEM)
        carrier.withLock { $0 = fresh }
    }

    private static func transport(to server: String, _ caPEM: Data) -> any Transport {
        let pinned: ServerTrust = caPEM.isEmpty ? .system : .pinned(caPEM: Array(caPEM))
        let trust: ServerTrust = server.hasPrefix("http://") ? .loopbackPlain : pinned
        return CurlTransport(trust: trust, userAgent: program)
    }

    private var transport: any Transport { carrier.withLock { $0 } }

    /// Fetches the authority whose fingerprint the enrolment link carries: the only request whose certificate
    /// is not checked, and one that holds no secret.
    ///
    /// - Throws: `Problem(.certificateNotTrusted)` if the server shows another authority.
    package static func fetchAuthority(for link: EnrolmentLink) async throws -> Data {
        guard !link.fingerprint.isEmpty else { return Data() }
        let transport = CurlTransport(trust: .bootstrap, userAgent: program)
        let reply = try await transport.send(
            TransportRequest(method: "GET", url: link.server + "/v1/ca", headers: [], body: nil))
        guard reply.status == 200, let pem = authority(in: reply.body, fingerprint: link.fingerprint) else {
            throw Problem(
                .certificateNotTrusted, "\(link.server) does not have the certificate authority of the link")
        }
        return pem
    }

    /// The one certificate that has the fingerprint, and nothing that came along: whoever stands between may
    /// have put an authority of their own behind it.
    static func authority(in pem: [UInt8], fingerprint: String) -> Data? {
        guard let der = certificate(inPEM: pem), Hex.encode(SHA256.hash(data: der)) == fingerprint else {
            return nil
        }
        let lines = der.base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return Data("-----BEGIN CERTIFICATE-----\n\(lines)\n-----END CERTIFICATE-----\n".utf8)
    }

    /// The SHA-256 of the first certificate's DER, in hexadecimal.
    package static func fingerprint(ofPEM pem: [UInt8]) -> String? {
        certificate(inPEM: pem).map { Hex.encode(SHA256.hash(data: $0)) }
    }

    /// The first certificate's DER.
    private static func certificate(inPEM pem: [UInt8]) -> Data? {
        let lines = String(decoding: pem, as: UTF8.self).split(separator: "\n")
        let body = lines.drop { !$0.hasPrefix("-----BEGIN") }.dropFirst().prefix { !$0.hasPrefix("-----END") }
        return Data(base64Encoded: body.joined())
    }

    // MARK: JSON

    /// - Throws: the server's problem; `Problem(.serverUnreachable)`; `Problem(.serverFailed)`.
    package func call<Reply: Decodable>(
        _ path: String, _ request: some Encodable, as reply: Reply.Type, authorised: Bool = false
    ) async throws -> Reply {
        guard let body = try? JSONEncoder().encode(request) else {
            throw Problem(.internalError, "a request could not be encoded")
        }
        var headers = [("Content-Type", "application/json")]
        if authorised, let token = token.withLock({ $0 }) {
            headers.append(("Authorization", "Bearer \(token)"))
        }
        let answer = try await send(
            TransportRequest(method: "POST", url: server + path, headers: headers, body: Array(body)))
        guard answer.status == 200 else { throw Self.problem(answer) }
        guard let decoded = try? JSONDecoder().decode(Reply.self, from: Data(answer.body)) else {
            throw Problem(.malformed, "the server's answer to \(path) is not of the expected form")
        }
        return decoded
    }

    private static func problem(_ answer: TransportResponse) -> Problem {
        if let reply = try? JSONDecoder().decode(ProblemReply.self, from: Data(answer.body)) {
            return reply.problem.ofCentre
        }
        return Problem(.serverFailed, "the server answered with status \(answer.status)")
    }

    /// Sends a request, as often as the server says "later".
    private func send(_ request: TransportRequest) async throws -> TransportResponse {
        for _ in 0..<Self.patience {
            let answer: TransportResponse
            do { answer = try await transport.send(request) } catch {
                throw error.code == .clockWrong ? await ClockFault(server: server).explained(error) : error
            }
            // A person who tries passwords is not told when to come back: that is not ours to try again.
            guard answer.status == 429, let wanted = answer.headers["retry-after"].flatMap({ Int($0) })
            else { return answer }
            try await pause(.seconds(min(max(wanted, Self.shortestPauseSeconds), Self.longestPauseSeconds)))
        }
        throw Problem(
            .tooManyRequests, "\(server) is asked too much and puts this laptop off",
            remedy: "everything is saved here; sync again in a few minutes")
    }

    private static let failureLimitBytes = 16 << 10

    /// How often a request is sent again that the server put off, and how long each time.
    private static let patience = 20
    private static let (shortestPauseSeconds, longestPauseSeconds) = (1, 120)

    // MARK: Session

    /// Opens a session by answering the server's challenge with the device's key.
    package func openSession(as identity: ReplicaIdentity) async throws {
        let certificate = identity.certificate
        let device = Data(certificate.device.bytes)
        // A server that was put back to a state before the enrolment is shown its own signature.
        var shown: Data?
        let challenge: ChallengeReply
        do {
            challenge = try await call(
                "/v1/challenge", ChallengeRequest(device: device), as: ChallengeReply.self)
        } catch let problem as Problem where problem.code == .deviceUnknown {
            shown = certificate.encoded
            challenge = try await call(
                "/v1/challenge", ChallengeRequest(device: device, certificate: shown),
                as: ChallengeReply.self)
        }
        let value = challenge.signed(serverKey: identity.serverKey, device: certificate.device)
        let signature = try Signing.sign(.challenge, site: certificate.site, value, with: identity.key)
        let reply = try await call(
            "/v1/session",
            SessionRequest(
                device: device, nonce: challenge.nonce, signature: signature, certificate: shown),
            as: SessionReply.self)
        // Before anything else: what waits can still be handed in, the keys are in memory.
        if reply.lost == true { try await whenLost() }
        token.withLock { $0 = reply.token }
    }

    /// Logs a person in on a laptop that is enrolled; there is no session before.
    package func login(device: Data, user: String, password: String) async throws -> LoginReply {
        try await call(
            "/v1/login", LoginRequest(device: device, user: user, password: password), as: LoginReply.self)
    }

    /// Changes a person's password; a session that has ended is opened again once.
    package func changePassword(_ request: PasswordRequest, as identity: ReplicaIdentity) async throws
        -> LoginReply
    {
        if token.withLock({ $0 }) == nil { try await openSession(as: identity) }
        do {
            return try await call("/v1/password", request, as: LoginReply.self, authorised: true)
        } catch let problem as Problem where problem.code == .tokenInvalid {
            try await openSession(as: identity)
            return try await call("/v1/password", request, as: LoginReply.self, authorised: true)
        }
    }

    // MARK: Sync

    /// Carries one sync body there and the answer back; a session that has ended is opened again once.
    ///
    /// - Throws: what the centre says of its own store, as ``TrialModel/Problem/ofCentre``.
    package func exchange(_ body: Data, site: SiteCode, as identity: ReplicaIdentity) async throws -> Data {
        if token.withLock({ $0 }) == nil { try await openSession(as: identity) }
        do { return try await post(body, site: site) } catch let problem as Problem
            where problem.code == .tokenInvalid
        {
            try await openSession(as: identity)
            return try await post(body, site: site)
        }
    }

    private func post(_ body: Data, site: SiteCode) async throws -> Data {
        let token = token.withLock { $0 } ?? ""
        let headers = [
            ("Content-Type", "application/x-trialsync"), ("Content-Encoding", "zstd"),
            ("Accept-Encoding", "zstd"),
            ("Authorization", "Bearer \(token)"),
        ]
        let answer = try await send(
            TransportRequest(
                method: "POST", url: "\(server)/v1/sites/\(site)/sync", headers: headers, body: Array(body)))
        guard answer.status == 200 else { throw Self.problem(answer) }
        let reply = Data(answer.body)
        // A failure is one frame: it is looked for in small answers only.
        if reply.count <= Self.failureLimitBytes,
            case .failed(let problem)? = try? SyncAnswer(decoding: reply)
        {
            throw problem.ofCentre
        }
        return reply
    }

    /// What the centre has to say while the laptop is connected: one element whenever there is something to
    /// pull.
    package func events(as identity: ReplicaIdentity) async throws -> AsyncThrowingStream<
        ServerEvent, any Error
    > {
        if token.withLock({ $0 }) == nil { try await openSession(as: identity) }
        let bearer = token.withLock { $0 } ?? ""
        let chunks = transport.stream(
            TransportRequest(
                method: "GET", url: server + "/v1/events",
                headers: [("Accept", "text/event-stream"), ("Authorization", "Bearer \(bearer)")], body: nil))
        return AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    var parser = EventStreamParser()
                    for try await chunk in chunks {
                        for event in try parser.feed(chunk) { continuation.yield(event) }
                    }
                    continuation.finish()
                } catch { continuation.finish(throwing: error) }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// Forgets the session: the next request opens a new one.
    package func forgetSession() { token.withLock { $0 = nil } }
}
