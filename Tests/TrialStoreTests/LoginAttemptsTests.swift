import Foundation
import GRDB
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

@Suite(.tags(.store), .timeLimit(.minutes(10))) struct LoginAttemptsTests {
    let replicas: TestReplicas
    let replica: SQLiteReplica
    let attempts: LoginAttempts

    init() async throws {
        replicas = try TestReplicas()
        replica = try await replicas.makeLaptop("laptop")
        attempts = LoginAttempts(replica)
    }

    private func tryWrong(_ person: String = "ann", isStrict: Bool = false, at now: Int64) async throws {
        try await attempts.trying(person, isStrict: isStrict, now: now) {
            throw Problem(.wrongPassword, "wrong")
        }
    }

    @Test("After five wrong passwords even the right one waits a minute", arguments: [false, true])
    func fiveThenWait(isStrict: Bool) async throws {
        for now in 1...5 as ClosedRange<Int64> {
            await expectProblem(.wrongPassword) { try await tryWrong(isStrict: isStrict, at: now) }
        }
        await expectProblem(.tooManyAttempts) {
            try await attempts.trying("ann", isStrict: isStrict, now: 60_004) {
                _ = Issue.record("it was tried")
            }
        }
        let standing = try await attempts.standing(of: "ann")
        #expect(standing.failed.count == 5 && standing.refused == 6 && standing.refusedMilliseconds == 60_004)
        let result = try await attempts.trying("ann", isStrict: isStrict, now: 60_005) { 7 }
        #expect(result == 7)
        #expect(try await attempts.standing(of: "ann").failed.count == 0)
        #expect(try await attempts.standing(of: "ann").refused == 6, "that stays for people to see")
    }

    @Test("Each person has tries of their own")
    func perPerson() async throws {
        for now in 1...5 as ClosedRange<Int64> { try? await tryWrong(at: now) }
        try await attempts.trying("bob", isStrict: true, now: 6) {}
        let standing = try await attempts.standing(of: "bob")
        #expect(standing.failed.count == 0 && standing.refused == 0)
    }

    @Test("The count survives closing and opening the store")
    func survives() async throws {
        for now in 1...5 as ClosedRange<Int64> { try? await tryWrong(at: now) }
        try await replica.closeWhole()
        let file = try StoreFile.open(at: replicas.path("laptop"), kind: .laptop)
        await expectProblem(.tooManyAttempts) {
            try await LoginAttempts(file).trying("ann", isStrict: false, now: 6) {}
        }
        file.close()
    }

    @Test("Of many tries at the same time five are made, if they are counted strictly")
    func atOnce() async throws {
        let attempts = attempts
        let codes = await withTaskGroup(of: ProblemCode?.self) { group in
            for _ in 1...20 {
                group.addTask {
                    do {
                        try await attempts.trying("ann", isStrict: true, now: 1) {
                            throw Problem(.wrongPassword, "wrong")
                        }
                        return nil
                    } catch { return (error as? Problem)?.code }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == .wrongPassword } == 5)
        #expect(codes.count { $0 == .tooManyAttempts } == 15)
    }

    @Test("A right password of someone without access is refused and recorded, and counts as no wrong one")
    func withoutAccess() async throws {
        for now in 1...4 as ClosedRange<Int64> { try? await tryWrong(at: now) }
        await expectProblem(.userDisabled) {
            try await attempts.trying("ann", isStrict: true, now: 5) { throw Problem(.userDisabled, "ended") }
        }
        let standing = try await attempts.standing(of: "ann")
        #expect(standing.failed.count == 0 && standing.refused == 5)
    }

    @Test("A right password alone writes nothing to a laptop's store")
    func writesNothing() async throws {
        try await attempts.trying("ann", isStrict: false, now: 1) {}
        #expect(try await rows() == 0)
    }

    private func rows() async throws -> Int {
        try await replica.read { try $0.row("SELECT count(*) FROM login_attempt")?[0] ?? -1 }
    }
}

@Suite(.tags(.store), .timeLimit(.minutes(10))) struct SlotStoreTests {
    let replicas: TestReplicas
    let slots: SlotStore

    init() async throws {
        replicas = try TestReplicas()
        slots = SlotStore(try await replicas.makeLaptop("laptop"))
        for (index, person) in ["ann", "bob"].enumerated() {
            let slot = KeySlot(bytes: Data([UInt8(index)]))
            try await slots.set(slot, generation: 2, of: person, salt: Data(repeating: 9, count: 16))
        }
    }

    private func grant(
        _ name: String = "ann", role: Role = .dataEntry, sites: [String] = ["PKU"], disabled: Bool = false,
        generation: Int = 2
    ) -> PersonGrant {
        PersonGrant(
            name: name, role: role, sites: sites.compactMap { SiteCode($0) }, isDisabled: disabled,
            publicKey: Data(), generation: generation)
    }

    @Test("The slot of someone whose access ended is deleted, and nobody else's")
    func ended() async throws {
        let ended = [
            grant(disabled: true), grant(sites: ["SHA"]), grant(role: .admin, sites: []),
            grant(generation: 3),
        ]
        for grant in ended {
            try await slots.set(
                KeySlot(bytes: Data([5])), generation: 2, of: "ann", salt: Data(repeating: 9, count: 16))
            let others = [self.grant("bob"), self.grant("eve", disabled: true)]
            #expect(try await slots.sweep([grant] + others, at: replicas.site) == 1)
            #expect(try await slots.slot(of: "ann") == nil)
            #expect(try await slots.generation(of: "ann") == nil)
            #expect(try await slots.slot(of: "bob") == KeySlot(bytes: Data([1])))
        }
    }

    @Test("A slot that is newer than what is known of the person stays")
    func newer() async throws {
        #expect(try await slots.sweep([grant(generation: 1), grant("bob")], at: replicas.site) == 0)
        #expect(try await slots.slot(of: "ann") != nil)
    }

    @Test("A slot of somebody of whom nothing is known stays")
    func unknown() async throws {
        #expect(try await slots.sweep([grant("bob")], at: replicas.site) == 0)
        #expect(try await slots.sweep([], at: replicas.site) == 0)
        #expect(try await slots.slot(of: "ann") != nil)
    }
}
