import CCurl
import TrialModel

/// Where a request goes, as libcurl itself reads the URL: what is checked is what is connected to.
struct TransportAddress: Hashable, Sendable {
    let scheme: String
    /// Without the brackets of an IPv6 address.
    let host: String
    /// `host:port` for messages, with the brackets of an IPv6 address; the port only where the URL names one.
    let name: String

    /// - Throws: `malformed` for what is no absolute URL, has a user name in it or control characters.
    init(_ url: String) throws(Problem) {
        guard let handle = curl_url() else {
            throw Problem(.internalError, "libcurl has no memory for a URL")
        }
        defer { curl_url_cleanup(handle) }
        let isPrintable = url.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
        guard isPrintable, curl_url_set(handle, CURLUPART_URL, url, UInt32(CURLU_DISALLOW_USER)) == CURLUE_OK,
            let scheme = Self.part(CURLUPART_SCHEME, of: handle),
            let host = Self.part(CURLUPART_HOST, of: handle)
        else {
            throw Problem(
                .malformed, "the server's address is not a URL of the form https://HOST[:PORT]/PATH")
        }
        self.scheme = scheme.lowercased()
        self.host = host.filter { $0 != "[" && $0 != "]" }
        self.name = Self.part(CURLUPART_PORT, of: handle).map { "\(host):\($0)" } ?? host
    }

    /// Whether no packet to it leaves this computer. `localhost` counts: libcurl answers that name by itself.
    var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(host.lowercased()) }

    /// - Throws: `not-allowed` where the trust does not cover the address.
    func check(under trust: ServerTrust) throws(Problem) {
        let remedy = "use the https:// address of the server"
        switch (trust, scheme) {
        case (.pinned, "https"), (.system, "https"), (.bootstrap, "https"): return
        case (.loopbackPlain, "http") where isLoopback: return
        case (.loopbackPlain, _):
            throw Problem(
                .notAllowed, "plain HTTP is only for a server on this computer, not for \(scheme)://\(name)",
                remedy: remedy)
        case (_, _):
            throw Problem(.notAllowed, "\(scheme)://\(name) is not encrypted or not HTTP", remedy: remedy)
        }
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
