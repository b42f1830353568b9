import Foundation
import HTTPTypes
@testable import SyncServer
import Testing
import TrialModel

@Suite("Requests and answers of the sync server", .timeLimit(.minutes(10)))
struct ExchangeTests {
    private static let token = ["-H", "Authorization: Bearer t0ken"]

    @Test("the handler gets what was sent", arguments: Curl.Version.allCases)
    func request(version: Curl.Version) async throws {
        let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let file = try temporaryFile(body)
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await ServerUnderTest.run { server in
            let arguments =
                Self.token + [
                    "-H", "Content-Encoding: zstd", "-H", "Accept-Encoding: zstd, gzip", "--data-binary",
                    "@" + file,
                ]
            let answer = try await server.start("/v1/sites/PKU/sync?x=1", version, arguments).answer()
            #expect(answer.status == 200, "\(answer.errors)")
            let request = try #require(server.handler.requests.first)
            #expect(request.route == .sync)
            #expect(request.method == .post)
            #expect(request.path == "/v1/sites/PKU/sync")
            #expect(request.pathSite == "PKU")
            #expect(request.token == "t0ken")
            #expect(request.contentEncoding == "zstd")
            #expect(request.body == body)
            #expect(answer.header("x-request-id") == request.requestID)
            #expect(!request.requestID.isEmpty)
        }
    }

    @Test("a large answer arrives whole", arguments: Curl.Version.allCases)
    func largeAnswer(version: Curl.Version) async throws {
        let text = String(repeating: "0123456789abcdef", count: 250_000)
        let handler = StubHandler(respond: { _ in
            ServerResponse(status: 201, contentType: "application/x-test", body: Array(text.utf8))
        })
        try await ServerUnderTest.run(handler: handler) { server in
            let answer = try await server.curl("/v1/ca", version)
            #expect(answer.status == 201)
            #expect(answer.header("content-type") == "application/x-test")
            #expect(answer.body == text)
        }
    }

    @Test(
        "a refusal names its problem and has the headers of every answer",
        arguments: [
            ("/nowhere", [], 404, "not-found"),
            ("/v1/enroll", [], 405, "usage"),
            ("/healthz", ["-X", "DELETE"], 405, "usage"),
            ("/v1/events", [], 401, "token-invalid"),
            ("/v1/sites/PKU/sync", ["--data-binary", "x"], 401, "token-invalid"),
            ("/v1/events", token, 403, "not-allowed"),
        ] as [(String, [String], Int, String)])
    func refusals(path: String, arguments: [String], status: Int, code: String) async throws {
        try await ServerUnderTest.run { server in
            for version in Curl.Version.allCases {
                let answer = try await server.start(path, version, arguments).answer()
                #expect(answer.status == status, "\(answer.errors)")
                #expect(answer.exit == 0, "\(answer.errors)")
                #expect(answer.body.hasPrefix(#"{"error":{"code":"\#(code)","message":""#))
                #expect(answer.header("content-type") == "application/json")
                #expect(answer.header("cache-control") == "no-store")
                #expect(answer.header("x-content-type-options") == "nosniff")
                #expect(answer.header("strict-transport-security") == "max-age=31536000")
                #expect((answer.header("allow") != nil) == (status == 405))
                #expect((answer.header("www-authenticate") == "bearer") == (status == 401))
            }
        }
    }

