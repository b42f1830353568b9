import Testing
import TrialModel

@testable import SyncClient

/// The transport against a server that says exactly what the test wants, over a real socket.
@Suite(.timeLimit(.minutes(10))) struct CurlTransportTests {
    let transport = CurlTransport(trust: .loopbackPlain, userAgent: "trialsync/test")

    @Test("An ordinary exchange carries method, headers and body both ways")
    func ordinary() async throws {
        let server = try LoopbackServer { connection in
            let request = connection.readRequest() ?? ""
            connection.write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
            connection.write("HTTP/1.1 201 Created\r\nContent-Length: \(request.utf8.count)\r\n")
            connection.write("X-Twice: a\r\nx-twice:  b\r\nEmpty:\r\n\r\n\(request)")
        }
        let request = TransportRequest(
            method: "POST", url: server.url + "v1/x?y=1", headers: [("X-Asked", "yes"), ("X-Empty", "")],
            body: Array("hello".utf8))
        let response = try await transport.send(request)
        #expect(response.status == 201)
        #expect(response.headers["x-twice"] == "a, b")
        #expect(response.headers["empty"] == "")
        #expect(response.headers["link"] == nil)
        #expect(response.bytesSent == 5)
        #expect(response.bytesReceived == response.body.count)
        let lines = String(decoding: response.body, as: UTF8.self).split(separator: "\r\n").map(String.init)
        #expect(lines.first == "POST /v1/x?y=1 HTTP/1.1")
        #expect(lines.last == "hello")
        #expect(lines.contains("X-Asked: yes"))
        #expect(lines.contains("X-Empty:"))
        #expect(lines.contains("User-Agent: trialsync/test"))
        let names = lines.map { $0.lowercased() }
        #expect(!names.contains { $0.hasPrefix("expect") || $0.hasPrefix("content-type") })
    }

    @Test(
        "A status that is no success, and a redirect, are answers like any other", arguments: [302, 404, 503])
    func statuses(status: Int) async throws {
        let server = try LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 \(status) X\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")
        }
        let response = try await transport.send(TransportRequest(method: "POST", url: server.url))
        #expect(response.status == status)
        #expect(response.headers["location"] == "/other")
        #expect(response.body.isEmpty)
    }

    @Test("A body of 4 MiB goes out whole, and the connection is used again")
    func largeAndReused() async throws {
        let (connections, opened) = AsyncStream<Void>.makeStream()
        let server = try LoopbackServer { connection in
            opened.yield()
            while let request = connection.readRequest() {
                let count = "\(request.utf8.filter { $0 == UInt8(ascii: "~") }.count)"
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(count.utf8.count)\r\n\r\n\(count)")
            }
        }
        let size = 4 * 1024 * 1024
        for _ in 0..<3 {
            let body = [UInt8](repeating: UInt8(ascii: "~"), count: size)
            let response = try await transport.send(
                TransportRequest(method: "POST", url: server.url, body: body))
            #expect(String(decoding: response.body, as: UTF8.self) == "\(size)")
            #expect(response.bytesSent == size)
        }
        opened.finish()
        var count = 0
        for await _ in connections { count += 1 }
        #expect(count == 1)
    }

    @Test("Many requests at one time each get their own answer")
    func concurrent() async throws {
        let server = try LoopbackServer { connection in
            while let request = connection.readRequest() {
                let path = String(request.split(separator: " ")[1])
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(path.utf8.count)\r\n\r\n\(path)")
            }
        }
        try await withThrowingTaskGroup { group in
            for number in 0..<50 {
                group.addTask {
                    let url = server.url + "\(number)"
                    let response = try await transport.send(TransportRequest(method: "GET", url: url))
                    #expect(String(decoding: response.body, as: UTF8.self) == "/\(number)")
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(
        "What the link or the server breaks off is named, and nothing of it is taken",
        arguments: [
            ("", .serverUnreachable),
            ("HTTP/1.1 200 OK\r\nContent-Len", .serverUnreachable),
            ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", .serverUnreachable),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf", .serverUnreachable),
            ("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", .bodyTooLarge),
            ("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 101), .bodyTooLarge),
            (
                "HTTP/1.1 200 OK\r\n"
                    + String(repeating: "X: \(String(repeating: "y", count: 1000))\r\n", count: 70)
                    + "\r\n", .bodyTooLarge
            ),
            ("220 mail.example.org ESMTP\r\n", .malformed),
        ] as [(String, ProblemCode)])
    func broken(answer: String, code: ProblemCode) async throws {
        let server = try LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write(answer)
        }
        var request = TransportRequest(method: "GET", url: server.url)
        request.limits.responseLimitBytes = 100
        let problem = await #expect(throws: Problem.self) { try await transport.send(request) }
        #expect(problem?.code == code)
        #expect(problem?.message.contains("127.0.0.1:\(server.port)") == true)
        #expect(problem?.message.contains("\n") == false)
    }

    @Test("An answer of exactly the limit is taken")
    func atLimit() async throws {
        let server = try LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 100))
        }
        var request = TransportRequest(method: "GET", url: server.url)
        request.limits.responseLimitBytes = 100
        #expect(try await transport.send(request).body.count == 100)
    }

    @Test("A refused connection is an unreachable server")
    func refused() async throws {
        let request = TransportRequest(method: "GET", url: try LoopbackServer.refusedURL())
        let problem = await #expect(throws: Problem.self) { try await transport.send(request) }
        #expect(problem?.code == .serverUnreachable)
        #expect(problem?.remedy == ProblemCode.serverUnreachable.remedy)
    }

    @Test("A server that says nothing is given up at the limit", arguments: [true, false])
    func silentServer(isTotal: Bool) async throws {
        let server = try LoopbackServer { $0.waitForClose() }
        var request = TransportRequest(method: "GET", url: server.url)
        if isTotal { request.limits.totalTimeoutSeconds = 1 } else { request.limits.lowSpeedSeconds = 1 }
        let problem = await #expect(throws: Problem.self) { try await transport.send(request) }
        #expect(problem?.code == .serverUnreachable)
    }

    @Test("What the trust does not cover is refused at once")
    func notAllowed() async throws {
        let request = TransportRequest(method: "GET", url: "http://example.org/")
        let sent = await #expect(throws: Problem.self) { try await transport.send(request) }
        #expect(sent?.code == .notAllowed)
        let streamed = await #expect(throws: Problem.self) { for try await _ in transport.stream(request) {} }
        #expect(streamed?.code == .notAllowed)
    }
}
