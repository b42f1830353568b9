import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A connection without the 40 ms of Nagle's algorithm, and with an end to every way of holding it open.
///
/// Hummingbird's own time limits begin with HTTP; a client that never completes the TLS handshake, or that does not
/// answer the closing of an HTTP/2 connection, would stay for ever and hold up the shutdown.
struct GuardedChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let limits: HTTPLimits

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
            let connectionGuard = ConnectionGuard(limits: limits)
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

/// Closes a connection that says nothing at first, falls silent, or does not end when the server does.
///
/// It stands behind the TLS handler, so that its first bytes are the first of HTTP.
private final class ConnectionGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let firstByte: TimeAmount
    private let shutdown: TimeAmount
    private var deadline: Scheduled<Void>?
    private var started = false
    private var heard = false

    init(limits: HTTPLimits) {
        firstByte = TimeAmount(limits.firstByte)
        shutdown = TimeAmount(limits.shutdown)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !heard {
            heard = true
            deadline?.cancel()
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is IdleStateHandler.IdleStateEvent:
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent where heard:
            close(context, in: shutdown)
        case is ChannelShouldQuiesceEvent:
            context.close(promise: nil)
        default:
            break
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func start(_ context: ChannelHandlerContext) {
        guard !started else { return }
        started = true
        close(context, in: firstByte)
    }

    private func close(_ context: ChannelHandlerContext, in time: TimeAmount) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            context.close(promise: nil)
        }
    }
}
