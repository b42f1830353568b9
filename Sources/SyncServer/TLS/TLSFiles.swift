import Crypto
package import Foundation
import SwiftASN1
package import TrialModel
import TrialStore
import X509

/// The server's certificates as they stand in `tls/` of its data directory.
///
/// | file | what |
/// |---|---|
/// | `ca.pem` | the authority's certificate, which laptops pin |
/// | `ca-key.pem` | the authority's key; needed to renew, not to serve |
/// | `server.pem` | the server's certificate, then the authority's |
/// | `server-key.pem` | the server's key |
/// | `next-ca.pem`, `next-ca-key.pem` | the authority that is to take its place, see `TLSFiles+Authority` |
/// | `own.pem`, `own-key.pem` | a certificate of another authority, in place of all of them |
/// | `own-ca.pem` | that authority, if laptops are to pin it; without it they trust their system's |
///
/// The directory has mode 0700, each file 0600; keys are PEM.
package struct TLSFiles: Sendable {
    /// The authority's certificate as PEM: what `GET /v1/ca` answers; empty if laptops trust their system's.
    package let authorityPEM: String
    /// Lower-case hex SHA-256 of the authority's DER: what an enrolment link carries; empty as above.
    package let fingerprint: String
    /// The DNS names and addresses that the server's certificate covers.
    package let names: [String]
    /// The server certificate's life.
    package let notValidBefore: Date
    package let notValidAfter: Date
    /// Where the life of the authority begins; `nil` if it is not here.
    private let authorityBegins: Date?
    /// Whether the certificate was brought from elsewhere: then it is not renewed here.
    package let isOwn: Bool
    let chainPEM: String
    let keyPEM: String

    /// Days before the end of its life from which a server certificate is renewed.
    package static let renewalDays = 30.0

    /// Whether its end is so near that it should be renewed.
    package func endsSoon(_ now: Date) -> Bool {
        notValidAfter.timeIntervalSince(now) < Self.renewalDays * 86_400
    }

    /// Whether it was signed here by a clock that ran ahead: it begins later than now, and its authority does
    /// not. Where both do it is the clock of now that is wrong, and what is there stays.
    package func beginsLater(_ now: Date) -> Bool {
        guard !isOwn, let authorityBegins else { return false }
        return notValidBefore > now && authorityBegins <= now
    }

    /// Makes an authority and a server certificate and writes all four files, or none.
    ///
    /// - Parameters:
    ///   - directory: the server's data directory, which must exist.
    ///   - names: DNS names and IP addresses beside `localhost`, `127.0.0.1` and `::1`.
    ///   - now: the time at which the certificates' lives begin.
    /// - Throws: `already-exists` if there is a `tls` directory, `name-invalid`, `disk-full` or
    ///   `file-unreadable`.
    @discardableResult
    package static func create(in directory: URL, names: [String], now: Date) throws(Problem) -> TLSFiles {
        let path = Paths(directory)
        guard !PrivateFile.exists(path.folder) else { throw Problem(.alreadyExists, "\(path.folder) exists") }
        let authority = try CertificateAuthority.create(commonName: "TrialSync authority", now: now)
        let server = try authority.issueServerCertificate(names: names, now: now)

        // Written aside and renamed as a whole: an `init` that was cut short leaves no half set behind.
        let partial = Paths(folder: path.folder + ".partial")
        try? FileManager.default.removeItem(atPath: partial.folder)
        try PrivateFile.createDirectory(partial.folder)
        let authorityPEM = try authority.certificatePEM
        try PrivateFile.create(partial.authorityKey, authority.keyPEM + "\n")
        try PrivateFile.create(partial.authority, authorityPEM)
        try PrivateFile.create(partial.serverKey, server.keyPEM + "\n")
        try PrivateFile.create(partial.server, try server.certificatePEM + authorityPEM)
        try DurableNames.flush(partial.folder)
        try PrivateFile.move(partial.folder, to: path.folder)
        return try load(from: directory)
    }

    /// Reads what is needed to serve; the authority's key is left where it is.
    ///
    /// - Throws: `file-unreadable` for a file that is missing or barred, `malformed` for one that is damaged
    ///   or for files that do not belong together.
    package static func load(from directory: URL) throws(Problem) -> TLSFiles {
        let path = Paths(directory)
        if PrivateFile.exists(path.own) { return try loadOwn(path) }
        let chainPEM = try PrivateFile.read(path.server)
        let leaf = try leafCertificate(chainPEM, path: path.server)
        let keyPEM = try PrivateFile.read(path.serverKey)
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: keyPEM),
            Certificate.PublicKey(key.publicKey) == leaf.publicKey
        else { throw Problem(.malformed, "\(path.serverKey) is not the key of \(path.server)") }
        let signer = try signer(of: leaf, path)
        return try TLSFiles(leaf, authority: signer.certificate, chainPEM: chainPEM, keyPEM: keyPEM)
    }

    /// The authority that signed the server's certificate: during a change-over it is the next one.
    static func signer(
        of leaf: Certificate, _ path: Paths
    ) throws(Problem) -> (certificate: Certificate, keyPath: String) {
        let authority = try certificate(path.authority)
        if authority.publicKey.isValidSignature(leaf.signature, for: leaf) {
            return (authority, path.authorityKey)
        }
        if PrivateFile.exists(path.nextAuthority) {
            let next = try certificate(path.nextAuthority)
            if next.publicKey.isValidSignature(leaf.signature, for: leaf) {
                return (next, path.nextAuthorityKey)
            }
        }
        throw Problem(.malformed, "\(path.server) was not signed by \(path.authority)")
    }

    static func certificate(_ path: String) throws(Problem) -> Certificate {
        guard let certificate = try? Certificate(pemEncoded: try PrivateFile.read(path)) else {
            if !PrivateFile.exists(path) { _ = try PrivateFile.read(path) }
            throw Problem(.malformed, "\(path) is not a certificate")
        }
        return certificate
    }

    init(
        _ leaf: Certificate, authority: Certificate?, chainPEM: String, keyPEM: String, isOwn: Bool = false
    ) throws(Problem) {
        if let authority {
            (authorityPEM, fingerprint) = (try authority.pemText(), try authority.fingerprint())
        } else {
            (authorityPEM, fingerprint) = ("", "")
        }
        names = (try? leaf.extensions.subjectAlternativeNames)?.compactMap { ServerName($0)?.text } ?? []
        (notValidBefore, notValidAfter) = (leaf.notValidBefore, leaf.notValidAfter)
        authorityBegins = authority?.notValidBefore
        (self.chainPEM, self.keyPEM, self.isOwn) = (chainPEM, keyPEM, isOwn)
    }

    /// The first certificate of a chain file.
    static func leafCertificate(_ chainPEM: String, path: String) throws(Problem) -> Certificate {
        let end = "-----END CERTIFICATE-----"
        guard let range = chainPEM.range(of: end),
            let leaf = try? Certificate(pemEncoded: String(chainPEM[..<range.upperBound]))
        else { throw Problem(.malformed, "\(path) does not begin with a certificate") }
        return leaf
    }

    struct Paths {
        let folder: String
        var authority: String { folder + "/ca.pem" }
        var authorityKey: String { folder + "/ca-key.pem" }
        var server: String { folder + "/server.pem" }
        var serverKey: String { folder + "/server-key.pem" }
        var nextAuthority: String { folder + "/next-ca.pem" }
        var nextAuthorityKey: String { folder + "/next-ca-key.pem" }
        var own: String { folder + "/own.pem" }
        var ownKey: String { folder + "/own-key.pem" }
        var ownAuthority: String { folder + "/own-ca.pem" }

        /// What the daemon watches: a change of any is a change of what it should serve.
        var served: [String] { [server, serverKey, authority, nextAuthority, own, ownKey, ownAuthority] }

        init(_ directory: URL) { folder = directory.appendingPathComponent("tls").path }
        init(folder: String) { self.folder = folder }
    }
}
