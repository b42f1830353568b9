import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
package import Logging
import NIOCore
package import ServiceLifecycle
package import TrialModel
import UnixSignals

/// The server's front: HTTP/1.1 and HTTP/2 over TLS, from the listening socket to the handler and back.
///
/// It ends in good order on SIGTERM and SIGINT: no new connections, running answers are finished, event
/// streams end.
package struct SyncHTTPServer: Sendable {
    private let address: ServerAddress
    private let builder: HTTPServerBuilder
    private let responder: RouteResponder
    private let limits: HTTPLimits
    private let services: [any Service]
    private let logger: Logger
    private let onListening: @Sendable (String) async -> Void
    private let scheme: String

    /// Puts the server together; it listens from ``run()`` on.
    ///
    /// - Parameters:
    ///   - address: port 0 lets the system choose.
    ///   - tls: `nil` speaks plain HTTP/1.1, which is refused unless the host is loopback.
    ///   - handler: answers the requests.
    ///   - logger: gets one line a request at level info, never with values.
    ///   - limits: production's, unless a test wants smaller ones.
    ///   - clock: measures body time limits and heartbeats.
    ///   - proxies: whose word about a client's address counts.
    ///   - console: the pages at `/`; `nil` for a server without.
    ///   - services: run beside the server; they start before it and end after it.
    ///   - onListening: called once with the URL, `https://127.0.0.1:43127`, when connections are accepted.
    /// - Throws: `not-allowed` for plain HTTP beyond loopback, `malformed` for certificates that cannot be
    ///   used.
    package init(
        address: ServerAddress,
        tls: LiveCertificate?,
        handler: any SyncHTTPHandler,
        logger: Logger,
        limits: HTTPLimits = HTTPLimits(),
        clock: any Clock<Duration> = ContinuousClock(),
        proxies: TrustedProxies = TrustedProxies(),
        console: ConsolePages? = nil,
        services: [any Service] = [],
        onListening: @escaping @Sendable (String) async -> Void
    ) throws(Problem) {
        guard tls != nil || address.isLoopback else {
            throw Problem(
                .notAllowed, "without TLS the server may only listen on loopback, not on \(address)",
                remedy: "leave out --insecure-loopback, or listen on 127.0.0.1")
        }
        self.address = address
        self.limits = limits
        self.services = services
        self.logger = logger
        self.onListening = onListening
        self.scheme = tls == nil ? "http" : "https"
        self.builder = try Self.builder(tls: tls, limits: limits)
        self.responder = RouteResponder(
            handler: handler, limits: limits, clock: clock, headers: StandardHeaders(isTLS: tls != nil),
            proxies: proxies, console: console, addressLimit: limits.requestsPerAddress.map { RateLimit($0) })
    }

    /// Serves until SIGTERM or SIGINT.
    ///
    /// - Throws: `address-in-use`, `not-allowed` or `name-invalid` if it cannot listen; what a service
    ///   throws.
    package func run() async throws {
        try await run(serviceGroup(gracefulShutdownSignals: [.sigterm, .sigint]))
    }

    /// Runs a group of ``serviceGroup(gracefulShutdownSignals:)``, with the errors of listening as problems.
    func run(_ group: ServiceGroup) async throws {
        do {
            try await group.run()
        } catch let error as IOError {
            throw listeningProblem(error)
        } catch is SocketAddressError.UnknownHost {
            throw Problem(
                .nameInvalid, "the host name of \(address) has no address",
                remedy: "use 0.0.0.0 for all interfaces")
        }
    }

    /// The server and its services as one group, which can also be ended by `triggerGracefulShutdown()`.
    func serviceGroup(gracefulShutdownSignals: [UnixSignal]) -> ServiceGroup {
        var configuration = ServiceGroupConfiguration(
            services: services + [application()], gracefulShutdownSignals: gracefulShutdownSignals,
            logger: logger)
        // The connections' own deadline comes first; this one is for a handler that never answers.
        configuration.maximumGracefulShutdownDuration = limits.shutdown * 2
        return ServiceGroup(configuration: configuration)
    }

    private func application() -> Application<RouteResponder> {
        let connections = OpenFileLimit.raise(forConnections: limits.connections)
        return Application(
            responder: responder,
            server: builder,
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port),
                backlog: limits.backlog,
                availableConnectionsDelegate: .maximum(connections, logger: logger)),
            onServerRunning: { [address, scheme, onListening] channel in
                await onListening(
                    address.url(scheme: scheme, port: channel.localAddress?.port ?? address.port))
            },
            logger: logger)
    }

    private static func builder(tls: LiveCertificate?, limits: HTTPLimits) throws(Problem)
        -> HTTPServerBuilder
    {
        let http1 = HTTP1Channel.Configuration(
            idleTimeout: TimeAmount(limits.idle),
            httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                maxHeaderFieldSize: limits.headerFieldBytes, maxHeaderListSize: limits.headerListBytes,
                maxHeaderFieldCount: limits.headerCount))
        guard let tls else {
            return HTTPServerBuilder { responder in
                let channel = HTTP1Channel(responder: continuing(responder), configuration: http1)
                return GuardedChannel(base: channel, limits: limits, handshakes: nil)
            }
        }
        let handshakes = HandshakeLog()
        let tlsConfiguration = try tls.serverConfiguration()
        let http2 = HTTP2UpgradeChannel.Configuration(
            idleTimeout: limits.idle, gracefulCloseTimeout: limits.shutdown, streamConfiguration: http1)
        return HTTPServerBuilder { responder in
            let channel = try HTTP2UpgradeChannel(
                tlsConfiguration: tlsConfiguration, configuration: http2, responder: continuing(responder))
            return GuardedChannel(base: channel, limits: limits, handshakes: handshakes)
        }
    }

    /// Sends `100 Continue` to clients that wait for it; Hummingbird does not, and curl would wait a second.
    /// Tells the connection of the request, from its head to the end of its answer.
    private static func continuing(
        _ responder: @escaping HTTPChannelHandler.Responder
    ) -> HTTPChannelHandler.Responder {
        { request, writer, channel in
            // A stream's parent is the connection, and the connection's is the listening socket.
            let connection = channel.parent?.parent == nil ? channel : channel.parent ?? channel
            connection.pipeline.fireUserInboundEventTriggered(RequestEvent.began)
            defer { connection.pipeline.fireUserInboundEventTriggered(RequestEvent.ended) }
            if Admission.wantsContinue(
                method: request.method, path: request.uri.path, headers: request.headers)
            {
                try await writer.writeInformationalHead(HTTPResponse(status: .continue))
            }
            try await responder(request, writer, channel)
        }
    }

    private func listeningProblem(_ error: IOError) -> Problem {
        switch error.errnoCode {
        case EADDRINUSE:
            Problem(.addressInUse, "\(address) is taken by another process")
        case EACCES:
            Problem(
                .notAllowed, "this account may not listen on \(address)",
                remedy: "choose a port from 1024 on, or give the service the capability CAP_NET_BIND_SERVICE")
        case EADDRNOTAVAIL:
            Problem(
                .nameInvalid, "\(address) is not an address of this computer",
                remedy: "use 0.0.0.0 for all of them")
        default:
            Problem(.serverFailed, "the network failed: \(error)", remedy: "start the server again")
        }
    }
}
