import Dispatch
import Testing
import TrialModel

@testable import SyncClient

@Suite(.timeLimit(.minutes(10))) struct CurlStreamTests {
    let transport = CurlTransport(trust: .loopbackPlain, userAgent: "trialsync/test")

    static let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

    @Test("Each chunk comes while the stream is open")
    func chunks() async throws {
        let turn = DispatchSemaphore(value: 0)
        let server = try LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write(Self.head)
            connection.write("event: changed\ndata: 1\n\n")
            turn.wait()
            connection.write(": still here\n\nevent: changed\ndata: 2\n\n")
        }
        var parser = EventStreamParser()
        var data: [String] = []
        for try await chunk in transport.stream(TransportRequest(method: "GET", url: server.url)) {
            for event in try parser.feed(chunk) { data.append("\(event.name) \(event.data)") }
            if data.count == 1 { turn.signal() }
        }
        #expect(data == ["changed 1", "changed 2"])
    }

    @Test("The chunks before a broken end are given, then the problem")
    func broken() async throws {
        let server = try LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ndata: 1\n\n")
        }
        var bytes: [UInt8] = []
        let problem = await #expect(throws: Problem.self) {
            for try await chunk in transport.stream(TransportRequest(method: "GET", url: server.url)) {
                bytes += chunk
            }
        }
        #expect(problem?.code == .serverUnreachable)
        #expect(String(decoding: bytes, as: UTF8.self) == "data: 1\n\n")
    }

    @Test(
        "A status that is no success is a problem and no chunk",
        arguments: [
            (401, .tokenInvalid), (403, .notAllowed), (429, .tooManyRequests), (302, .serverFailed),
            (500, .serverFailed),
        ] as [(Int, ProblemCode)], ["", "words"])
    func statuses(answer: (status: Int, code: ProblemCode), body: String) async throws {
        let server = try LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write(
                "HTTP/1.1 \(answer.status) X\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }
        let problem = await #expect(throws: Problem.self) {
            for try await _ in transport.stream(TransportRequest(method: "GET", url: server.url)) {
                Issue.record("a chunk of an error page")
            }
        }
        #expect(problem?.code == answer.code)
    }

    @Test("A cancelled reader ends the stream at the server too")
    func cancelled() async throws {
        let (signs, sign) = AsyncStream<String>.makeStream()
        let server = try LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write(Self.head + "data: 1\n\n")
            connection.waitForClose()
            sign.yield("closed")
        }
        let reading = Task {
            for try await _ in transport.stream(TransportRequest(method: "GET", url: server.url)) {
                sign.yield("read")
            }
        }
        var next = signs.makeAsyncIterator()
        #expect(await next.next() == "read")
        reading.cancel()
        #expect(await next.next() == "closed")
        try await reading.value
    }

    @Test("A stream on which nothing comes is given up, one that is slow is not")
    func silence() async throws {
        let server = try LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write(Self.head + ":\n")
            connection.waitForClose()
        }
        var request = TransportRequest(method: "GET", url: server.url)
        request.limits = TransportLimits(lowSpeedBytesPerSecond: 1_000_000, lowSpeedSeconds: 2)
        var chunks = 0
        let problem = await #expect(throws: Problem.self) {
            for try await _ in transport.stream(request) { chunks += 1 }
        }
        #expect(chunks == 1)
        #expect(problem?.code == .serverUnreachable)
        #expect(problem?.message == "nothing came from 127.0.0.1:\(server.port) for 2 seconds")
    }

    @Test("A flood that nobody reads ends the stream instead of filling the memory")
    func flood() async throws {
        let (signs, sign) = AsyncStream<Void>.makeStream()
        let server = try LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write(Self.head)
            let chunk = String(repeating: "x", count: 1 << 20)
            for _ in 0..<64 { connection.write(chunk) }
            connection.waitForClose()
            sign.yield()
        }
        let stream = transport.stream(TransportRequest(method: "GET", url: server.url))
        for await _ in signs { break }
        var count = 0
        let problem = await #expect(throws: Problem.self) {
            for try await chunk in stream { count += chunk.count }
        }
        #expect(problem?.code == .bodyTooLarge)
        #expect(count <= CurlTransport.unreadChunkLimit * 16_384)
    }
}
