import Crypto
import Foundation
import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialStore

/// What a program of somebody's own might push. Each is refused or kept in quarantine, with its code in the
/// log, and changes nothing else.
@Suite("What a hostile laptop sends", .timeLimit(.minutes(10)))
struct HostilePushTests {
    private struct Forgery: Sendable {
        let name: String
        let code: ProblemCode
        let make: @Sendable (CentreUnderTest, CentreUnderTest.Device) async throws -> SyncRequest

        init(
            _ name: String, _ code: ProblemCode,
            _ make: @escaping @Sendable (CentreUnderTest, CentreUnderTest.Device) async throws -> SyncRequest
        ) {
            (self.name, self.code, self.make) = (name, code, make)
        }
    }

    private struct Forbidden: Sendable {
        let name: String
        let code: String
        let change: @Sendable (inout Change) -> Void

        init(_ name: String, _ code: String, _ change: @escaping @Sendable (inout Change) -> Void) {
            (self.name, self.code, self.change) = (name, code, change)
        }
    }

    private static let forgeries: [Forgery] = [
        .init("a sync that names another site", .otherSite) { centre, device in
            var request = try await centre.hello(of: device)
            request.hello.site = SiteCode("SHA")!
            return request
        },
        .init("a journal of another site, opened by a device of this one", .otherSite) { centre, device in
            let epoch = try await centre.centre.replica.epoch()
            let journal = try centre.journal(of: device, epoch: epoch, site: SiteCode("SHA")!)
            return try await centre.pushing(
                [try await centre.save(at: device.site, salt: 1)], of: device, journal: journal)
        },
        .init("a journal of another site's own device", .otherSite) { centre, device in
            let stranger = try await centre.enrol("SHA", name: "stranger")
            let epoch = try await centre.centre.replica.epoch()
            return try await centre.pushing(
                [try await centre.save(at: stranger.site, salt: 1)], of: device,
                journal: try centre.journal(of: stranger, epoch: epoch), signedBy: stranger.key)
        },
        .init("a journal of the centre", .otherSite) { centre, device in
            let epoch = try await centre.centre.replica.epoch()
            let journal = try centre.journal(of: device, epoch: epoch, site: .all)
            return try await centre.pushing(
                [try await centre.save(at: device.site, salt: 1)], of: device, journal: journal)
        },
        .init("a head signed by a key that is not the device's", .signatureInvalid) { centre, device in
            try await centre.pushing(
                [try await centre.save(at: device.site, salt: 1)], of: device,
                signedBy: Curve25519.Signing.PrivateKey())
        },
        .init("a journal continued by another device of the site", .signatureInvalid) { centre, device in
            let victim = try await centre.enrol("PKU", name: "victim")
            let epoch = try await centre.centre.replica.epoch()
            let journal = try centre.journal(of: victim, epoch: epoch)
            return try await centre.pushing(
                [try await centre.save(at: device.site, salt: 1)], of: device, journal: journal)
        },
        .init("a device certificate that this server did not sign", .signatureInvalid) { centre, device in
            let certificate = try DeviceCertificate.issue(
                publicKey: device.certificate.publicKey, site: device.site, name: "forged",
                atMilliseconds: 1, by: Curve25519.Signing.PrivateKey())
            let forged = CentreUnderTest.Device(
                certificate: certificate, key: device.key, site: device.site, token: device.token)
            return try await centre.pushing(
                [try await centre.save(at: device.site, salt: 1)], of: forged)
        },
        .init("verdicts of its own making", .receiptInvalid) { centre, device in
            var request = try await centre.pushing(
                [try await centre.save(at: device.site, salt: 1)], of: device)
            request.runs[0].judgements = [Judgement(.applied, receivedMilliseconds: 1)]
            request.runs[0].previousVerdict = .zero
            return request
        },
    ]

    @Test("A request that does not prove itself is refused whole, with its code in the log")
    func forged() async throws {
        for forgery in Self.forgeries {
            let centre = try await CentreUnderTest()
            let device = try await centre.enrol("PKU")
            let request = try await forgery.make(centre, device)
            let before = try await centre.standing()
            let (answer, response) = try await centre.sync(request, as: device)
            guard case .failed(let problem)? = answer else {
                Issue.record("\(forgery.name) was taken")
                continue
            }
            #expect(problem.code == forgery.code, "\(forgery.name)")
            #expect(response.code == forgery.code, "\(forgery.name): the log does not say it")
            #expect(response.notes.device == device.certificate.device)
            #expect(try await centre.standing() == before, "\(forgery.name)")
        }
    }

