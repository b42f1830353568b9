import Testing
import TrialModel

@testable import SyncClient

@Suite struct TransportAddressTests {
    static let pinned = ServerTrust.pinned(caPEM: [])

    @Test(
        "Addresses that the trust covers",
        arguments: [
            (pinned, "https://trial.example.org/v1/x", "trial.example.org"),
            (.system, "HTTPS://Trial.example.org:8443/", "Trial.example.org:8443"),
            (.bootstrap, "https://[2001:db8::1]:8443/", "[2001:db8::1]:8443"),
            (.loopbackPlain, "http://127.0.0.1:8080/", "127.0.0.1:8080"),
            (.loopbackPlain, "http://[::1]:8080/", "[::1]:8080"),
            (.loopbackPlain, "http://localhost/", "localhost"),
        ] as [(ServerTrust, String, String)])
    func covered(trust: ServerTrust, url: String, name: String) throws {
        #expect(try TransportRequest(method: "GET", url: url).checked(under: trust).name == name)
    }

    @Test(
        "Addresses that are refused before anything is sent",
        arguments: [
            (pinned, "http://trial.example.org/", .notAllowed),
            (pinned, "http://127.0.0.1/", .notAllowed),
            (.system, "http://localhost/", .notAllowed),
            (.bootstrap, "http://trial.example.org/", .notAllowed),
            (.loopbackPlain, "http://trial.example.org/", .notAllowed),
            (.loopbackPlain, "http://127.0.0.1.example.org/", .notAllowed),
            (.loopbackPlain, "http://localhost.example.org/", .notAllowed),
            (.loopbackPlain, "https://127.0.0.1/", .notAllowed),
            (.loopbackPlain, "http://localhost@example.org/", .malformed),
            (.loopbackPlain, "http://localhost:1@example.org/", .malformed),
            (.system, "ftp://example.org/", .notAllowed),
            (.system, "file:///etc/passwd", .malformed),
            (.system, "example.org", .malformed),
            (.system, "https://", .malformed),
            (.system, "", .malformed),
            (.system, "https://example.org/a b", .malformed),
            (.system, "https://example.org/\r\nX: y", .malformed),
        ] as [(ServerTrust, String, ProblemCode)])
    func refused(trust: ServerTrust, url: String, code: ProblemCode) {
        let problem = #expect(throws: Problem.self) {
            try TransportRequest(method: "GET", url: url).checked(under: trust)
        }
        #expect(problem?.code == code)
    }

    @Test(
        "Headers that would end their line or have no name are refused",
        arguments: [
            ("X", "a\r\nY: b"), ("X\r\n", "a"), ("X:", "a"), ("", "a"), ("X Y", "a"), ("X", "a\u{0}"),
        ])
    func headers(name: String, value: String) {
        let request = TransportRequest(method: "GET", url: "https://example.org/", headers: [(name, value)])
        let problem = #expect(throws: Problem.self) { try request.checked(under: .system) }
        #expect(problem?.code == .malformed)
    }

    @Test("Before the server is known nothing is sent to it but a plain question")
    func bootstrap() throws {
        let url = "https://example.org/ca.pem"
        let requests = [
            TransportRequest(method: "POST", url: url, body: [1]),
            TransportRequest(method: "GET", url: url, headers: [("AUTHORIZATION", "Bearer x")]),
        ]
        for request in requests {
            let problem = #expect(throws: Problem.self) { try request.checked(under: .bootstrap) }
            #expect(problem?.code == .notAllowed)
        }
        _ = try TransportRequest(method: "GET", url: url, headers: [("Accept", "*/*")]).checked(
            under: .bootstrap)
    }

    @Test(
        "Methods other than GET and POST, and GET with a body, are refused",
        arguments: [
            ("PUT", nil), ("get", nil), ("GET", [1]),
        ] as [(String, [UInt8]?)])
    func methods(method: String, body: [UInt8]?) {
        let request = TransportRequest(method: method, url: "https://example.org/", body: body)
        let problem = #expect(throws: Problem.self) { try request.checked(under: .system) }
        #expect(problem?.code == .malformed)
    }
}
