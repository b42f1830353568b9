import Crypto
package import Foundation
package import TrialModel

extension TLSFiles {
    /// Loads, and signs the server certificate anew if it ends within thirty days, or begins later than now.
    ///
    /// Names and keys stay, and so does the authority: laptops notice nothing.
    /// - Throws: as ``load(from:)``; a renewal that fails is thrown only once the certificate has ended.
    package static func loadRenewing(from directory: URL, now: Date) throws(Problem) -> TLSFiles {
        let files = try load(from: directory)
        guard !files.isOwn, files.endsSoon(now) || files.beginsLater(now) else { return files }
        do {
            return try renew(in: directory, now: now)
        } catch  where files.notValidAfter > now {
            return files
        }
    }

    /// Signs the server certificate anew, whatever its age; the daemon takes it up within seconds.
    ///
    /// - Parameter names: what it should cover besides the names it has and loopback's.
    /// - Throws: `not-allowed` for a certificate that another authority signed; `name-invalid`,
    ///   `file-unreadable`, `malformed`.
    @discardableResult
    package static func renew(
        in directory: URL, adding names: [String] = [], now: Date
    ) throws(Problem) -> TLSFiles {
        let path = Paths(directory)
        let files = try load(from: directory)
        guard !files.isOwn else {
            throw Problem(
                .notAllowed, "the certificate in \(path.own) was not signed here",
                remedy: "have its authority renew it, then `trialsyncd tls install`")
        }
        let leaf = try leafCertificate(files.chainPEM, path: path.server)
        let signer = try signer(of: leaf, path)
        try write(
            files, names: files.names + names, signedBy: signer.certificate.pemText(), signer.keyPath, path,
            now)
        return try load(from: directory)
    }

    /// Issues a server certificate under an authority and puts it in the old one's place, in one step.
    static func write(
        _ files: TLSFiles, names: [String], signedBy authorityPEM: String, _ authorityKeyPath: String,
        _ path: Paths, _ now: Date
    ) throws(Problem) {
        let authority = try CertificateAuthority(
            certificatePEM: authorityPEM, keyPEM: try PrivateFile.read(authorityKeyPath))
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: files.keyPEM) else {
            throw Problem(.malformed, "\(path.serverKey) is not a P-256 key")
        }
        let server = try authority.issueServerCertificate(names: names, key: key, now: now)
        try PrivateFile.replace(path.server, try server.certificatePEM + authorityPEM)
    }
}
