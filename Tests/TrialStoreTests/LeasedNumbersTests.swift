import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// Participant numbers after a restore: the centre knows nothing of what it leased after the backup.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct LeasedNumbersTests {
    let replicas: TestReplicas
    let identities: IdentityStore

    init() async throws {
        replicas = try TestReplicas()
        identities = IdentityStore(try await replicas.makeCentre())
        try await identities.makeSiteKey(replicas.site, Data(repeating: 7, count: 32))
    }

    /// A laptop of the test, as far as its numbers go.
    private struct Laptop {
        let certificate: DeviceCertificate
        var pool = NumberPool()
    }

    private func admit(_ name: String) async throws -> Laptop {
        let certificate = try replicas.laptopIdentity(name).certificate
        try await identities.addInvite(token: name, site: replicas.site, expiresMilliseconds: 1000)
        var laptop = Laptop(certificate: certificate)
        laptop.pool.add(try await identities.admit(certificate, token: name, now: 10, numbers: 20))
        return laptop
    }

    /// A laptop that was enrolled after the backup, and comes back with what it was leased then.
    private func readmit(_ name: String, holding leases: [ClosedRange<Int>]) async throws -> Laptop {
        let certificate = try replicas.laptopIdentity(name).certificate
        try await identities.readmit(certificate, now: 20)
        var laptop = Laptop(certificate: certificate)
        for lease in leases {
            laptop.pool.add(NumberLease(first: lease.lowerBound, last: lease.upperBound))
        }
        return laptop
    }

    /// One contact, whose answer the laptop takes over.
    @discardableResult
    private func contact(_ laptop: inout Laptop) async throws -> NumbersReply {
        var hello = Hello(site: replicas.site, epoch: replicas.epoch)
        (hello.numbersLeft, hello.numbersSeen) = (laptop.pool.left, laptop.pool.highestSeen)
        hello.numbersHeld = laptop.pool.blocks
        let reply = try await identities.contact(
            laptop.certificate.device, hello, accepted: 0, now: 30, numbers: 20)
        for lease in reply.withdrawn { laptop.pool.withdraw(lease) }
        if let lease = reply.lease { laptop.pool.add(lease) }
        return reply
    }

    @Test("What a laptop holds is leased to nobody else, though the centre never knew of it")
    func heldNumbersAreTaken() async throws {
        _ = try await admit("a")
        var late = try await readmit("b", holding: [22...40])
        #expect(try await contact(&late) == NumbersReply(), "it has enough, and nobody else has it")
        let next = try await admit("c")
        #expect(next.pool.blocks == [NumberLease(first: 41, last: 60)])
    }

    @Test("What was leased to another since is withdrawn, and made up for")
    func overlapIsWithdrawn() async throws {
        _ = try await admit("a")
        let since = try await admit("c")
        #expect(since.pool.blocks == [NumberLease(first: 21, last: 40)])
        var late = try await readmit("b", holding: [22...45])
        let reply = try await contact(&late)
        #expect(reply.withdrawn == [NumberLease(first: 22, last: 40)])
        #expect(reply.lease == NumberLease(first: 46, last: 65))
        #expect(late.pool.blocks == [NumberLease(first: 41, last: 45), NumberLease(first: 46, last: 65)])
        #expect(try await contact(&late) == NumbersReply(), "now it is all its own")
    }

    @Test("An answer that was lost is given again")
    func lostAnswer() async throws {
        _ = try await admit("a")
        _ = try await admit("c")
        let late = try await readmit("b", holding: [25...45])
        var (first, second) = (late, late)
        let replies = [try await contact(&first), try await contact(&second)]
        #expect(replies.map(\.withdrawn) == Array(repeating: [NumberLease(first: 25, last: 40)], count: 2))
        #expect(replies.map(\.lease?.first) == [46, 66])
    }

    @Test("After each laptop's first contact no two hold one number", arguments: UInt64(0)..<20)
    func noTwoHoldOne(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        // What the centre leased before the backup, and what it leased after it and does not know.
        var laptops = [try await admit("a"), try await admit("b")]
        var next = 41
        for name in ["c", "d", "e"] {
            let count = Int.random(in: 1...30, using: &random)
            laptops.append(try await readmit(name, holding: [next...next + count - 1]))
            next += count
        }
        for index in 0...1 where Bool.random(using: &random) {
            laptops[index].pool.add(NumberLease(first: next, last: next + 19))
            next += 20
        }
        // Laptops come back in any order, and new ones are enrolled in between.
        for index in laptops.indices.shuffled(using: &random) {
            if Bool.random(using: &random) { laptops.append(try await admit("new \(index)")) }
            try await contact(&laptops[index])
        }
        let held = laptops.flatMap { $0.pool.blocks }.flatMap { Array($0.first...$0.last) }
        #expect(Set(held).count == held.count)
        let last = try await admit("last").pool.blocks[0]
        #expect(last.first > held.max()!)
    }

    @Test("A centre that was put back leaves out what its laptops may have been leased since")
    func leap() async throws {
        _ = try await admit("a")
        _ = try await identities.replica.drawEpoch(for: replicas.site)
        let next = try await admit("b")
        #expect(
            next.pool.blocks == [NumberLease(first: 61, last: 80)], "20 each for one known and one unknown")
        #expect(try await identities.restoredMilliseconds() != nil)
    }

    @Test("A restored centre leases past what the store that it replaces had leased")
    func replacedStore() async throws {
        _ = try await admit("a")
        let other = IdentityStore(try await replicas.makeCentre("other"))
        try await other.makeSiteKey(replicas.site, Data(repeating: 7, count: 32))
        try await other.reserve(number: 500, site: replicas.site)
        try await identities.beginEpoch(
            Data(repeating: 9, count: 16), now: 7, beyond: try await other.leasedNumbers())
        #expect(try await admit("b").pool.blocks[0].first == 541)
        #expect(try await identities.restoredMilliseconds() == 7)
        #expect(try await identities.replica.epoch() == Data(repeating: 9, count: 16))
    }
}
