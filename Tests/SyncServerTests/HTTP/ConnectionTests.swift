import Foundation
@testable import SyncServer
import Testing
import TrialModel

@Suite("Connections of the sync server", .timeLimit(.minutes(10)))
struct ConnectionTests {
    @Test("HTTP/1.1 and HTTP/2 are both spoken", arguments: zip(Curl.Version.allCases, ["1.1", "2"]))
    func versions(version: Curl.Version, name: String) async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.curl("/healthz", version)
            #expect(answer.status == 200, "\(answer.errors)")
            #expect(answer.httpVersion == name)
            #expect(answer.body == "ok")
        }
    }

    @Test("one connection serves many requests", arguments: Curl.Version.allCases)
    func reuse(version: Curl.Version) async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.curl(
                "/healthz", version, "-o", "/dev/null", server.url + "/healthz")
            #expect(answer.status == 200)
            #expect(answer.connects == 0, "the second request opened a connection")
        }
    }

    @Test("a client that offers to upgrade gets plain answers, each on a connection that is then closed")
    func upgrade() async throws {
        try await ServerUnderTest.run(tls: false) { server in
            let answer = try await server.curl(
                "/v1/enroll", .http2, "--data", "x", "-o", "/dev/null", server.url + "/v1/enroll")
            #expect(answer.exit == 0, "\(answer.errors)")
            #expect(answer.httpVersion == "1.1")
            #expect(answer.header("connection") == "close")
            #expect(server.handler.requests.count == 2)
        }
    }

    @Test("a client that does not know the authority refuses the server")
    func unknownAuthority() async throws {
        try await ServerUnderTest.run { server in
            let answer = try await Curl([server.url + "/healthz"]).answer()
            #expect(answer.exit == 60)
            #expect(answer.status == 0)
        }
    }

    @Test(
        "old TLS and old ciphers are refused, TLS 1.2 with modern ones is taken",
        arguments: [
            (["--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"], false),
            (["--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-SHA"], false),
            (["--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"], true),
            (["--tls-max", "1.2"], true),
            (["--tlsv1.3"], true),
        ])
    func tlsVersions(arguments: [String], taken: Bool) async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.start("/healthz", .http2, arguments).answer()
            #expect((answer.status == 200) == taken, "\(answer.errors)")
        }
    }

    @Test("plain HTTP is spoken on loopback when asked for, and nowhere else")
    func plain() async throws {
        try await ServerUnderTest.run(tls: false) { server in
            #expect(server.url.hasPrefix("http://127.0.0.1:"))
            let answer = try await server.curl("/healthz", .http1)
            #expect(answer.status == 200)
            #expect(answer.header("strict-transport-security") == nil)
        }
        let problem = #expect(throws: Problem.self) {
            try SyncHTTPServer(
                address: ServerAddress(host: "0.0.0.0", port: 0), tls: nil, handler: StubHandler(),
                logger: LogLines().logger, onListening: { _ in })
        }
        #expect(problem?.code == .notAllowed)
    }

    @Test("a port that is taken is a problem with a name")
    func addressInUse() async throws {
        try await ServerUnderTest.run(tls: false) { server in
            let second = try SyncHTTPServer(
                address: ServerAddress(host: "127.0.0.1", port: server.port), tls: nil,
                handler: StubHandler(),
                logger: LogLines().logger, onListening: { _ in Issue.record("it listens") })
            let problem = await #expect(throws: Problem.self) {
                try await second.run(second.serviceGroup(gracefulShutdownSignals: []))
            }
            #expect(problem?.code == .addressInUse)
            #expect(problem?.message.contains(":\(server.port)") == true)
        }
    }

    @Test("an address of another computer is a problem with a name")
    func foreignAddress() async throws {
        let server = try SyncHTTPServer(
            address: ServerAddress(host: "192.0.2.1", port: 0),
            tls: try LiveCertificate(try temporaryFiles()), handler: StubHandler(), logger: LogLines().logger,
            onListening: { _ in })
        let problem = await #expect(throws: Problem.self) {
            try await server.run(server.serviceGroup(gracefulShutdownSignals: []))
        }
        #expect(problem?.code == .nameInvalid)
    }

    @Test("a connection that never begins is closed", arguments: [true, false])
    func silentConnection(tls: Bool) async throws {
        var limits = HTTPLimits()
        limits.firstByte = .milliseconds(100)
        try await ServerUnderTest.run(tls: tls, limits: limits) { server in
            let received = await RawClient.exchange(port: server.port, send: [])
            #expect(received == "")
        }
    }

    @Test("a handshake that is not completed is closed")
    func stuckHandshake() async throws {
        var limits = HTTPLimits()
        limits.firstByte = .milliseconds(100)
        try await ServerUnderTest.run(limits: limits) { server in
            let received = await RawClient.exchange(
                port: server.port, send: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
            #expect(received != nil)
        }
    }

    @Test("a head that does not end is closed")
    func stuckHead() async throws {
        var limits = HTTPLimits()
        limits.idle = .milliseconds(100)
        try await ServerUnderTest.run(tls: false, limits: limits) { server in
            let received = await RawClient.exchange(
                port: server.port, send: Array("GET /healthz HTTP/1.1\r\nA: ".utf8))
            #expect(received != nil)
            #expect(server.handler.requests.isEmpty)
        }
    }

    @Test("an idle connection is closed")
    func idleConnection() async throws {
        var limits = HTTPLimits()
        limits.idle = .seconds(1)
        try await ServerUnderTest.run(tls: false, limits: limits) { server in
            let request = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
            let received = await RawClient.exchange(port: server.port, send: Array(request.utf8))
            #expect(received?.hasPrefix("HTTP/1.1 200") == true)
        }
    }

    @Test("heads above the limit are refused", arguments: Curl.Version.allCases)
    func largeHead(version: Curl.Version) async throws {
        try await ServerUnderTest.run { server in
            let fields = (0..<5).flatMap { ["-H", "X-\($0): " + String(repeating: "a", count: 8_000)] }
            let answer = try await server.start("/healthz", version, fields).answer()
            #expect(answer.status != 200)
            #expect(server.handler.requests.isEmpty)
        }
    }

    private func temporaryFiles() throws -> TLSFiles {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "tls-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try TLSFiles.create(in: directory, names: [], now: Date())
    }
}
