import Foundation
import ServiceLifecycle
import SyncClient
import SyncProtocol
import TrialModel

@testable import SyncServer

/// A centre with its daemon, in this process, on loopback and without TLS.
struct DaemonUnderTest: Sendable {
    static let password = "made-up-word"
    let centre: Centre
    let url: String
    let folder: URL

    /// Enrols a laptop of site PKU for `nurse-1`.
    func laptop(_ name: String) async throws -> SiteStore {
        let link = try await centre.invite(site: "PKU", expiresSeconds: 60, server: url).link
        return try await SiteStore.enroll(
            link.description,
            at: places(name), device: name, user: "nurse-1", password: Self.password)
    }

    func places(_ name: String) -> SiteStore.Places {
        SiteStore.Places(store: folder.appending(path: name), state: folder.appending(path: "state"))
    }

    static func run(_ body: @Sendable (DaemonUnderTest) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "centre-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let made = try await Centre.create(
            in: DataDirectory(folder.appending(path: "centre").path), study: try .shipped(), names: [])
        let centre = made.centre
        defer { centre.close() }
        _ = try await centre.addSite("PKU", name: "Made-up hospital")
        _ = try await centre.addPerson("nurse-1", role: .dataEntry, sites: ["PKU"], password: password)
        let (urls, listening) = AsyncStream.makeStream(of: String.self)
        let hub = EventHub(centre)
        let server = try SyncHTTPServer(
            address: ServerAddress(host: "127.0.0.1", port: 0), tls: nil,
            handler: CentreHandler(centre: centre, hub: hub, authorityPEM: { "" }), logger: LogLines().logger,
            services: [hub], onListening: { listening.yield($0) })
        let group = server.serviceGroup(gracefulShutdownSignals: [])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { listening.finish() }
                try await server.run(group)
            }
            for await url in urls {
                do { try await body(DaemonUnderTest(centre: centre, url: url, folder: folder)) } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
                await group.triggerGracefulShutdown()
                break
            }
            try await tasks.waitForAll()
        }
    }
}
