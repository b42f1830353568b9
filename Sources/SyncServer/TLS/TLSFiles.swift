import Crypto
package import Foundation
import SwiftASN1
package import TrialModel
import X509

/// The server's certificates as they stand in `tls/` of its data directory.
///
/// | file | what |
/// |---|---|
/// | `ca.pem` | the authority's certificate, which laptops pin |
/// | `ca-key.pem` | the authority's key; needed to renew, not to serve |
/// | `server.pem` | the server's certificate, then the authority's |
/// | `server-key.pem` | the server's key |
///
/// The directory has mode 0700, each file 0600; keys are PKCS #8.
package struct TLSFiles: Sendable {
    /// The authority's certificate as PEM: what `GET /v1/ca` answers.
    package let authorityPEM: String
    /// Lower-case hex SHA-256 of the authority's DER: what an enrolment link carries.
    package let fingerprint: String
    /// The DNS names and addresses that the server's certificate covers.
    package let names: [String]
    /// The end of the server certificate's life.
    package let notValidAfter: Date
    let chainPEM: String
    let keyPEM: String

    /// Days before the end of its life from which a server certificate is renewed at start.
    static let renewalDays = 60.0

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
        try PrivateFile.move(partial.folder, to: path.folder)
        return try load(from: directory)
    }

    /// Reads what is needed to serve; the authority's key is left where it is.
    ///
    /// - Throws: `file-unreadable` for a file that is missing or barred, `malformed` for one that is damaged
    ///   or for files that do not belong together.
    package static func load(from directory: URL) throws(Problem) -> TLSFiles {
        let path = Paths(directory)
        let authorityPEM = try PrivateFile.read(path.authority)
        let chainPEM = try PrivateFile.read(path.server)
        let keyPEM = try PrivateFile.read(path.serverKey)
        guard let authority = try? Certificate(pemEncoded: authorityPEM) else {
            throw Problem(.malformed, "\(path.authority) is not a certificate")
        }
        let leaf = try leafCertificate(chainPEM, path: path.server)
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: keyPEM),
            Certificate.PublicKey(key.publicKey) == leaf.publicKey
        else { throw Problem(.malformed, "\(path.serverKey) is not the key of \(path.server)") }
        guard authority.publicKey.isValidSignature(leaf.signature, for: leaf) else {
            throw Problem(.malformed, "\(path.server) was not signed by \(path.authority)")
        }
        let names = (try? leaf.extensions.subjectAlternativeNames)?.compactMap { ServerName($0)?.text } ?? []
        return TLSFiles(
            authorityPEM: authorityPEM, fingerprint: try authority.fingerprint(), names: names,
            notValidAfter: leaf.notValidAfter, chainPEM: chainPEM, keyPEM: keyPEM)
    }

    /// Loads, and signs the server certificate anew if it ends within sixty days.
    ///
    /// Names and keys stay, and so does the authority: laptops notice nothing.
    /// - Throws: as ``load(from:)``; a renewal that fails is thrown only once the certificate has ended.
    package static func loadRenewing(from directory: URL, now: Date) throws(Problem) -> TLSFiles {
        let files = try load(from: directory)
        guard files.notValidAfter.timeIntervalSince(now) < renewalDays * 86_400 else { return files }
        do {
            return try renew(files, in: directory, now: now)
        } catch  where files.notValidAfter > now {
            return files
        }
    }

    private static func renew(_ files: TLSFiles, in directory: URL, now: Date) throws(Problem) -> TLSFiles {
        let path = Paths(directory)
        let authority = try CertificateAuthority(
            certificatePEM: files.authorityPEM, keyPEM: try PrivateFile.read(path.authorityKey))
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: files.keyPEM) else {
            throw Problem(.malformed, "\(path.serverKey) is not a P-256 key")
        }
        let server = try authority.issueServerCertificate(names: files.names, key: key, now: now)
        try PrivateFile.replace(path.server, try server.certificatePEM + files.authorityPEM)
        return try load(from: directory)
    }

    /// The first certificate of a chain file.
    private static func leafCertificate(_ chainPEM: String, path: String) throws(Problem) -> Certificate {
        let end = "-----END CERTIFICATE-----"
        guard let range = chainPEM.range(of: end),
            let leaf = try? Certificate(pemEncoded: String(chainPEM[..<range.upperBound]))
        else { throw Problem(.malformed, "\(path) does not begin with a certificate") }
        return leaf
    }

    private struct Paths {
        let folder: String
        var authority: String { folder + "/ca.pem" }
        var authorityKey: String { folder + "/ca-key.pem" }
        var server: String { folder + "/server.pem" }
        var serverKey: String { folder + "/server-key.pem" }

        init(_ directory: URL) { folder = directory.appendingPathComponent("tls").path }
        init(folder: String) { self.folder = folder }
    }
}
