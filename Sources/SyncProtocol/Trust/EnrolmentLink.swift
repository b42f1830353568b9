package import TrialModel

/// The one-time link that joins a laptop to a site: `trialsync://HOST:PORT/SITE/TOKEN#FINGERPRINT`.
///
/// The fingerprint is the SHA-256 of the centre's CA certificate: the laptop trusts that authority and no
/// other. `#system` in its place has it trust those of its system: the centre has a certificate of a public
/// authority. A link that lost its end on the way is none.
/// `trialsync+plain://` is the same without TLS, for a centre on loopback only.
package struct EnrolmentLink: Hashable, Sendable, CustomStringConvertible {
    /// `https://HOST:PORT`
    package let server: String
    package let site: SiteCode
    package let token: String
    /// Lower-case hexadecimal SHA-256; empty without TLS, and where the system's authorities are trusted.
    package let fingerprint: String

    package init(server: String, site: SiteCode, token: String, fingerprint: String) {
        (self.server, self.site, self.token, self.fingerprint) = (server, site, token, fingerprint)
    }

    private static let systemTrust = "system"

    package var isPlain: Bool { server.hasPrefix("http://") }

    /// - Throws: `Problem(.linkInvalid)`.
    package init(parsing text: String) throws(Problem) {
        let invalid = Problem(
            .linkInvalid, "this is not an enrolment link: trialsync://HOST:PORT/SITE/TOKEN#FINGERPRINT")
        let plain = text.hasPrefix("trialsync+plain://")
        guard plain || text.hasPrefix("trialsync://"), text.utf8.count <= 512 else { throw invalid }
        let parts = text.dropFirst(plain ? 18 : 12).split(separator: "#", omittingEmptySubsequences: false)
        let path = (parts.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
        guard path.count == 3, !path[0].isEmpty, let site = SiteCode(path[1]), site != .all,
            let token = Hex.decode(path[2]), token.count == 32
        else { throw invalid }
        let fingerprint = parts.count == 2 ? String(parts[1]) : ""
        let isSystem = fingerprint == Self.systemTrust
        guard plain ? parts.count == 1 : isSystem || Hex.decode(fingerprint)?.count == 32 else {
            throw invalid
        }
        self.init(
            server: (plain ? "http://" : "https://") + path[0], site: site, token: String(path[2]),
            fingerprint: isSystem ? "" : fingerprint.lowercased())
    }

    package var description: String {
        let address = server.split(separator: "/", maxSplits: 2).last.map(String.init) ?? ""
        let scheme = isPlain ? "trialsync+plain" : "trialsync"
        let trust = fingerprint.isEmpty ? Self.systemTrust : fingerprint
        return "\(scheme)://\(address)/\(site)/\(token)" + (isPlain ? "" : "#\(trust)")
    }
}