    private static let forbidden: [Forbidden] = [
        .init("an author whom nobody knows", "not-allowed") { $0.author = "nobody" },
        .init("a colleague of another site", "not-allowed") { $0.author = "nurse-SHA" },
        .init("a role that the author does not have", "not-allowed") { $0.role = .coordinator },
        .init("a lock of its own", "not-allowed") {
            $0.writes = [RegisterWrite("@lock", [ItemValue("@lock", .yesNo(true))])]
        },
        .init("a resolution without a signature", "not-allowed") { $0.kind = .resolve },
        .init("a study that nobody published", "study-version-unknown") { $0.studyVersion = 77 },
        .init("a record of the centre", "other-site") {
            $0.record = .person("nurse-PKU")
            $0.kind = .administer
        },
    ]

    @Test("A well-formed change that is forbidden is kept in quarantine, and the log counts it")
    func quarantined() async throws {
        let centre = try await CentreUnderTest()
        let device = try await centre.enrol("PKU")
        var honest = try EncodedChange(
            received: try await centre.save(at: device.site, salt: 1),
            id: Chain.changeID(of: try await centre.save(at: device.site, salt: 1))
        ).change
        var changes: [Data] = []
        for (index, forbidden) in Self.forbidden.enumerated() {
            honest.salt = UInt64(index)
            var change = honest
            forbidden.change(&change)
            changes.append(try EncodedChange(change, site: device.site).bytes)
        }
        changes.append(Data("no change at all".utf8))
        let digests = try await centre.standing().digests
        let request = try await centre.pushing(changes, of: device)
        let (answer, response) = try await centre.sync(request, as: device)
        guard case .exchanged(let exchanged)? = answer else {
            Issue.record("the request was refused: \(String(describing: response.code))")
            return
        }
        let codes = exchanged.outcomes.flatMap(\.judgements).map(\.verdict.code)
        #expect(codes == Self.forbidden.map(\.code) + ["undecodable"])
        #expect(response.notes.quarantined.values.reduce(0, +) == changes.count)
        let after = try await centre.standing()
        #expect(after.quarantined.count == changes.count)
        #expect(
            after.digests.map { $0.split(separator: ",").last }
                == digests.map { $0.split(separator: ",").last })
    }

    @Test("A challenge answers once, in time, for its device and with its key")
    func challenges() async throws {
        let centre = try await CentreUnderTest()
        let device = try await centre.enrol("PKU")
        let other = try await centre.enrol("PKU", name: "other")
        func challenge() async throws -> ChallengeReply {
            try await centre.ask(
                .challenge, ChallengeRequest(device: Data(device.certificate.device.bytes)),
                as: ChallengeReply.self)
        }
        func code(_ request: SessionRequest) async throws -> ProblemCode? {
            await centre.ask(.session, try JSONEncoder().encode(request)).code
        }
        let first = try centre.answer(try await challenge(), device, with: device.key)
        #expect(try await code(first) == nil)
        #expect(try await code(first) == .challengeInvalid, "a replay")
        let wrong = try await challenge()
        #expect(try await code(try centre.answer(wrong, device, with: other.key)) == .challengeInvalid)
        #expect(
            try await code(try centre.answer(wrong, device, with: device.key)) == .challengeInvalid,
            "a challenge that was answered wrongly is used up")
        #expect(
            try await code(try centre.answer(try await challenge(), other, with: other.key))
                == .challengeInvalid)
        let late = try centre.answer(try await challenge(), device, with: device.key)
        centre.advance(seconds: 61)
        #expect(try await code(late) == .challengeInvalid)
    }

    @Test("A link joins one laptop, in time, unless it is taken back")
    func links() async throws {
        let centre = try await CentreUnderTest()
        func code(_ link: EnrolmentLink, _ alter: (inout EnrolmentRequest) -> Void = { _ in }) async throws
            -> ProblemCode?
        {
            var request = try centre.enrolment(link, Curve25519.Signing.PrivateKey())
            alter(&request)
            return await centre.ask(.enroll, try JSONEncoder().encode(request)).code
        }
        let link = try await centre.link("PKU")
        #expect(try await code(link) { $0.password = "another-made-up-word" } == .wrongPassword)
        #expect(try await code(link) { $0.user = "nurse-SHA" } == .notAllowed)
        #expect(try await code(link) { $0.proof = Data(count: 64) } == .signatureInvalid)
        #expect(try await code(link) { $0.deviceName = "ward\u{1b}[2J" } == .nameInvalid)
        #expect(try await code(link) { $0.deviceName = "ward\u{202E}1" } == .nameInvalid)
        #expect(try await code(link) { $0.token = String(repeating: "0", count: 64) } == .linkInvalid)
        #expect(try await code(link) == nil)
        #expect(try await code(link) == .linkUsed)

        let taken = try await centre.link("PKU")
        let open = try await centre.centre.invites().filter { $0.status == .open }
        #expect(open.count == 1)
        _ = try await centre.centre.revokeInvite(open[0].shortID)
        #expect(try await code(taken) == .linkRevoked)
        let late = try await centre.link("PKU")
        centre.advance(seconds: 3601)
        #expect(try await code(late) == .linkExpired)
        let statuses = Set(try await centre.centre.invites().map(\.status))
        #expect(statuses == [.used, .revoked, .expired])
    }
}
