import Crypto
import Foundation
import HTTPTypes
import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialStore

/// Ending a laptop's access, and giving it back.
@Suite("A laptop whose access was ended", .timeLimit(.minutes(10)))
struct DeviceAccessTests {
    @Test("Its session ends at once; it can hand in what it has, into quarantine, and is given nothing")
    func revoked() async throws {
        let centre = try await CentreUnderTest()
        var device = try await centre.enrol("PKU")
        let neighbour = try await centre.enrol("PKU", name: "neighbour")
        _ = try await centre.sync(
            try await centre.pushing([try await centre.save(at: neighbour.site, salt: 5)], of: neighbour),
            as: neighbour)
        _ = try await centre.centre.set(.revoked, device: "laptop")
        #expect(try await centre.sync(try await centre.hello(of: device), as: device).response.status == 401)

        let session = try await centre.session(device)
        #expect(session.lost == nil)
        device.token = session.token
        let request = try await centre.pushing([try await centre.save(at: device.site, salt: 1)], of: device)
        guard case .exchanged(let answer)? = try await centre.sync(request, as: device).answer else {
            Issue.record("it could not hand in what it had")
            return
        }
        #expect(answer.isRevoked)
        #expect(answer.outcomes.flatMap(\.judgements).map(\.verdict.code) == ["device-revoked"])
        #expect(answer.page == PullPage() && answer.lease == nil && answer.digest == nil)

        _ = try await centre.centre.set(.admitted, device: "laptop")
        let again = try await centre.sync(try await centre.hello(of: device), as: device).answer
        guard case .exchanged(let whole)? = again else {
            Issue.record("it was not let in again")
            return
        }
        #expect(!whole.isRevoked)
        #expect(whole.page.runs.contains { $0.changes.count >= 1 }, "it gets the whole site again")
    }

    @Test("It is given nothing by way of a first sync either")
    func revokedNewcomer() async throws {
        let centre = try await CentreUnderTest()
        var device = try await centre.enrol("PKU")
        let neighbour = try await centre.enrol("PKU", name: "neighbour")
        var saves: [Data] = []
        // All on one record: a site with a history, so that a newcomer gets its live entries first.
        for number in UInt64(0)..<60 {
            saves.append(try await centre.save(at: neighbour.site, salt: 1 + number << 8))
        }
        _ = try await centre.sync(try await centre.pushing(saves, of: neighbour), as: neighbour)
        var request = try await centre.hello(of: device)
        (request.hello.live, request.hello.entryLimit) = (LiveCursor(), 40)
        guard case .exchanged(let before)? = try await centre.sync(request, as: device).answer else {
            Issue.record("the newcomer was refused")
            return
        }
        #expect(!before.live.records.isEmpty, "this is what is at stake")
        _ = try await centre.centre.set(.revoked, device: "laptop")
        device.token = try await centre.session(device).token
        guard case .exchanged(let answer)? = try await centre.sync(request, as: device).answer else {
            Issue.record("the laptop was not told")
            return
        }
        #expect(answer.isRevoked)
        #expect(answer.live == LiveContents() && answer.livePage == nil && answer.comparison == nil)
        #expect(answer.page == PullPage())
    }

    @Test("No more of it is kept than the limit says, and what was kept stays")
    func quota() async throws {
        let centre = try await CentreUnderTest(quarantineLimitBytes: 3000)
        var device = try await centre.enrol("PKU")
        _ = try await centre.centre.set(.revoked, device: "laptop")
        device.token = try await centre.session(device).token
        let note = String(repeating: "x", count: 2000)
        let first = try await centre.save(note, at: device.site, salt: 1)
        let pushed = try await centre.pushing([first], of: device)
        #expect(try await centre.sync(pushed, as: device).response.notes.quarantined == ["device-revoked": 1])
        let next = ChainedRun(pushed.runs[0], in: pushed.introductions[0]).last
        let second = try await centre.save(note, at: device.site, salt: 2)
        let more = try await centre.pushing([second], of: device, firstN: 2, previous: next)
        #expect(try await centre.sync(more, as: device).response.code == .quarantineFull)
        #expect(try await centre.centre.quarantined().count == 1)
        _ = try await centre.centre.set(.admitted, device: "laptop")
        #expect(try await centre.sync(more, as: device).response.code == nil)
    }

