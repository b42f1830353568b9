import Crypto
import Foundation
import Synchronization
@testable import SyncClient
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

@Suite("A laptop's own clock")
struct SiteStoreClockTests {
    private final class Clock: Sendable {
        let now = Mutex<Int64>(1_790_000_000_000)
        func move(seconds: Int64) { now.withLock { $0 += seconds * 1000 } }
    }

    private func store(_ replicas: TestReplicas) async throws -> SiteStore {
        SiteStore(
            places: .init(store: replicas.directory, state: replicas.directory), user: "nurse",
            role: .dataEntry,
            isCopied: false, replica: try await replicas.makeLaptop("laptop"),
            identity: try replicas.laptopIdentity("laptop"), signingKey: Curve25519.Signing.PrivateKey(),
            link: CentreLink(server: "http://127.0.0.1:1", caPEM: Data()), environment: replicas.environment)
    }

    @Test("It is shown when it has run backwards by more than two minutes, until it is right again")
    func backwards() async throws {
        let clock = Clock()
        let replicas = try TestReplicas { clock.now.withLock { $0 } }
        let store = try await store(replicas)
        try await store.noteClock()
        #expect(try await store.clockBackSeconds() == nil)
        clock.move(seconds: -119)
        #expect(try await store.clockBackSeconds() == nil)
        clock.move(seconds: -481)
        try await store.noteClock()
        #expect(try await store.clockBackSeconds() == 600, "opening the store again does not hide it")
        clock.move(seconds: 600)
        #expect(try await store.clockBackSeconds() == nil)
        clock.move(seconds: 3600)
        try await store.noteClock()
        clock.move(seconds: -3600)
        #expect(try await store.clockBackSeconds() == 3600)
    }
}
