import Foundation
import ServiceLifecycle
import Synchronization
@testable import SyncServer
import Testing
import TrialModel

@Suite("Event streams and the end of the server", .timeLimit(.minutes(10)))
struct EventsTests {
    private static let token = ["-H", "Authorization: Bearer t"]

    /// A handler with one event stream. It is handed out and not held, so that a client that leaves before a
    /// byte of the answer is written ends it too.
    private struct Events {
        let handler: StubHandler
        let input: AsyncStream<ServerSentEvent>.Continuation
        /// Yields when a client has asked for the stream.
        let opened: AsyncStream<Void>
        /// Yields when the server has let go of it.
        let left: AsyncStream<Void>

        init() {
            let (stream, input) = AsyncStream.makeStream(of: ServerSentEvent.self)
            let (opened, didOpen) = AsyncStream.makeStream(of: Void.self)
            let (left, didLeave) = AsyncStream.makeStream(of: Void.self)
            (self.input, self.opened, self.left) = (input, opened, left)
            input.onTermination = { _ in didLeave.yield() }
            let only = Only(stream)
            handler = StubHandler(stream: { _ in
                guard let stream = only.take() else {
                    return .failure(Problem(.notFound, "it was opened already"))
                }
                didOpen.yield()
                return .success(stream)
            })
        }

        private final class Only: Sendable {
            private let stream: Mutex<AsyncStream<ServerSentEvent>?>
            init(_ stream: AsyncStream<ServerSentEvent>) { self.stream = Mutex(stream) }

            func take() -> AsyncStream<ServerSentEvent>? {
                stream.withLock { stream in
                    defer { stream = nil }
                    return stream
                }
            }
        }

        func waitUntilOpened() async { for await _ in opened { break } }
        func waitUntilLeft() async { for await _ in left { break } }
    }

    @Test(
        "events arrive in their order, and the stream ends when the handler's does",
        arguments: Curl.Version.allCases)
    func order(version: Curl.Version) async throws {
        let events = Events()
        try await ServerUnderTest.run(handler: events.handler) { server in
            for number in 1...10 { events.input.yield(ServerSentEvent(name: "pull", data: "\(number)")) }
            events.input.finish()
            let answer = try await server.start("/v1/events", version, Self.token).answer()
            #expect(answer.exit == 0, "\(answer.errors)")
            #expect(answer.status == 200)
            #expect(answer.header("content-type") == "text/event-stream")
            #expect(answer.header("cache-control") == "no-store")
            let received = answer.body.replacing(":\n\n", with: "")
            #expect(received == (1...10).map { "event: pull\ndata: \($0)\n\n" }.joined())
        }
    }

    @Test("the server's end ends the stream in good order", arguments: Curl.Version.allCases)
    func shutdown(version: Curl.Version) async throws {
        let events = Events()
        try await ServerUnderTest.run(handler: events.handler) { server in
            let client = try server.start("/v1/events", version, Self.token)
            await events.waitUntilOpened()
            await server.group.triggerGracefulShutdown()
            let answer = await client.answer()
            #expect(answer.exit == 0, "\(answer.errors)")
            #expect(answer.status == 200)
            await events.waitUntilLeft()
        }
    }

    @Test("many streams at once all end in good order", arguments: Curl.Version.allCases)
    func manyStreams(version: Curl.Version) async throws {
        let count = 24
        let (opened, didOpen) = AsyncStream.makeStream(of: Void.self)
        let handler = StubHandler(stream: { _ in
            didOpen.yield()
            return .success(AsyncStream { $0.onTermination = { _ in } })
        })
        try await ServerUnderTest.run(handler: handler) { server in
            let clients = try (0..<count).map { _ in try server.start("/v1/events", version, Self.token) }
            var iterator = opened.makeAsyncIterator()
            for _ in 0..<count { await iterator.next() }
            await server.group.triggerGracefulShutdown()
            for client in clients {
                let answer = await client.answer()
                #expect(answer.exit == 0, "\(answer.errors)")
            }
        }
    }

    @Test("the handler learns at once that a client has left", arguments: Curl.Version.allCases)
    func clientLeaves(version: Curl.Version) async throws {
        var limits = HTTPLimits()
        limits.heartbeat = .seconds(3_600)
        let events = Events()
        try await ServerUnderTest.run(limits: limits, handler: events.handler) { server in
            let client = try server.start("/v1/events", version, Self.token)
            await events.waitUntilOpened()
            client.kill()
            _ = await client.answer()
            await events.waitUntilLeft()
        }
    }

    @Test("heartbeats come at once and then with every beat of the clock", arguments: Curl.Version.allCases)
    func heartbeats(version: Curl.Version) async throws {
        let events = Events()
        let clock = BeatingClock(beats: 30) { events.input.finish() }
        try await ServerUnderTest.run(clock: clock, handler: events.handler) { server in
            let answer = try await server.start("/v1/events", version, Self.token).answer()
            #expect(answer.exit == 0, "\(answer.errors)")
            #expect(answer.body == String(repeating: ":\n\n", count: 31))
        }
    }

    @Test(
        "a connection over which nothing goes is closed, whatever it waits for",
        arguments: Curl.Version.allCases)
    func silence(version: Curl.Version) async throws {
        var limits = HTTPLimits()
        limits.silence = .seconds(1)
        let events = Events()
        try await ServerUnderTest.run(limits: limits, handler: events.handler) { server in
            let answer = try await server.start("/v1/events", version, Self.token).answer()
            #expect(answer.exit != 0 && answer.exit != 28)
            // On a busy machine the handshake alone may take longer.
            if !server.handler.requests.isEmpty { await events.waitUntilLeft() }
        }
    }