    @Test("a method without a body in its answer gets none", arguments: Curl.Version.allCases)
    func head(version: Curl.Version) async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.curl("/healthz", version, "--head")
            #expect(answer.status == 405)
            #expect(answer.exit == 0)
        }
    }

    @Test("an answer's own header takes the place of the standard one")
    func ownHeaders() async throws {
        let handler = StubHandler(respond: { _ in ServerResponse(headers: [.cacheControl: "max-age=60"]) })
        try await ServerUnderTest.run(handler: handler) { server in
            let answer = try await server.curl("/v1/ca")
            #expect(answer.status == 200)
            #expect(answer.head.components(separatedBy: "cache-control").count == 2)
            #expect(answer.header("cache-control") == "max-age=60")
        }
    }

    @Test("an endless body is cut off with 413", arguments: Curl.Version.allCases)
    func endlessBody(version: Curl.Version) async throws {
        try await ServerUnderTest.run { server in
            for path in ["/v1/sites/PKU/sync", "/v1/enroll"] {
                let arguments = Self.token + ["-X", "POST", "-T", "-"]
                let answer = try await server.start(path, version, arguments, input: "/dev/zero").answer()
                #expect(answer.status == 413, "\(answer.errors)")
                #expect(answer.body.contains(#""code":"body-too-large""#))
            }
            #expect(server.handler.requests.isEmpty)
        }
    }

    @Test("a client that goes on sending after 413 is cut off")
    func endlessSender() async throws {
        var limits = HTTPLimits()
        limits.linger = .milliseconds(200)
        try await ServerUnderTest.run(tls: false, limits: limits) { server in
            let head = "POST /v1/enroll HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000000\r\n\r\n"
            let body = [UInt8](repeating: 0x61, count: 50_000_000)
            let received = await RawClient.exchange(port: server.port, send: Array(head.utf8) + body)
            #expect(received != nil, "the connection was left open")
        }
    }

    @Test("a body that is declared too large is refused before it is sent", arguments: Curl.Version.allCases)
    func declaredTooLarge(version: Curl.Version) async throws {
        let file = try temporaryFile([UInt8](repeating: 7, count: 5 << 20))
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await ServerUnderTest.run { server in
            let arguments = Self.token + ["-X", "POST", "-T", file, "--expect100-timeout", "40"]
            let answer = try await server.start("/v1/sites/PKU/sync", version, arguments).answer()
            #expect(answer.status == 413, "\(answer.errors)")
            // In HTTP/1.1 curl waits for 100 Continue; in HTTP/2 it begins at once.
            if version == .http1 { #expect(answer.uploadedBytes == 0) }
            #expect(server.handler.requests.isEmpty)
        }
    }

    @Test("a token that stands for nobody is refused before anything of the body has come")
    func refusedBeforeBody() async throws {
        try await ServerUnderTest.run(tls: false) { server in
            let head =
                "POST /v1/sites/PKU/sync HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer refused\r\n"
                + "Content-Length: 3000000\r\n\r\n"
            let received = await RawClient.exchange(port: server.port, send: Array(head.utf8))
            #expect(received?.hasPrefix("HTTP/1.1 401") == true)
            #expect(received?.contains("token-invalid") == true)
            #expect(server.handler.requests.isEmpty)
        }
    }

    @Test("a body at the limit is taken, one byte more is not", arguments: Curl.Version.allCases)
    func limit(version: Curl.Version) async throws {
        try await ServerUnderTest.run { server in
            for (count, status) in [(64 << 10, 200), (64 << 10 + 1, 413)] {
                let file = try temporaryFile([UInt8](repeating: 7, count: count))
                defer { try? FileManager.default.removeItem(atPath: file) }
                let answer = try await server.curl("/v1/enroll", version, "--data-binary", "@" + file)
                #expect(answer.status == status, "\(answer.errors)")
            }
        }
    }

    @Test("a client that waits for 100 Continue gets it")
    func continues() async throws {
        let file = try temporaryFile([UInt8](repeating: 7, count: 3 << 20))
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await ServerUnderTest.run { server in
            let arguments = Self.token + ["--data-binary", "@" + file, "--expect100-timeout", "40"]
            let answer = try await server.start("/v1/sites/PKU/sync", .http1, arguments).answer()
            #expect(answer.head.hasPrefix("http/1.1 100"))
            #expect(answer.status == 200)
            #expect(server.handler.requests.first?.body.count == 3 << 20)
        }
    }

    @Test("a body that does not come is given up with 408")
    func slowBody() async throws {
        var limits = HTTPLimits()
        limits.smallBody = .milliseconds(100)
        limits.linger = .seconds(1)
        try await ServerUnderTest.run(tls: false, limits: limits) { server in
            let request = "POST /v1/enroll HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345"
            let received = await RawClient.exchange(port: server.port, send: Array(request.utf8))
            #expect(received?.hasPrefix("HTTP/1.1 408") == true)
            #expect(received?.contains("body-incomplete") == true)
            #expect(server.handler.requests.isEmpty)
        }
    }

    @Test(
        "a body that is cut short never reaches the handler",
        arguments: [
            "Content-Length: 10\r\n\r\n12345", "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
            "Transfer-Encoding: chunked\r\n\r\n5\r\n123",
        ])
    func cutShort(rest: String) async throws {
        try await ServerUnderTest.run(tls: false) { server in
            let request = "POST /v1/enroll HTTP/1.1\r\nHost: a\r\n" + rest
            let received = await RawClient.exchange(
                port: server.port, send: Array(request.utf8), then: .closeWriting)
            #expect(received != nil)
            #expect(server.handler.requests.isEmpty)
        }
    }

    @Test("an address that asks too often is put off before anything of its request is read")
    func addressRate() async throws {
        var limits = HTTPLimits()
        limits.requestsPerAddress = Rate(perMinute: 1, burst: 1)
        try await ServerUnderTest.run(limits: limits) { server in
            #expect(try await server.curl("/healthz").status == 200)
            let refused = try await server.curl("/healthz")
            #expect(refused.status == 429 && refused.body.contains("too-many-requests"))
            let wait = try #require(refused.header("retry-after").flatMap { Int($0) })
            #expect((1...60).contains(wait))
            #expect(server.handler.requests.count == 1)
            #expect(server.log.all.contains { $0.contains("address=127.0.0.1 code=too-many-requests") })
        }
    }

    @Test("the log has one line a request, with the route and without path, token or body")
    func log() async throws {
        try await ServerUnderTest.run { server in
            let arguments = Self.token + ["--data-binary", "secret-body"]
            _ = try await server.start("/v1/sites/SECRETSITE/sync?secret-query", .http2, arguments).answer()
            _ = try await server.curl("/secret-path")
            let lines = server.log.all.filter { $0.hasPrefix("request ") }
            #expect(lines.count == 2)
            #expect(lines.first?.contains("in=11 method=POST ms=") == true)
            #expect(lines.first?.contains("out=2 route=/v1/sites/{site}/sync status=200") == true)
            #expect(lines.last?.contains("code=not-found") == true)
            #expect(lines.last?.contains("route=- status=404") == true)
            for line in server.log.all {
                #expect(!line.lowercased().contains("secret") && !line.contains("t0ken"))
            }
        }
    }

    private func temporaryFile(_ bytes: [UInt8]) throws -> String {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("body-" + UUID().uuidString)
        try Data(bytes).write(to: url)
        return url.path
    }
}
