import Crypto
import Foundation
import HTTPTypes
import SyncProtocol
package import TrialModel
import TrialStore

/// What the routes lead to: enrolment, log-in, sessions and sync on the centre's store.
package struct CentreHandler: SyncHTTPHandler {
    private let centre: Centre
    private let hub: EventHub
    private let gate: RouteGate
    private let authorityPEM: @Sendable () -> String
    private let quarantineLimitBytes: Int

    private static let challengeMilliseconds: Int64 = 60_000
    private static let sessionMilliseconds: Int64 = 3_600_000

    /// What is kept of one device whose access was ended: 64 MiB of changes.
    package static let quarantineLimitBytes = 64 << 20

    /// - Parameters:
    ///   - authorityPEM: what laptops pin, as it stands now: it can be renewed while the daemon runs.
    ///   - limits: of them, the rate of syncs.
    package init(
        centre: Centre, hub: EventHub, authorityPEM: @escaping @Sendable () -> String,
        limits: HTTPLimits = HTTPLimits(), quarantineLimitBytes: Int = Self.quarantineLimitBytes
    ) {
        (self.centre, self.hub, self.authorityPEM) = (centre, hub, authorityPEM)
        self.quarantineLimitBytes = quarantineLimitBytes
        gate = RouteGate(centre: centre, deviceLimit: limits.syncsPerDevice.map { RateLimit($0) })
    }

    package func refusal(of request: ServerRequest) async -> Problem? {
        do {
            _ = try await gate.session(for: request)
            return nil
        } catch let problem as Problem { return problem } catch {
            return Problem(.internalError, "the request failed unexpectedly")
        }
    }

    package func handle(_ request: ServerRequest) async -> ServerResponse {
        var request = request
        var response: ServerResponse
        do {
            request.session = try await gate.session(for: request)
            response = try await answer(request)
        } catch let problem as Problem { response = .problem(problem.toldByCentre) } catch {
            response = .problem(Problem(.internalError, "the request failed unexpectedly"))
        }
        response.notes.device = request.session?.device
        return response
    }

    private func answer(_ request: ServerRequest) async throws -> ServerResponse {
        switch request.route {
        case .healthz: return .json(["status": "ok"])
        case .ca:
            return ServerResponse(contentType: "application/x-pem-file", body: Array(authorityPEM().utf8))
        case .enroll: return .json(try await enroll(try decode(request)))
        case .login: return .json(try await login(try decode(request)))
        case .challenge: return .json(try await challenge(try decode(request)))
        case .session: return .json(try await session(try decode(request)))
        case .sync: return try await sync(request)
        case .password: return .json(try await password(try decode(request), try request.authenticated()))
        case .events: throw Problem(.notFound, "this server has no such route yet")
        }
    }

    package func events(_ request: ServerRequest) async -> Result<AsyncStream<ServerSentEvent>, Problem> {
        do {
            guard let session = try await gate.session(for: request) else {
                throw Problem(.tokenInvalid, "the session is not valid or has ended")
            }
            return .success(await hub.events(for: session))
        } catch let problem as Problem { return .failure(problem) } catch {
            return .failure(Problem(.internalError, "the request failed unexpectedly"))
        }
    }

    private func decode<Message: Decodable>(_ request: ServerRequest) throws(Problem) -> Message {
        guard let message = try? JSONDecoder().decode(Message.self, from: Data(request.body)) else {
            throw Problem(.malformed, "the body is not the JSON that this route takes")
        }
        return message
    }

    private var now: Int64 { centre.environment.now() }

    // MARK: Devices and people

    /// The link is used up together with the proof of the new key, and only by someone with a role at the
    /// site.
    private func enroll(_ request: EnrolmentRequest) async throws -> EnrolmentReply {
        let site = try await centre.identities.invitedSite(token: request.token, now: now)
        guard request.publicKey.count == 32, request.deviceName.isOneShortLine(64),
            request.deviceName.utf8.count <= WireLimits.nameBytes
        else {
            throw Problem(
                .nameInvalid, "a device has a name of 1 to 64 characters", remedy: "give --name DEVICE")
        }
        let proven = EnrolmentRequest.proven(token: request.token, publicKey: request.publicKey)
        guard Signing.isValid(request.proof, .enrolment, site: site, proven, by: request.publicKey) else {
            throw Problem(.signatureInvalid, "the device did not prove its key")
        }
        let login = try await keys(of: request.user, request.password, at: site)
        let certificate = try DeviceCertificate.issue(
            publicKey: request.publicKey, site: site, name: request.deviceName, atMilliseconds: now,
            by: centre.serverKey)
        let lease = try await centre.identities.admit(
            certificate, token: request.token, now: now, numbers: Centre.leaseNumbers)
        // The device is in: that this line could not be written matters only if the database is put back.
        try? centre.noteEnded(link: IdentityStore.hash(request.token))
        return EnrolmentReply(
            site: site.text, certificate: certificate.encoded,
            serverKey: centre.serverKey.publicKey.rawRepresentation,
            epoch: try await centre.replica.epoch(), study: try await centre.study().oid, login: login,
            lease: lease)
    }

    /// Gives the person's keys to a laptop that was admitted; what it says of itself is checked before the
    /// password, so that nobody from elsewhere can use up a person's tries.
    private func login(_ request: LoginRequest) async throws -> LoginReply {
        let device = try await admitted(request.device, nil)
        try await refuseRevoked(device.device)
        return try await keys(of: request.user, request.password, at: device.site)
    }

    private func password(_ request: PasswordRequest, _ session: DeviceSession) async throws -> LoginReply {
        let (grant, key) = try await centre.changePassword(
            of: request.user, from: request.password, to: request.newPassword, at: session.site)
        return try await centre.keys(of: grant, key, at: session.site)
    }

    private func keys(of user: String, _ password: String, at site: SiteCode) async throws -> LoginReply {
        let (grant, key) = try await centre.logIn(user, password: password, at: site)
        return try await centre.keys(of: grant, key, at: site)
    }

    private func refuseRevoked(_ device: DeviceID) async throws {
        guard try await !centre.isRevoked(device) else {
            throw Problem(.deviceRevoked, "the access of this device was ended")
        }
    }

    // MARK: Sessions

    private func challenge(_ request: ChallengeRequest) async throws -> ChallengeReply {
        let device = try await admitted(request.device, request.certificate)
        let reply = ChallengeReply(
            nonce: centre.environment.randomBytes(32), expiresMilliseconds: now + Self.challengeMilliseconds)
        try await centre.identities.addChallenge(
            nonce: reply.nonce, device: device.device, expiresMilliseconds: reply.expiresMilliseconds,
            now: now)
        return reply
    }

    private func session(_ request: SessionRequest) async throws -> SessionReply {
        let device = try await admitted(request.device, request.certificate)
        let expires = try await centre.identities.takeChallenge(
            nonce: request.nonce, device: device.device, now: now)
        guard let expires else {
            throw Problem(.challengeInvalid, "there is no such challenge for this device")
        }
        let challenge = ChallengeReply(nonce: request.nonce, expiresMilliseconds: expires)
        let value = challenge.signed(
            serverKey: centre.serverKey.publicKey.rawRepresentation, device: device.device)
        guard
            Signing.isValid(
                request.signature, .challenge, site: device.site, value, by: device.publicKey)
        else { throw Problem(.challengeInvalid, "the challenge was not answered with the device's key") }
        // It holds the key now that its certificate names; until then nothing was written of it.
        try await centre.identities.readmit(device, now: now)
        let token = Hex.encode(centre.environment.randomBytes(32))
        try await centre.identities.addSession(
            token: token, device: device.device, site: device.site,
            expiresMilliseconds: now + Self.sessionMilliseconds,
            now: now)
        let isLost = try await centre.access(of: device.device) == .lost
        return SessionReply(
            token: token, expiresSeconds: Int(Self.sessionMilliseconds / 1000), lost: isLost ? true : nil)
    }

    /// The certificate of a device that was admitted here: as this store knows it, or, after it was put back
    /// to a state before the enrolment, as the device brings it with this server's own signature.
    private func admitted(_ bytes: Data, _ brought: Data?) async throws -> DeviceCertificate {
        let unknown = Problem(.deviceUnknown, "this server has not admitted the device")
        guard let id = DeviceID(bytes: bytes) else { throw unknown }
        if let device = try await centre.identities.device(id) { return device.certificate }
        guard let brought, let certificate = try? DeviceCertificate(brought, serverKey: centre.publicKey),
            certificate.device == id, certificate.site != .all,
            try await centre.sites().contains(where: { $0.code == certificate.site })
        else { throw unknown }
        return certificate
    }

    // MARK: Sync

    private func sync(_ request: ServerRequest) async throws -> ServerResponse {
        let session = try request.authenticated()
        if let refusal = gate.deviceLimit?.refuse(session.device) { return refusal }
        guard request.contentEncoding ?? "zstd" == "zstd" else {
            throw Problem(.malformed, "a sync body is compressed with zstd")
        }
        var response = ServerResponse(contentType: "application/x-trialsync")
        let limit = QuarantineLimit(of: session.device, bytes: quarantineLimitBytes)
        let exchange = CentreExchange(
            store: centre.replica, judge: CentreJudge(quarantineLimit: limit))
        var bringsOthers = false
        let body = try await exchange.answer(
            Data(request.body),
            check: { sent in
                try check(sent, of: session)
                bringsOthers = sent.introductions.contains { $0.certificate.device != session.device }
            },
            complete: { hello, accepted, response in
                if bringsOthers { try await centre.identities.listLatecomers() }
                try await complete(&response, hello, accepted: accepted, of: session)
            },
            note: { note in
                switch note {
                case .refused(let code): response.code = code
                case .quarantined(let codes): response.notes.quarantined = codes
                }
            })
        response.body = Array(body)
        response.headers[.contentEncoding] = "zstd"
        return response
    }

    /// Refuses what is not this device's to send.
    private func check(_ request: SyncRequest, of session: DeviceSession) throws(Problem) {
        guard request.hello.site == session.site else {
            throw Problem(.otherSite, "this device belongs to site \(session.site)")
        }
    }

    /// Adds to an answer what only the centre's own tables know; one whose access was ended gets nothing.
    private func complete(
        _ response: inout SyncResponse, _ hello: Hello, accepted: Int, of session: DeviceSession
    ) async throws {
        response.studyVersion = try await centre.studyVersion()
        let numbers = try await centre.identities.contact(
            session.device, hello, accepted: accepted, now: now, numbers: Centre.leaseNumbers)
        (response.lease, response.withdrawn) = (numbers.lease, numbers.withdrawn)
        guard try await centre.isRevoked(session.device) else { return }
        // It may still push, into quarantine, so that nothing unsent is lost.
        response.withholdAll()
    }
}
