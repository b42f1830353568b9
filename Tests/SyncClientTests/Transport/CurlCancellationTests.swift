import Testing
import TrialModel

@testable import SyncClient

/// How a request ends before its answer: by its task, or with the transport.
@Suite(.timeLimit(.minutes(10))) struct CurlCancellationTests {
    /// A server that takes a request and never answers; it tells what it saw.
    private static func mute() throws -> (LoopbackServer, AsyncStream<String>) {
        let (signs, sign) = AsyncStream<String>.makeStream()
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            sign.yield("asked")
            connection.waitForClose()
            sign.yield("closed")
        }
        return (server, signs)
    }

    @Test("A cancelled task ends its transfer, and the transport goes on")
    func task() async throws {
        let (server, signs) = try Self.mute()
        let transport = CurlTransport(trust: .loopbackPlain, userAgent: "t")
        let request = TransportRequest(method: "POST", url: server.url, body: [1])
        let sending = Task { try await transport.send(request) }
        var sign = signs.makeAsyncIterator()
        #expect(await sign.next() == "asked")
        sending.cancel()
        let problem = await #expect(throws: Problem.self) { try await sending.value }
        #expect(problem?.code == .cancelled)
        #expect(await sign.next() == "closed")

        let other = try LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 204 No Content\r\n\r\n")
        }
        #expect(try await transport.send(TransportRequest(method: "GET", url: other.url)).status == 204)
    }

    @Test("A task that is cancelled already sends nothing")
    func beforehand() async throws {
        let transport = CurlTransport(trust: .loopbackPlain, userAgent: "t")
        let request = TransportRequest(method: "GET", url: "http://127.0.0.1:1/")
        let sending = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await transport.send(request)
        }
        let problem = await #expect(throws: Problem.self) { try await sending.value }
        #expect(problem?.code == .cancelled)
    }

    @Test("Cancelling at any moment gives one outcome, never none")
    func anyMoment() async throws {
        let server = try LoopbackServer { connection in
            while connection.readRequest() != nil {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        let transport = CurlTransport(trust: .loopbackPlain, userAgent: "t")
        let request = TransportRequest(method: "GET", url: server.url)
        for yields in 0..<200 {
            let sending = Task { try await transport.send(request) }
            for _ in 0..<(yields % 20) { await Task.yield() }
            sending.cancel()
            do {
                #expect(try await sending.value.status == 200)
            } catch let problem as Problem {
                #expect(problem.code == .cancelled)
            }
        }
    }

    @Test("Closing the transport fails what is under way and all that comes later")
    func close() async throws {
        let (server, signs) = try Self.mute()
        let transport = CurlTransport(trust: .loopbackPlain, userAgent: "t")
        let request = TransportRequest(method: "GET", url: server.url)
        let sending = Task { try await transport.send(request) }
        var sign = signs.makeAsyncIterator()
        #expect(await sign.next() == "asked")
        transport.close()
        let under = await #expect(throws: Problem.self) { try await sending.value }
        #expect(under?.code == .cancelled)
        #expect(await sign.next() == "closed")
        let later = await #expect(throws: Problem.self) { try await transport.send(request) }
        #expect(later?.code == .cancelled)
        let stream = await #expect(throws: Problem.self) { for try await _ in transport.stream(request) {} }
        #expect(stream?.code == .cancelled)
    }

    @Test("A transport that nobody holds any more ends its streams")
    func dropped() async throws {
        let (server, signs) = try Self.mute()
        var transport: CurlTransport? = CurlTransport(trust: .loopbackPlain, userAgent: "t")
        let stream = try #require(transport).stream(TransportRequest(method: "GET", url: server.url))
        var sign = signs.makeAsyncIterator()
        #expect(await sign.next() == "asked")
        transport = nil
        let problem = await #expect(throws: Problem.self) { for try await _ in stream {} }
        #expect(problem?.code == .cancelled)
        #expect(await sign.next() == "closed")
    }
}
