import Crypto
import Foundation
import SyncProtocol
@testable import SyncServer
import Synchronization
import Testing
import TrialModel
import TrialStore

/// A centre of one test, with the sites PKU and SHA, one nurse each, and a clock that the test sets.
final class CentreUnderTest: Sendable {
    static let password = "made-up-word-of-a-nurse"
    static let sites = ["PKU", "SHA"]

    let folder: URL
    let centre: Centre
    let hub: EventHub
    let handler: CentreHandler
    private let clock: Clock

    /// Milliseconds that a test moves.
    private final class Clock: Sendable {
        let now = Mutex<Int64>(1_790_000_000_000)
    }

    init(limits: HTTPLimits = HTTPLimits(), quarantineLimitBytes: Int = 64 << 20) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "centre-\(UUID().uuidString)")
        let clock = Clock()
        self.clock = clock
        let environment = ReplicaEnvironment(
            now: { clock.now.withLock { $0 } }, random: { UInt64.random(in: .min ... .max) })
        centre = try await Centre.create(
            in: DataDirectory(folder.path), study: try StudyDefinition.shipped(), names: [],
            environment: environment
        ).centre
        for site in Self.sites {
            _ = try await centre.addSite(site, name: "Made-up hospital \(site)")
            _ = try await centre.addPerson(
                "nurse-\(site)", role: .dataEntry, sites: [site], password: Self.password)
        }
        hub = EventHub(centre)
        handler = CentreHandler(
            centre: centre, hub: hub, authorityPEM: { "made-up authority" }, limits: limits,
            quarantineLimitBytes: quarantineLimitBytes)
    }

    private let isOpen = Mutex(true)

    /// Closes the store, once.
    func close() {
        if isOpen.withLock({
            let was = $0; $0 = false; return was
        }) {
            centre.close()
        }
    }

    deinit {
        close()
        try? FileManager.default.removeItem(at: folder)
    }

    func advance(seconds: Int64) { clock.now.withLock { $0 += seconds * 1000 } }

    /// Opens the same directory as a daemon does that starts anew.
    func reopened() throws -> Centre { try Centre.open(centre.directory, environment: centre.environment) }

    /// One request as the HTTP side hands it on.
    func ask(_ route: Route, site: String? = nil, token: String? = nil, _ body: Data = Data()) async
        -> ServerResponse
    {
        await handler.handle(ServerRequest(route: route, pathSite: site, token: token, body: Array(body)))
    }

    func ask<Reply: Decodable>(_ route: Route, _ body: some Encodable, as reply: Reply.Type) async throws
        -> Reply
    {
        let answer = await ask(route, try JSONEncoder().encode(body))
        guard answer.status == 200 else { throw Refused(code: answer.code) }
        return try JSONDecoder().decode(reply, from: Data(answer.body))
    }

    struct Refused: Error { let code: ProblemCode? }

    // MARK: Devices

    /// A device whose key the test holds: it sends what it likes.
    struct Device: Sendable {
        let certificate: DeviceCertificate
        let key: Curve25519.Signing.PrivateKey
        let site: SiteCode
        var token: String
    }

    func link(_ site: String) async throws -> EnrolmentLink {
        try await centre.invite(site: site, expiresSeconds: 3600, server: "https://127.0.0.1:1").link
    }

    func enrolment(
        _ link: EnrolmentLink, _ key: Curve25519.Signing.PrivateKey, name: String = "laptop"
    ) throws -> EnrolmentRequest {
        let publicKey = key.publicKey.rawRepresentation
        let proven = EnrolmentRequest.proven(token: link.token, publicKey: publicKey)
        return EnrolmentRequest(
            token: link.token, publicKey: publicKey, deviceName: name,
            proof: try Signing.sign(.enrolment, site: link.site, proven, with: key),
            user: "nurse-\(link.site)", password: Self.password)
    }

    func enrol(_ site: String = "PKU", name: String = "laptop") async throws -> Device {
        let key = Curve25519.Signing.PrivateKey()
        let reply = try await ask(
            .enroll, try enrolment(try await link(site), key, name: name), as: EnrolmentReply.self)
        let certificate = try DeviceCertificate(reply.certificate, serverKey: reply.serverKey)
        var device = Device(certificate: certificate, key: key, site: certificate.site, token: "")
        device.token = try await session(device).token
        return device
    }

    func session(_ device: Device, showing certificate: Data? = nil) async throws -> SessionReply {
        let id = Data(device.certificate.device.bytes)
        let challenge = try await ask(
            .challenge, ChallengeRequest(device: id, certificate: certificate), as: ChallengeReply.self)
        return try await ask(
            .session, try answer(challenge, device, with: device.key, showing: certificate),
            as: SessionReply.self)
    }

    func answer(
        _ challenge: ChallengeReply, _ device: Device, with key: Curve25519.Signing.PrivateKey,
        showing certificate: Data? = nil
    ) throws -> SessionRequest {
        let value = challenge.signed(serverKey: centre.publicKey, device: device.certificate.device)
        return SessionRequest(
            device: Data(device.certificate.device.bytes), nonce: challenge.nonce,
            signature: try Signing.sign(.challenge, site: device.site, value, with: key),
            certificate: certificate)
    }

    // MARK: Syncs

    /// A request that pushes nothing.
    func hello(of device: Device) async throws -> SyncRequest {
        var hello = Hello(site: device.site, epoch: try await centre.replica.epoch())
        (hello.clockMilliseconds, hello.numbersLeft) = (centre.environment.now(), 20)
        return SyncRequest(hello: hello)
    }

    func sync(_ request: SyncRequest, as device: Device, site: String? = nil) async throws
        -> (answer: SyncAnswer?, response: ServerResponse)
    {
        let response = await ask(
            .sync, site: site ?? device.site.text, token: device.token, try request.encoded())
        guard response.status == 200 else { return (nil, response) }
        return (try SyncAnswer(decoding: Data(response.body)), response)
    }

    /// A save as an honest program would encode it.
    func save(_ note: String = "", at site: SiteCode, salt: UInt64) async throws -> Data {
        var change = Change(
            kind: .save, record: .participant(EnrolmentID(prefixOf: [UInt8(truncatingIfNeeded: salt)])),
            writes: [
                RegisterWrite(
                    RegisterName.number, [ItemValue(RegisterName.number, .text("\(site)-\(900 + salt)"))])
            ], author: "nurse-\(site)", role: .dataEntry,
            at: DeviceTime(milliseconds: centre.environment.now(), offsetMinutes: 0),
            studyVersion: try await centre.studyVersion(), salt: salt)
        change.reason = note
        return try EncodedChange(change, site: site).bytes
    }

    /// A request that pushes changes in a journal of this device, signed by any key.
    func pushing(
        _ changes: [Data], of device: Device, journal: JournalIntroduction? = nil, firstN: UInt64 = 1,
        previous: ChainHash? = nil, signedBy signer: Curve25519.Signing.PrivateKey? = nil
    ) async throws -> SyncRequest {
        var request = try await hello(of: device)
        let introduction = try journal ?? self.journal(of: device, epoch: request.hello.epoch)
        var run = EntryRun(
            journal: introduction.id, firstN: firstN, previous: previous ?? introduction.root,
            changes: changes)
        let value = SignedHead.value(
            journal: introduction.origin, n: run.lastN, hash: ChainedRun(run, in: introduction).last)
        run.headSignature = try Signing.sign(
            .head, site: introduction.site, value, with: signer ?? device.key)
        request.introductions = [introduction]
        request.runs = [run]
        request.hello.pending = UInt64(changes.count)
        return request
    }

    func journal(of device: Device, epoch: Data, site: SiteCode? = nil) throws -> JournalIntroduction {
        try JournalIntroduction(
            opening: site ?? device.site, certificate: device.certificate, epoch: epoch, reason: .enrolled,
            salt: Data(repeating: 7, count: 16))
    }

    /// What must not change when something is refused.
    func standing() async throws -> Standing {
        var digests: [String] = []
        for found in try await centre.digests(site: nil) { digests.append("\(found)") }
        return Standing(
            accepted: try await centre.replica.acceptedCounts(), digests: digests,
            devices: try await centre.devices(), quarantined: try await centre.quarantined())
    }

    struct Standing: Equatable {
        let accepted: [SiteCode: Int]
        let digests: [String]
        let devices: [Centre.DeviceStatus]
        let quarantined: [QuarantinedView]
    }
}