    @Test("Requests at the same time do not get past the limit together")
    func quotaTogether() async throws {
        let centre = try await CentreUnderTest(quarantineLimitBytes: 3000)
        var device = try await centre.enrol("PKU")
        _ = try await centre.centre.set(.revoked, device: "laptop")
        device.token = try await centre.session(device).token
        let epoch = try await centre.centre.replica.epoch()
        var requests: [SyncRequest] = []
        for salt in 1...6 as ClosedRange<UInt64> {
            let note = String(repeating: "x", count: 2000)
            let journal = try JournalIntroduction(
                opening: device.site, certificate: device.certificate, epoch: epoch, reason: .enrolled,
                salt: Data(repeating: UInt8(salt), count: 16))
            requests.append(
                try await centre.pushing(
                    [try await centre.save(note, at: device.site, salt: salt)], of: device, journal: journal))
        }
        let codes = try await withThrowingTaskGroup(of: ProblemCode?.self) { group in
            for request in requests {
                group.addTask { [device] in try await centre.sync(request, as: device).response.code }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.filter { $0 == nil }.count == 1)
        #expect(codes.filter { $0 == .quarantineFull }.count == 5)
        #expect(try await centre.centre.quarantined().count == 1)
    }

    @Test("A laptop that was reported lost is told so when it opens a session")
    func lost() async throws {
        let centre = try await CentreUnderTest()
        let device = try await centre.enrol("PKU")
        #expect(try await centre.centre.set(.lost, device: "laptop").isRevoked)
        #expect(try await centre.session(device).lost == true)
        _ = try await centre.centre.set(.admitted, device: "laptop")
        #expect(try await centre.session(device).lost == nil)
    }

    @Test("Its event stream ends at once, and its neighbour's goes on")
    func events() async throws {
        let centre = try await CentreUnderTest()
        let (device, neighbour) = (
            try await centre.enrol("PKU"), try await centre.enrol("PKU", name: "neighbour")
        )
        let watching = Task { try await centre.hub.run() }
        defer { watching.cancel() }
        let streams = [device, neighbour].map { DeviceSession(device: $0.certificate.device, site: $0.site) }
        let (ended, kept) = (
            await centre.hub.events(for: streams[0]), await centre.hub.events(for: streams[1])
        )
        _ = try await centre.centre.set(.revoked, device: "laptop")
        for await _ in ended {}
        var names: [String?] = []
        for await event in kept {
            names.append(event.name)
            if event.name == "changed" { break }
        }
        #expect(names == ["ready", "changed"])
    }

    @Test("Of two laptops of one name each is ended by its id, which the refusal of the name gives")
    func oneName() async throws {
        let centre = try await CentreUnderTest()
        let laptops = [try await centre.enrol("PKU"), try await centre.enrol("PKU")]
        let ids = laptops.map { String($0.certificate.device.hex.prefix(8)) }
        let problem = await #expect(throws: Problem.self) {
            _ = try await centre.centre.set(.revoked, device: "laptop")
        }
        #expect(problem?.code == .ambiguousNumber && problem?.remedy.contains("the id") == true)
        #expect(ids.allSatisfy { problem?.message.contains("\($0) (site PKU, enrolled ") == true })
        #expect(try await centre.centre.set(.revoked, device: ids[1]).fullName == "laptop (\(ids[1]))")
        #expect(try await centre.centre.access(of: laptops[0].certificate.device) == .admitted)
        #expect(try await centre.centre.access(of: laptops[1].certificate.device) == .revoked)
    }

