import Hummingbird
import NIOCore
import ServiceLifecycle

/// Writes one client's server-sent events, with heartbeats between, until something ends them.
///
/// That is: the handler's stream ends, the client leaves or does not keep up, or the server shuts down.
struct EventStream: Sendable {
    private enum Signal: Sendable {
        case event(ServerSentEvent)
        case heartbeat
    }

    private let signals: AsyncStream<Signal>
    private let input: AsyncStream<Signal>.Continuation
    private let heartbeat: Duration
    private let clock: any Clock<Duration>

    init(limits: HTTPLimits, clock: any Clock<Duration>) {
        // Bounded, and full means the end: a client that does not read must not cost memory.
        (signals, input) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(limits.waitingEvents))
        heartbeat = limits.heartbeat
        self.clock = clock
    }

    /// Ends the stream from any place: the client has left.
    func finish() { input.finish() }

    /// Writes until the end.
    ///
    /// - Returns: the bytes written.
    func write(_ events: AsyncStream<ServerSentEvent>, to writer: inout any ResponseBodyWriter) async -> Int {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await forward(events) }
                group.addTask { await beat() }
                let count = await send(to: &writer)
                group.cancelAll()
                return count
            }
        } onGracefulShutdown: {
            input.finish()
        }
    }

    private func forward(_ events: AsyncStream<ServerSentEvent>) async {
        var keepsUp = true
        for await event in events where keepsUp {
            if case .enqueued = input.yield(.event(event)) { continue }
            // The client does not read. Its stream ends here; this loop goes on until it is cancelled with
            // the others, for that is what tells the handler.
            keepsUp = false
            input.finish()
        }
        input.finish()
    }

    private func beat() async {
        // The first one goes out at once: the client sees that it is connected.
        repeat { input.yield(.heartbeat) } while (try? await clock.sleep(for: heartbeat)) != nil
    }

    private func send(to writer: inout any ResponseBodyWriter) async -> Int {
        var count = 0
        for await signal in signals {
            let buffer =
                switch signal {
                case .event(let event): ByteBuffer(string: event.wireText)
                case .heartbeat: ByteBuffer(string: ServerSentEvent.heartbeat)
                }
            do {
                try await writer.write(buffer)
            } catch {
                break
            }
            count += buffer.readableBytes
        }
        return count
    }
}
