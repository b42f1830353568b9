import SwiftASN1
import TrialModel
import X509

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// One name that a server answers to: a DNS name, or an IP address.
struct ServerName: Hashable, Sendable {
    /// As it is printed: a lower-case DNS name, or an address in its usual form.
    let text: String
    /// Four or sixteen bytes in network order; `nil` for a DNS name.
    let address: [UInt8]?

    /// What every server certificate covers.
    static let always = ["localhost", "127.0.0.1", "::1"]

    /// - Throws: `name-invalid` for what is neither a DNS name of letters, digits and hyphens nor an IP
    ///   address.
    init(_ name: String) throws(Problem) {
        if let address = Self.addressBytes(name) {
            self.address = address
            self.text = Self.addressText(address)
        } else if let host = Self.hostName(name) {
            self.address = nil
            self.text = host
        } else {
            throw Problem(
                .nameInvalid, "`\(name)` is neither a DNS name nor an IP address",
                remedy: "give it without scheme and port, for example trial.example.org or 192.0.2.7")
        }
    }

    private init(address: [UInt8]) {
        self.address = address
        self.text = Self.addressText(address)
    }

    /// The names without doubles, in their order, followed by those of ``always`` that are missing.
    static func list(_ names: [String]) throws(Problem) -> [ServerName] {
        var list: [ServerName] = []
        for name in names + always {
            let name = try ServerName(name)
            if !list.contains(name) { list.append(name) }
        }
        return list
    }

    /// The form in a certificate's SubjectAlternativeName (RFC 5280, 4.2.1.6).
    var generalName: GeneralName {
        guard let address else { return .dnsName(text) }
        return .ipAddress(ASN1OctetString(contentBytes: address[...]))
    }

    /// Reads a name of a certificate; `nil` for kinds that name no server.
    init?(_ name: GeneralName) {
        switch name {
        case .dnsName(let host):
            guard let name = try? ServerName(host) else { return nil }
            self = name
        case .ipAddress(let octets) where [4, 16].contains(octets.bytes.count):
            self.init(address: Array(octets.bytes))
        default:
            return nil
        }
    }

    private static func addressBytes(_ text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    private static func addressText(_ address: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: 64)
        let family = address.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, address, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Labels of 1 to 63 letters, digits and inner hyphens, 253 characters at most (RFC 1123, 2.1).
    private static func hostName(_ text: String) -> String? {
        let host = text.lowercased()
        guard (1...253).contains(host.utf8.count) else { return nil }
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let hyphen = UInt8(ascii: "-")
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        for label in labels {
            guard (1...63).contains(label.count), label.first != hyphen, label.last != hyphen,
                label.allSatisfy({ letters.contains($0) || digits.contains($0) || $0 == hyphen })
            else { return nil }
        }
        // A last label of digits only would be a mistyped IPv4 address.
        guard let last = labels.last, !last.allSatisfy({ digits.contains($0) }) else { return nil }
        return host
    }
}
