import Crypto
import Foundation
import GRDB
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

@Suite(.tags(.store), .timeLimit(.minutes(10))) struct IdentityStoreTests {
    let replicas: TestReplicas
    let identities: IdentityStore
    let token = "token"

    init() async throws {
        replicas = try TestReplicas()
        identities = IdentityStore(try await replicas.makeCentre())
        try await identities.makeSiteKey(replicas.site, Data(repeating: 7, count: 32))
    }

    private func admit(_ name: String, token: String? = nil, now: Int64 = 10) async throws -> DeviceID {
        let certificate = try replicas.laptopIdentity(name).certificate
        if token == nil {
            try await identities.addInvite(token: name, site: replicas.site, expiresMilliseconds: 1000)
        }
        _ = try await identities.admit(certificate, token: token ?? name, now: now, numbers: 20)
        return certificate.device
    }

    @Test("A link admits one device, once, before it expires")
    func linksAreUsedOnce() async throws {
        try await identities.addInvite(token: token, site: replicas.site, expiresMilliseconds: 1000)
        #expect(try await identities.invitedSite(token: token, now: 999) == replicas.site)
        await expectProblem(.linkExpired) { _ = try await identities.invitedSite(token: token, now: 1000) }
        await expectProblem(.linkExpired) { _ = try await admit("late", token: token, now: 1000) }
        await expectProblem(.linkInvalid) { _ = try await identities.invitedSite(token: "other", now: 1) }
        await expectProblem(.linkInvalid) { _ = try await admit("stranger", token: "other") }
        #expect(try await identities.devices().isEmpty)
        let device = try await admit("a", token: token)
        #expect(try await identities.device(device)?.site == replicas.site)
        await expectProblem(.linkUsed) { _ = try await admit("b", token: token) }
        await expectProblem(.linkUsed) { _ = try await identities.invitedSite(token: token, now: 10) }
        #expect(try await identities.devices().map(\.id) == [device])
    }

    @Test("A link of one site admits no device of another")
    func linksAreOfOneSite() async throws {
        try await identities.addInvite(
            token: token, site: try #require(SiteCode("ELSE")), expiresMilliseconds: 1000)
        await expectProblem(.linkInvalid) { _ = try await admit("a", token: token) }
        #expect(
            try await identities.invitedSite(token: token, now: 1).text == "ELSE", "the link is not used up")
    }

    @Test("A challenge answers one device, once, before it expires")
    func challengesAreUsedOnce() async throws {
        let (device, other) = (try await admit("a"), try await admit("b"))
        let nonces = (0..<3).map { Data(repeating: UInt8($0), count: 16) }
        for nonce in nonces {
            try await identities.addChallenge(nonce: nonce, device: device, expiresMilliseconds: 100, now: 1)
        }
        #expect(try await identities.takeChallenge(nonce: nonces[0], device: device, now: 99) == 100)
        #expect(try await identities.takeChallenge(nonce: nonces[0], device: device, now: 99) == nil)
        #expect(try await identities.takeChallenge(nonce: nonces[1], device: device, now: 100) == nil)
        #expect(try await identities.takeChallenge(nonce: nonces[2], device: other, now: 2) == nil)
        #expect(try await identities.takeChallenge(nonce: nonces[2], device: device, now: 2) == nil)
    }

    @Test("A session ends when it expires, and only the hash of its token is kept")
    func sessionsExpire() async throws {
        let device = try await admit("a")
        try await identities.addSession(
            token: "secret-token", device: device, site: replicas.site, expiresMilliseconds: 100, now: 1)
        let session = try await identities.session(token: "secret-token", now: 99)
        #expect(session?.device == device && session?.site == replicas.site)
        #expect(try await identities.session(token: "secret-token", now: 100) == nil)
        #expect(try await identities.session(token: "other", now: 1) == nil)
        let kept = try await identities.replica.read {
            try $0.rows("SELECT token_hash FROM session").map { $0[0] as Data }
        }
        #expect(kept == [Data(SHA256.hash(data: Data("secret-token".utf8)))])
    }

    @Test("Leases of one site never overlap, and go past every number a laptop has seen")
    func leasesNeverOverlap() async throws {
        let devices = [try await admit("a"), try await admit("b"), try await admit("c")]
        var hello = Hello(site: replicas.site, epoch: replicas.epoch)
        var leases: [NumberLease] = []
        for round in 0..<4 {
            for device in devices {
                hello.numbersLeft = 3
                hello.numbersSeen = round == 2 ? 500 : 0
                let reply = try await identities.contact(device, hello, accepted: 0, now: 20, numbers: 20)
                leases.append(try #require(reply.lease))
                if round == 2 { #expect(try #require(leases.last).first > 500) }
            }
        }
        let numbers = leases.flatMap { Array($0.first...$0.last) }
        #expect(Set(numbers).count == numbers.count && numbers.count == 12 * 20)
        #expect(numbers.min()! > 60, "each device had 20 when it was admitted")
        hello.numbersLeft = 10
        let none = try await identities.contact(devices[0], hello, accepted: 0, now: 21, numbers: 20)
        #expect(none == NumbersReply(), "it has enough")
    }

    @Test("A push of several pages is leased numbers once, and nothing is said to wait after it")
    func pagesLeaseOnce() async throws {
        let device = try await admit("a")
        let laptop = try await replicas.makeLaptop("laptop")
        let author = ContractAuthor()
        for value in 1...6 as ClosedRange<Int64> {
            let change = author.save(["i1": value], on: .person("p\(value)"))
            _ = try await laptop.save([change], site: replicas.site, signedWith: nil)
        }
        let (site, identities) = (replicas.site, identities)
        let answering = CentreExchange(store: identities.replica, judge: ContractJudge())
        let totals = try await LaptopExchange(store: laptop, site: site, pageEntries: 2).run { body in
            try await answering.answer(
                body,
                complete: { hello, accepted, response in
                    response.lease = try await identities.contact(
                        device, hello, accepted: accepted, now: 1, numbers: 20
                    ).lease
                })
        }
        #expect(totals.roundTrips == 3 && totals.inStep)
        let leases = try await identities.replica.read { try $0.rows("SELECT first FROM lease").count }
        #expect(leases == 2, "one when it was admitted, and one now")
        #expect(try await laptop.numbers().left == 20)
        #expect(try await identities.device(device)?.pending == 0)
    }

    @Test("Contact is remembered, and a copied store stays known as copied")
    func contactIsRemembered() async throws {
        let device = try await admit("a")
        var hello = Hello(site: replicas.site, epoch: replicas.epoch)
        (hello.pending, hello.clockMilliseconds, hello.copied, hello.numbersLeft) = (3, 1500, true, 20)
        _ = try await identities.contact(device, hello, accepted: 0, now: 1000, numbers: 20)
        hello.copied = false
        _ = try await identities.contact(device, hello, accepted: 3, now: 1000, numbers: 20)
        #expect(try await identities.device(device)?.pending == 0, "all of it stands here now")
        _ = try await identities.contact(device, hello, accepted: 0, now: 1000, numbers: 20)
        let found = try #require(try await identities.device(device))
        #expect(found.lastSeenMilliseconds == 1000 && found.clockOffsetMilliseconds == 500)
        #expect(found.pending == 3 && found.isCopied)
    }

    @Test("A device whose entries are here and that is not on the list is missed, until it is put there")
    func unlisted() async throws {
        let identity = try replicas.laptopIdentity("late")
        var journal = try HandwrittenJournal(identity, site: replicas.site, epoch: replicas.epoch)
        let change = ContractAuthor().save(["i1": 1], on: .person("p"))
        let run = try journal.run([try EncodedChange(change, site: replicas.site).bytes])
        _ = try await CentreExchange(store: identities.replica, judge: ContractJudge()).answer(
            try journal.request([run]).encoded())
        #expect(try await identities.unlistedDevices() == [identity.certificate])
        try await identities.listLatecomers()
        let listed = try await identities.devices()
        #expect(listed.map(\.certificate) == [identity.certificate])
        #expect(listed.first?.lastSeenMilliseconds == nil && listed.first?.pending == 0)
        #expect(try await identities.unlistedDevices().isEmpty)

        try identities.replica.tamper("DELETE FROM device")
        try await identities.readmit(identity.certificate, now: 30)
        #expect(try await identities.unlistedDevices().isEmpty)
        #expect(try await identities.device(identity.certificate.device)?.lastSeenMilliseconds == 30)
    }
}
