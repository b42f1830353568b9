import Crypto
import Foundation
import SyncClient
import SyncProtocol
import Testing
import TrialModel
import TrialStore

@testable import SyncServer

@Suite("People beside a real centre", .timeLimit(.minutes(10))) struct PeopleTests {
    private func expectProblem(
        _ code: ProblemCode, at location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async {
        do {
            try await body()
            Issue.record("nothing was refused", sourceLocation: location)
        } catch { #expect((error as? Problem)?.code == code, "\(error)", sourceLocation: location) }
    }

    @Test("A key slot that is moved to another person's name opens nothing")
    func movedSlot() async throws {
        try await DaemonUnderTest.run { centre in
            _ = try await centre.centre.addPerson(
                "doctor-1", role: .investigator, sites: ["PKU"], password: "made-up-other-word")
            let laptop = try await centre.laptop("ward-1")
            await laptop.close()
            let places = centre.places("ward-1")
            let file = try StoreFile.open(
                at: places.store.appending(path: "store.db").path, kind: .laptop)
            let slots = SlotStore(file)
            let slot = try #require(try await slots.slot(of: "nurse-1"))
            try await slots.set(slot, generation: 9, of: "doctor-1", salt: Data())
            file.close()
            await expectProblem(.wrongPassword) {
                _ = try await SiteStore.open(
                    at: places, user: "doctor-1", password: DaemonUnderTest.password)
            }
            let again = try await SiteStore.open(
                at: places, user: "nurse-1", password: DaemonUnderTest.password)
            #expect(again.user == "nurse-1" && again.role == .dataEntry)
            await again.close()
        }
    }

    @Test("A person's access that ends while the store is open closes it at the next contact, and comes back")
    func endedWhileOpen() async throws {
        try await DaemonUnderTest.run { centre in
            let store = try await centre.laptop("ward-1")
            _ = try await store.addParticipant()
            _ = try await centre.centre.setDisabled(true, person: "nurse-1")
            for try await _ in store.sync() {}
            await expectProblem(.userDisabled) { _ = try await store.participants() }
            await expectProblem(.userDisabled) { _ = try await store.addParticipant() }
            #expect(try await centre.centre.quarantined().map(\.code) == ["user-disabled"])
            _ = try await centre.centre.setDisabled(false, person: "nurse-1")
            for try await _ in store.sync() {}
            #expect(try await store.participants().isEmpty)
            await store.close()
        }
    }

    @Test("The recovery wrap opens for its own person, with its own server's key, and unaltered")
    func recovery() throws {
        let (key, secret) = (Curve25519.Signing.PrivateKey(), Data((0..<32).map { UInt8($0) }))
        let wrapped = try RecoveryKey(key).wrap(secret, of: "nurse-1")
        #expect(wrapped.range(of: secret) == nil)
        #expect(try RecoveryKey(key).open(wrapped, of: "nurse-1") == secret)
        #expect(throws: Problem.self) { try RecoveryKey(key).open(wrapped, of: "nurse-2") }
        #expect(throws: Problem.self) {
            try RecoveryKey(Curve25519.Signing.PrivateKey()).open(wrapped, of: "nurse-1")
        }
        #expect(throws: Problem.self) { try RecoveryKey(key).open(wrapped.dropLast(), of: "nurse-1") }
    }

    @Test("A password that was reset keeps the person's signing key, and the old one opens nothing")
    func resetKeepsKey() async throws {
        try await DaemonUnderTest.run { made in
            let centre = made.centre
            let before = try await centre.logIn("nurse-1", password: DaemonUnderTest.password)
            let reset = try await centre.resetPassword(of: "nurse-1", to: nil)
            let password = try #require(reset.password)
            #expect(password.count == 16 && reset.grant.generation == 2)
            await expectProblem(.wrongPassword) {
                _ = try await centre.logIn("nurse-1", password: DaemonUnderTest.password)
            }
            let after = try await centre.logIn("nurse-1", password: password)
            #expect(after.key.rawRepresentation == before.key.rawRepresentation)
            #expect(after.grant.publicKey == before.key.publicKey.rawRepresentation)
            let changed = try await centre.changePassword(
                of: "nurse-1", from: password, to: "made-up-third-word")
            #expect(changed.grant.generation == 3)
            #expect(changed.key.rawRepresentation == before.key.rawRepresentation)
        }
    }

    @Test("Rights on a day are those at the end of it")
    func onADay() async throws {
        try await DaemonUnderTest.run { made in
            let centre = made.centre
            let today = try #require(centre.now.localDate)
            _ = try await centre.setRights(of: "nurse-1", role: .investigator, sites: [])
            let shown = try await centre.show(person: "nurse-1", on: today)
            // A test that runs over midnight sees the change on the next day.
            if centre.now.localDate == today { #expect(shown.grant?.role == .investigator) }
            #expect(shown.history.map(\.grant.role) == [.dataEntry, .investigator])
            let yesterday = try #require(today.adding(days: -1))
            #expect(try await centre.show(person: "nurse-1", on: yesterday).grant == nil)
            let tomorrow = try #require(today.adding(days: 1))
            #expect(try await centre.show(person: "nurse-1", on: tomorrow).grant?.role == .investigator)
            let same = try await centre.setRights(of: "nurse-1", role: .investigator, sites: ["PKU", "PKU"])
            #expect(same.sites.map(\.text) == ["PKU"])
            #expect(try await centre.show(person: "nurse-1", on: nil).history.count == 2, "nothing changed")
        }
    }

    @Test(
        "A key put into another person's row opens no account with the password, and `verify` names the row")
    func exchangedKeys() async throws {
        try await DaemonUnderTest.run { made in
            let centre = made.centre
            _ = try await centre.addPerson(
                "coord-1", role: .coordinator, sites: [], password: "made-up-other-word")
            #expect(try await centre.verify().problems == [])
            let nurse = try #require(try await centre.identities.key(of: "nurse-1"))
            let own = try #require(try await centre.identities.key(of: "coord-1"))
            func put(_ slot: KeySlot, _ recovery: Data) async throws {
                let write = RegisterWrite("@slots", [ItemValue("@slots", .integer(1))])
                try await centre.identities.set(
                    IdentityStore.PersonKey(slot: slot, recovery: recovery), of: "coord-1",
                    with: try await centre.administration(
                        of: .person("coord-1"), [write], study: try await centre.study()))
            }
            try await put(nurse.slot, own.recovery)
            await expectProblem(.signatureInvalid) {
                _ = try await centre.logIn("coord-1", password: DaemonUnderTest.password)
            }
            try await put(own.slot, nurse.recovery)
            let found = try await centre.verify().problems
            #expect(found.map(\.code) == [.sealBroken] && found.map(\.place) == ["key of coord-1"])
            let other = Curve25519.Signing.PrivateKey().rawRepresentation
            try await put(own.slot, try centre.recoveryKey.wrap(other, of: "coord-1"))
            #expect(try await centre.verify().problems.map(\.code) == [.signatureInvalid])
        }
    }
}
