import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
package import SyncClient
import Synchronization
package import TrialModel
import TrialPages
import UnixSignals

/// Serves a site's page on this laptop, and nowhere else, until it is told to end.
package struct SiteServer: Sendable {
    private let host: String
    private let port: Int
    private let places: SiteStore.Places
    private let onListening: @Sendable (String) async -> Void
    private let syncEverySeconds: Int?

    /// - Parameters:
    ///   - listen: `127.0.0.1:0`; port 0 lets the system choose.
    ///   - places: the laptop's store; there may be none yet.
    ///   - syncEverySeconds: how often a sync is tried while somebody is logged in; `nil` for never.
    ///   - onListening: is called once with the address to open, its one-time token included.
    /// - Throws: `Problem(.usage)` for no such address; `.notAllowed` for one that others can reach.
    package init(
        listen: String, places: SiteStore.Places, syncEverySeconds: Int? = 60,
        onListening: @escaping @Sendable (String) async -> Void
    ) throws(Problem) {
        let parts = listen.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let port = Int(parts[1]), (0...65_535).contains(port) else {
            throw Problem(.usage, "\(listen) is no address", remedy: "give 127.0.0.1:PORT")
        }
        guard parts[0] == "127.0.0.1" || parts[0] == "localhost" else {
            throw Problem(
                .notAllowed, "the site's page is for this laptop alone, not for \(listen)",
                remedy: "listen on 127.0.0.1")
        }
        (host, self.port, self.places) = ("127.0.0.1", port, places)
        (self.syncEverySeconds, self.onListening) = (syncEverySeconds, onListening)
    }

    /// Serves until SIGTERM or SIGINT; then stores are closed.
    ///
    /// - Throws: `Problem(.addressInUse)`, `.serverFailed`.
    package func run() async throws {
        try await run(serviceGroup(gracefulShutdownSignals: [.sigterm, .sigint]))
    }

    func run(_ group: ServiceGroup) async throws {
        do { try await group.run() } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw Problem(.addressInUse, "\(host):\(port) is taken by another process")
        }
    }

    func serviceGroup(gracefulShutdownSignals: [UnixSignal]) -> ServiceGroup {
        // Nothing of a request is logged: not its address, not what came of it.
        let logger = Logger(label: "trialsync.ui") { _ in SwiftLogNoOpLogHandler() }
        let responder = SiteResponder()
        let application = Application(
            responder: responder,
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    idleTimeout: TimeAmount.seconds(75),
                    httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                        maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10,
                        maxHeaderFieldCount: 100))),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: .maximum(256, logger: logger)),
            onServerRunning: { [places, onListening] channel in
                let port = channel.localAddress?.port ?? 0
                let token = Hex.encode(SitePages.random(24))
                responder.open(SitePages(places: places, token: token, port: port))
                await onListening("http://127.0.0.1:\(port)/?token=\(token)")
            },
            logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: [Keeper(responder: responder, seconds: syncEverySeconds), application],
            gracefulShutdownSignals: gracefulShutdownSignals, logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        return ServiceGroup(configuration: configuration)
    }
}

/// Syncs now and then while somebody is logged in, and closes the stores at the end.
private struct Keeper: Service {
    let responder: SiteResponder
    let seconds: Int?

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try await Task.sleep(for: .seconds(seconds ?? 3600))
                guard seconds != nil else { continue }
                for desk in responder.pages?.sessions.desks ?? [] { desk.sync() }
            }
        }
        for desk in responder.pages?.sessions.desks ?? [] { await desk.close() }
    }
}
