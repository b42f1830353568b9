@testable import SyncServer
import Testing
import TrialModel

@Suite("Whose address a request bears")
struct ClientAddressTests {
    @Test("Without a trusted proxy, what a client says of itself is passed over")
    func untrusted() {
        let address = TrustedProxies().client(peer: "203.0.113.9", forwarded: "127.0.0.1")
        #expect(address?.text == "203.0.113.9")
    }

    @Test(
        "Behind trusted proxies it is the last address that is none of theirs",
        arguments: [
            ("198.51.100.7", "198.51.100.7"), ("6.6.6.6, 198.51.100.7", "198.51.100.7"),
            ("198.51.100.7, 10.0.0.2", "198.51.100.7"), ("2001:db8::1", "2001:db8::1"),
            ("6.6.6.6,\t198.51.100.7 ,10.0.0.2", "198.51.100.7"), ("\u{1b}[2J", "127.0.0.1"),
            ("", "127.0.0.1"),
            (String(repeating: "1.1.1.1,", count: 500), "127.0.0.1"),
        ])
    func trusted(forwarded: String, expected: String) throws {
        let proxies = try TrustedProxies(["127.0.0.1", "10.0.0.2"])
        #expect(proxies.client(peer: "127.0.0.1", forwarded: forwarded)?.text == expected)
        #expect(proxies.client(peer: "203.0.113.9", forwarded: forwarded)?.text == "203.0.113.9")
    }

    @Test("A proxy is named by its address", arguments: ["proxy", "", "10.0.0.0/8", "1.2.3"])
    func bad(text: String) {
        #expect(throws: Problem.self) { try TrustedProxies([text]) }
    }
}
