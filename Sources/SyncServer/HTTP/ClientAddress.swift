import HTTPTypes
package import TrialModel

/// The address a request came from: four or sixteen bytes, so that no text of a client reaches the log.
package struct ClientAddress: Hashable, Sendable {
    /// In its usual form.
    let text: String
    private let bytes: [UInt8]

    /// - Returns: `nil` for what is no IP address.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 64, let name = try? ServerName(String(text)), let address = name.address
        else { return nil }
        (bytes, self.text) = (address, name.text)
    }
}

/// The reverse proxies whose `X-Forwarded-For` is believed: none unless they are named.
package struct TrustedProxies: Hashable, Sendable {
    private let addresses: Set<ClientAddress>

    package init() { addresses = [] }

    /// - Throws: `usage` for what is no IP address.
    package init(_ texts: [String]) throws(Problem) {
        var addresses: Set<ClientAddress> = []
        for text in texts {
            guard let address = ClientAddress(text) else {
                throw Problem(
                    .usage, "\(text) is not the IP address of a proxy", remedy: "give one like 127.0.0.1")
            }
            addresses.insert(address)
        }
        self.addresses = addresses
    }

    /// Who is at the other end: the peer, or, behind trusted proxies, the last address that is none of
    /// theirs. What stands before it anybody could have written.
    func client(peer: String?, forwarded: String?) -> ClientAddress? {
        guard let peer = peer.flatMap({ ClientAddress($0) }) else { return nil }
        guard addresses.contains(peer), let forwarded, forwarded.utf8.count <= 1_024 else { return peer }
        var last = peer
        for part in forwarded.split(separator: ",").reversed() {
            guard let address = ClientAddress(part.trimmed) else { return last }
            last = address
            if !addresses.contains(address) { break }
        }
        return last
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let blanks: Set<Character> = [" ", "\t"]
        var text = drop { blanks.contains($0) }
        while let end = text.last, blanks.contains(end) { text.removeLast() }
        return text
    }
}

extension HTTPField.Name {
    /// Of no standard; what reverse proxies commonly add.
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")
}
