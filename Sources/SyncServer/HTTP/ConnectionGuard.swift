import Logging
import NIOCore

/// What a connection is told of the requests on it, by an event of its pipeline.
enum RequestEvent: Sendable { case began, ended }

/// Closes a connection that says nothing at first, falls silent, or does not end when the server does.
///
/// It stands behind the TLS handler, so that its first bytes are the first of HTTP.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let firstByte: TimeAmount
    private let shutdown: TimeAmount
    private let farewell: TimeAmount
    private var deadline: Scheduled<Void>?
    /// Set once the server ends and nothing runs here any more; each sign of the client begins it anew.
    private var silence: Scheduled<Void>?
    private var isEnding = false
    /// Requests whose answers are not written yet.
    private var running = 0
    private var started = false
    private var heard = false
    private let handshakes: HandshakeLog?
    private let logger: Logger

    /// - Parameter handshakes: is told of what fails before the first bytes of HTTP; `nil` without TLS.
    init(limits: HTTPLimits, handshakes: HandshakeLog?, logger: Logger) {
        (self.handshakes, self.logger) = (handshakes, logger)
        firstByte = TimeAmount(limits.firstByte)
        shutdown = TimeAmount(limits.shutdown)
        farewell = TimeAmount(limits.farewell)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        silence?.cancel()
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        silence?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !heard {
            heard = true
            deadline?.cancel()
        }
        if isEnding { closeIfSilent(context) }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !heard { handshakes?.note(error, from: context.remoteAddress?.ipAddress, to: logger) }
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case RequestEvent.began:
            running += 1
            silence?.cancel()
            return
        case RequestEvent.ended:
            running -= 1
            if isEnding { closeIfSilent(context) }
            return
        case is IdleStateHandler.IdleStateEvent:
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent where heard:
            isEnding = true
            close(context, in: shutdown)
            closeIfSilent(context)
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

    /// Closes in a moment unless something runs here, or the client gives a sign before.
    private func closeIfSilent(_ context: ChannelHandlerContext) {
        silence?.cancel()
        guard running == 0 else { return }
        silence = context.eventLoop.assumeIsolated().scheduleTask(in: farewell) {
            // The end of an answer may still be on its way to a slow client.
            let waiting = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
            if waiting ?? 0 > 0 { self.closeIfSilent(context) } else { context.close(promise: nil) }
        }
    }

    private func close(_ context: ChannelHandlerContext, in time: TimeAmount) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            context.close(promise: nil)
        }
    }
}
