import Foundation
import SyncClient
import SyncProtocol
import Testing
import TrialModel

@testable import SyncServer

@Suite("A laptop's screen lock beside a real centre", .timeLimit(.minutes(10)))
struct LockedScreenTests {
    @Test("Behind a locked screen nothing is shown or saved, and a sync goes on; the password opens it")
    func locked() async throws {
        try await DaemonUnderTest.run { centre in
            let store = try await centre.laptop("ward-1")
            let participant = try await store.addParticipant().participant
            #expect(try await store.status().pending == 1)
            store.lockScreen()
            #expect(store.isScreenLocked)
            await expectLocked { _ = try await store.participants() }
            await expectLocked { _ = try await store.visit(participant, "BL") }
            await expectLocked { _ = try await store.addParticipant() }
            await expectLocked { _ = try await store.status() }
            var pushed = 0
            for try await progress in store.sync() { pushed = progress.totals.pushed }
            #expect(pushed == 1, "what was saved before goes to the centre")
            #expect(store.isScreenLocked)
            await #expect(throws: Problem.self) { try await store.unlock(password: "not-the-password") }
            #expect(store.isScreenLocked)
            try await store.unlock(password: DaemonUnderTest.password)
            #expect(try await store.status().pending == 0)
            #expect(try await store.participants().map(\.participant) == [participant])
            await store.close()
        }
    }

    private func expectLocked(
        at location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async {
        do {
            try await body()
            Issue.record("nothing was refused", sourceLocation: location)
        } catch { #expect((error as? Problem)?.code == .screenLocked, "\(error)", sourceLocation: location) }
    }
}
