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
    private let authorityPEM: String

    private static let challengeMilliseconds: Int64 = 60_000
    private static let sessionMilliseconds: Int64 = 3_600_000

    package init(centre: Centre, hub: EventHub, authorityPEM: String) {
        (self.centre, self.hub, self.authorityPEM) = (centre, hub, authorityPEM)
    }

    package func handle(_ request: ServerRequest) async -> ServerResponse {
        do {
            switch request.route {
            case .healthz: return .json(["status": "ok"])
            case .ca:
                return ServerResponse(contentType: "application/x-pem-file", body: Array(authorityPEM.utf8))
            case .enroll: return .json(try await enroll(try decode(request)))
            case .login: return .json(try await login(try decode(request)))
            case .challenge: return .json(try await challenge(try decode(request)))
            case .session: return .json(try await session(try decode(request)))
            case .sync: return try await sync(request)
            case .password: return .json(try await password(try decode(request), request))
            case .events: throw Problem(.notFound, "this server has no such route yet")
            }
        } catch let problem as Problem { return .problem(problem) } catch {
            return .problem(Problem(.internalError, "the request failed unexpectedly"))
        }
    }

    package func events(_ request: ServerRequest) async -> Result<AsyncStream<ServerSentEvent>, Problem> {
        do {
            let session = try await session(of: request)
            try await refuseRevoked(session.device)
            return .success(await hub.events(for: session.site))
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
        guard request.publicKey.count == 32, (1...64).contains(request.deviceName.count),
            request.deviceName.utf8.count <= WireLimits.nameBytes,
            !request.deviceName.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
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
        return EnrolmentReply(
            site: site.text, certificate: certificate.encoded,
            serverKey: centre.serverKey.publicKey.rawRepresentation,
            epoch: try await centre.replica.epoch(), study: try await centre.study().oid, login: login,
            lease: lease)
    }

    /// Gives the person's keys to a laptop that was admitted; what it says of itself is checked before the
    /// password, so that nobody from elsewhere can use up a person's tries.
    private func login(_ request: LoginRequest) async throws -> LoginReply {
        let device = try await admitted(request.device)
        try await refuseRevoked(device.id)
        return try await keys(of: request.user, request.password, at: device.site)
    }

    private func password(_ request: PasswordRequest, _ raw: ServerRequest) async throws -> LoginReply {
        let session = try await session(of: raw)
        try await refuseRevoked(session.device)
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
        let device = try await admitted(request.device)
        let reply = ChallengeReply(
            nonce: centre.environment.randomBytes(32), expiresMilliseconds: now + Self.challengeMilliseconds)
        try await centre.identities.addChallenge(
            nonce: reply.nonce, device: device.id, expiresMilliseconds: reply.expiresMilliseconds, now: now)
        return reply
    }

    private func session(_ request: SessionRequest) async throws -> SessionReply {
        let device = try await admitted(request.device)
        let expires = try await centre.identities.takeChallenge(
            nonce: request.nonce, device: device.id, now: now)
        guard let expires else {
            throw Problem(.challengeInvalid, "there is no such challenge for this device")
        }
        let challenge = ChallengeReply(nonce: request.nonce, expiresMilliseconds: expires)
        let value = challenge.signed(
            serverKey: centre.serverKey.publicKey.rawRepresentation, device: device.id)
        guard
            Signing.isValid(
                request.signature, .challenge, site: device.site, value, by: device.certificate.publicKey)
        else { throw Problem(.challengeInvalid, "the challenge was not answered with the device's key") }
        let token = Hex.encode(centre.environment.randomBytes(32))
        try await centre.identities.addSession(
            token: token, device: device.id, site: device.site,
            expiresMilliseconds: now + Self.sessionMilliseconds,
            now: now)
        return SessionReply(token: token, expiresSeconds: Int(Self.sessionMilliseconds / 1000))
    }

    private func admitted(_ bytes: Data) async throws -> IdentityStore.Device {
        guard let id = DeviceID(bytes: bytes), let device = try await centre.identities.device(id) else {
            throw Problem(.deviceUnknown, "this server has not admitted the device")
        }
        return device
    }

    private func session(of request: ServerRequest) async throws -> (device: DeviceID, site: SiteCode) {
        guard let token = request.token,
            let session = try await centre.identities.session(token: token, now: now)
        else {
            throw Problem(.tokenInvalid, "the session is not valid or has ended")
        }
        return session
    }

    // MARK: Sync

    private func sync(_ request: ServerRequest) async throws -> ServerResponse {
        let session = try await session(of: request)
        guard request.pathSite == session.site.text else {
            throw Problem(.otherSite, "this device belongs to site \(session.site)")
        }
        guard request.contentEncoding ?? "zstd" == "zstd" else {
            throw Problem(.malformed, "a sync body is compressed with zstd")
        }
        let exchange = CentreExchange(store: centre.replica, judge: CentreJudge())
        let answer = try await exchange.answer(
            Data(request.body),
            check: { request in
                guard request.hello.site == session.site else {
                    throw Problem(.otherSite, "this device belongs to site \(session.site)")
                }
            },
            complete: { hello, accepted, response in
                response.studyVersion = try await centre.studyVersion()
                response.lease = try await centre.identities.contact(
                    session.device, hello, accepted: accepted, now: now, numbers: Centre.leaseNumbers)
                if try await centre.isRevoked(session.device) {
                    // It may still push, into quarantine, so that nothing unsent is lost; it gets nothing.
                    (response.page, response.lease) = (PullPage(), nil)
                    (response.digest, response.digestAll) = (nil, nil)
                    response.isRevoked = true
                }
            })
        var response = ServerResponse(contentType: "application/x-trialsync", body: Array(answer))
        response.headers[.contentEncoding] = "zstd"
        return response
    }
}
