@testable import SyncServer
import Testing
import TrialModel

@Suite("The address to listen on")
struct ServerAddressTests {
    @Test(
        "it is read from HOST:PORT",
        arguments: [
            ("127.0.0.1:8443", "127.0.0.1", 8_443), ("[::1]:8443", "::1", 8_443), (":0", "0.0.0.0", 0),
            ("trial.example.org:443", "trial.example.org", 443), ("localhost:65535", "localhost", 65_535),
        ])
    func parses(text: String, host: String, port: Int) throws {
        #expect(try ServerAddress(parsing: text) == ServerAddress(host: host, port: port))
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "8443", "localhost", "localhost:", "localhost:x", "localhost:65536", "localhost:-1",
            "::1:8443",
            "[::1]", "[::1", "[localhost]:1", "a b:1", "localhost:+1", "localhost:٣",
        ])
    func refuses(text: String) {
        let problem = #expect(throws: Problem.self) { try ServerAddress(parsing: text) }
        #expect(problem?.code == .usage)
    }

    @Test(
        "loopback is known by name and address",
        arguments: [
            ("localhost", true), ("127.0.0.1", true), ("127.8.8.8", true), ("::1", true), ("0.0.0.0", false),
            ("::", false), ("192.0.2.1", false), ("example.org", false), ("127.0.0.1.example.org", false),
        ])
    func loopback(host: String, isLoopback: Bool) {
        #expect(ServerAddress(host: host, port: 1).isLoopback == isLoopback)
    }

    @Test(
        "its URL is one that this computer reaches and a certificate covers",
        arguments: [
            ("127.0.0.1", "https://127.0.0.1:5"), ("::1", "https://[::1]:5"),
            ("0.0.0.0", "https://127.0.0.1:5"),
            ("::", "https://[::1]:5"), ("trial.example.org", "https://trial.example.org:5"),
        ])
    func url(host: String, expected: String) {
        #expect(ServerAddress(host: host, port: 0).url(scheme: "https", port: 5) == expected)
    }
}