    @Test("a client that does not keep up is cut off")
    func slowClient() async throws {
        var limits = HTTPLimits()
        limits.waitingEvents = 4
        let events = Events()
        try await ServerUnderTest.run(tls: false, limits: limits, handler: events.handler) { server in
            for _ in 0..<1_000 {
                events.input.yield(ServerSentEvent(data: String(repeating: "x", count: 10_000)))
            }
            let answer = try await server.start("/v1/events", .http1, Self.token).answer()
            #expect(answer.exit == 0, "\(answer.errors)")
            #expect(answer.body.utf8.count < 10_000_000)
            await events.waitUntilLeft()
        }
    }

    @Test("a request that runs when the server is told to end is answered", arguments: Curl.Version.allCases)
    func finishesRequests(version: Curl.Version) async throws {
        let (reached, didReach) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let handler = StubHandler(respond: { _ in
            didReach.yield()
            for await _ in released { break }
            return ServerResponse(contentType: "text/plain", body: Array("done".utf8))
        })
        try await ServerUnderTest.run(handler: handler) { server in
            let client = try server.start("/healthz", version)
            for await _ in reached { break }
            await server.group.triggerGracefulShutdown()
            release.yield()
            let answer = await client.answer()
            #expect(answer.status == 200, "\(answer.errors)")
            #expect(answer.body == "done")
        }
    }

    @Test(
        "a client that does not answer does not hold up the end",
        arguments: [
            (true, []), (true, [0x16, 0x03, 0x01, 0x02, 0x00, 0x01]), (false, []),
            (false, Array("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".utf8)),
            (false, Array("POST /v1/enroll HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1".utf8)),
        ] as [(Bool, [UInt8])])
    func stubbornClient(tls: Bool, bytes: [UInt8]) async throws {
        var limits = HTTPLimits()
        limits.shutdown = .milliseconds(500)
        try await ServerUnderTest.run(tls: tls, limits: limits) { server in
            async let exchange = RawClient.exchange(port: server.port, send: bytes)
            // The client is there, or waits to be accepted, once another one has been served.
            _ = try await server.curl("/healthz", .http1)
            await server.group.triggerGracefulShutdown()
            #expect(await exchange != nil)
        }
    }

    @Test("an HTTP/2 client that does not answer the farewell does not hold up the end")
    func stubbornHTTP2Client() async throws {
        var limits = HTTPLimits()
        limits.shutdown = .milliseconds(500)
        let (reached, didReach) = AsyncStream.makeStream(of: Void.self)
        let handler = StubHandler(respond: { _ in
            didReach.yield()
            return ServerResponse()
        })
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("h2-" + UUID().uuidString)
        try Data(Self.http2Request).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await ServerUnderTest.run(limits: limits, handler: handler) { server in
            let address = "127.0.0.1:\(server.port)"
            let client = try ChildProcess(
                ["openssl", "s_client", "-quiet", "-alpn", "h2", "-connect", address], input: file.path,
                output: "/dev/null")
            for await _ in reached { break }
            await server.group.triggerGracefulShutdown()
            #expect(await client.exitCode() >= 0)
        }
    }

    @Test("A client that is asleep is not waited for once its answers are written")
    func asleep() async throws {
        var limits = HTTPLimits()
        // Far beyond what this test may take.
        (limits.shutdown, limits.farewell) = (.seconds(3_600), .milliseconds(200))
        let events = Events()
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("h2-" + UUID().uuidString)
        try Data(Self.http2Events).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await ServerUnderTest.run(limits: limits, handler: events.handler) { server in
            let address = "127.0.0.1:\(server.port)"
            let client = try ChildProcess(
                ["openssl", "s_client", "-quiet", "-alpn", "h2", "-connect", address], input: file.path,
                output: "/dev/null")
            await events.waitUntilOpened()
            await server.group.triggerGracefulShutdown()
            #expect(await client.exitCode() >= 0)
            await events.waitUntilLeft()
        }
    }

    /// The preface, empty settings, and `GET /v1/events` with a token as stream 1.
    private static let http2Events: [UInt8] =
        Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        + [0, 0, 0, 4, 0, 0, 0, 0, 0]
        + [0, 0, 28, 1, 5, 0, 0, 0, 1, 0x82, 0x87, 0x44, 10] + Array("/v1/events".utf8)
        + [0x41, 1, 0x61, 0x0F, 8, 8] + Array("Bearer t".utf8)

    /// The preface, empty settings, and `GET /healthz` as stream 1 (RFC 9113, 3.4 and 6.2; RFC 7541).
    private static let http2Request: [UInt8] =
        Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        + [0, 0, 0, 4, 0, 0, 0, 0, 0]
        + [0, 0, 15, 1, 5, 0, 0, 0, 1, 0x82, 0x87, 0x44, 8] + Array("/healthz".utf8) + [0x41, 1, 0x61]
}

/// A clock on which every sleep ends at once, a number of times; then it stands still.
private final class BeatingClock: Clock {
    typealias Instant = ContinuousClock.Instant

    private let left: Mutex<Int>
    private let onLast: @Sendable () -> Void

    init(beats: Int, onLast: @escaping @Sendable () -> Void) {
        left = Mutex(beats)
        self.onLast = onLast
    }

    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let beatsLeft = left.withLock { left in
            left -= 1
            return left
        }
        if beatsLeft >= 0 { return }
        onLast()
        throw CancellationError()
    }
}
