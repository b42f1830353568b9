import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A connection without the 40 ms of Nagle's algorithm, and with an end to every way of holding it open.
///
/// Hummingbird's own time limits begin with HTTP; a client that never completes the TLS handshake, or that
/// does not answer the closing of an HTTP/2 connection, would stay for ever and hold up the shutdown.
struct GuardedChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let limits: HTTPLimits
    /// `nil` without TLS.
    let handshakes: HandshakeLog?

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        let pipeline = channel.pipeline.syncOperations
        let idle = IdleStateHandler(allTimeout: TimeAmount(limits.silence))
        do {
            try channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
            try pipeline.addHandler(idle)
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        let value = base.setup(channel: channel, logger: logger)
        do {
            let connectionGuard = ConnectionGuard(limits: limits, handshakes: handshakes, logger: logger)
            if let tls = try? pipeline.handler(type: NIOSSLServerHandler.self) {
                try pipeline.addHandler(connectionGuard, position: .after(tls))
            } else {
                try pipeline.addHandler(connectionGuard, position: .after(idle))
            }
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        return value
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