    @Test("A database that is put back brings no ended access and no used link back")
    func putBack() async throws {
        let centre = try await CentreUnderTest()
        let device = try await centre.enrol("PKU")
        let (link, spare) = (try await centre.link("PKU"), try await centre.link("PKU"))
        let copy = centre.folder.path + "/backup.db"
        try await centre.centre.replica.copy(to: copy)

        _ = try await centre.centre.set(.lost, device: "laptop")
        _ = try await centre.centre.setDisabled(true, person: "nurse-SHA")
        let late = try await centre.ask(
            .enroll, try centre.enrolment(link, .init(), name: "late"), as: EnrolmentReply.self)
        let open = try await centre.centre.invites().filter { $0.status == .open }
        _ = try await centre.centre.revokeInvite(open[0].shortID)

        centre.close()
        let store = centre.centre.directory.store
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: store + suffix) }
        try FileManager.default.moveItem(atPath: copy, toPath: store)
        let restored = try centre.reopened()
        defer { restored.close() }
        #expect(try await restored.access(of: device.certificate.device) == .admitted, "the backup is older")
        #expect(try await !restored.person("nurse-SHA").isDisabled)
        try await restored.applyRevocations()
        #expect(try await restored.access(of: device.certificate.device) == .lost)
        #expect(try await restored.person("nurse-SHA").isDisabled)
        #expect(try await restored.laterKeys(of: SiteCode("SHA")!)?.count == 1, "with a new key again")
        #expect(try await restored.invites().allSatisfy { $0.status == .revoked || $0.status == .used })
        for used in [link, spare] {
            await #expect(throws: Problem.self) {
                try await restored.identities.invitedSite(token: used.token, now: restored.environment.now())
            }
        }
        let unknown = try DeviceCertificate(late.certificate, serverKey: late.serverKey).device
        #expect(try await restored.identities.device(unknown) == nil)
    }

    @Test("A laptop that was enrolled after the backup comes back with its certificate, and with no other")
    func readmitted() async throws {
        let centre = try await CentreUnderTest()
        let elsewhere = try await CentreUnderTest()
        let device = try await elsewhere.enrol("PKU")
        await #expect(throws: CentreUnderTest.Refused.self) { _ = try await centre.session(device) }
        await #expect(throws: CentreUnderTest.Refused.self) {
            _ = try await centre.session(device, showing: device.certificate.encoded)
        }
        #expect(try await centre.centre.devices().isEmpty)

        let key = Curve25519.Signing.PrivateKey()
        let certificate = try DeviceCertificate.issue(
            publicKey: key.publicKey.rawRepresentation, site: SiteCode("PKU")!, name: "late",
            atMilliseconds: 5, by: centre.centre.serverKey)
        let late = CentreUnderTest.Device(
            certificate: certificate, key: key, site: certificate.site, token: "")
        await #expect(throws: CentreUnderTest.Refused.self) { _ = try await centre.session(late) }
        _ = try await centre.session(late, showing: certificate.encoded)
        #expect(try await centre.centre.devices().map(\.name) == ["late"])
        _ = try await centre.session(late)
    }

    @Test("A device that syncs too often is put off, and its neighbour is not")
    func rate() async throws {
        var limits = HTTPLimits()
        limits.syncsPerDevice = Rate(perMinute: 1, burst: 2)
        let centre = try await CentreUnderTest(limits: limits)
        let (device, neighbour) = (try await centre.enrol(), try await centre.enrol(name: "neighbour"))
        for wanted in [200, 200, 429] {
            let response = try await centre.sync(try await centre.hello(of: device), as: device).response
            #expect(response.status == wanted)
            #expect((response.headers[.retryAfter] != nil) == (wanted == 429))
        }
        let other = try await centre.sync(try await centre.hello(of: neighbour), as: neighbour).response
        #expect(other.status == 200)
    }
}
