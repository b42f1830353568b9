package import TrialModel

/// Where the server listens: `HOST:PORT`, `[IPv6]:PORT`, or `:PORT` for every interface.
package struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address, without brackets.
    package let host: String
    /// 0 lets the system choose a free one.
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:8443`, `[::1]:8443` or `:0`.
    ///
    /// - Throws: `usage` for any other form.
    package init(parsing text: String) throws(Problem) {
        let problem = Problem(
            .usage, "`\(text)` is not an address to listen on",
            remedy: "write HOST:PORT, for example 0.0.0.0:8443, [::1]:8443 or :8443")
        guard let colon = text.lastIndex(of: ":") else { throw problem }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.count), digits.allSatisfy({ $0.isASCII && $0.isWholeNumber }),
            let port = Int(digits), (0...65_535).contains(port)
        else { throw problem }
        var host = text[..<colon]
        if host.hasPrefix("[") || host.hasSuffix("]") {
            guard host.hasPrefix("["), host.hasSuffix("]"), host.contains(":") else { throw problem }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") || host.contains(where: \.isWhitespace) {
            throw problem
        }
        self.init(host: host.isEmpty ? Self.everyInterface : String(host), port: port)
    }

    private static let everyInterface = "0.0.0.0"

    /// Whether only this computer can reach it: `localhost`, `127.0.0.0/8` or `::1`.
    package var isLoopback: Bool {
        guard let name = try? ServerName(host) else { return false }
        guard let address = name.address else { return name.text == "localhost" }
        return address.count == 4 ? address[0] == 127 : address == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// The URL under which this computer reaches the server.
    ///
    /// For every interface that is loopback's: `0.0.0.0` stands in no certificate.
    func url(scheme: String, port: Int) -> String {
        let host = ["0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host
        return "\(scheme)://\(Self.bracketed(host)):\(port)"
    }

    package var description: String { "\(Self.bracketed(host)):\(port)" }

    private static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
}
