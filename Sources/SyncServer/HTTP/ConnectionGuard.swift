import Logging
import NIOCore

/// Closes a connection that says nothing at first, falls silent, or does not end when the server does.
///
/// It stands behind the TLS handler, so that its first bytes are the first of HTTP.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let firstByte: TimeAmount
    private let shutdown: TimeAmount
    private var deadline: Scheduled<Void>?
    private var started = false
    private var heard = false
    private let handshakes: HandshakeLog?
    private let logger: Logger

    /// - Parameter handshakes: is told of what fails before the first bytes of HTTP; `nil` without TLS.
    init(limits: HTTPLimits, handshakes: HandshakeLog?, logger: Logger) {
        (self.handshakes, self.logger) = (handshakes, logger)
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

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !heard { handshakes?.note(error, from: context.remoteAddress?.ipAddress, to: logger) }
        context.fireErrorCaught(error)
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

    /// Lets what is being written go first.
    ///
    /// When the last stream of an ending HTTP/2 connection closes, Hummingbird 2.28 closes the connection
    /// from inside the write of that stream's last frame, before its flush: the answer would be lost. One
    /// turn later it is out.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all else { return context.close(mode: mode, promise: promise) }
        context.eventLoop.assumeIsolated().execute { context.close(mode: mode, promise: promise) }
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
