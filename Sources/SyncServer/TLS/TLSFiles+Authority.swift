package import Foundation
package import TrialModel
import X509

/// Changing the authority while laptops are in the field, in three steps: a next one is made and its pin
/// published beside the current one's; when every laptop has both, the server's certificate is signed by the
/// next; then the old one is dropped. Every step leaves files that serve, wherever it is cut short.
extension TLSFiles {
    /// The authorities that stand in a data directory.
    package struct Authorities: Sendable {
        package let current: String
        /// `nil` outside of a change-over.
        package let next: String?
        /// Whether the server's certificate is signed by the next one already.
        package let isSwitched: Bool

        /// What laptops should pin now.
        package var pinsPEM: String { current + (next ?? "") }
    }

    /// - Throws: `not-allowed` if the server has a certificate of another authority.
    package static func authorities(in directory: URL) throws(Problem) -> Authorities {
        let path = Paths(directory)
        let files = try load(from: directory)
        guard !files.isOwn else {
            throw Problem(
                .notAllowed, "the server's certificate is of another authority",
                remedy: "see `trialsyncd tls show`")
        }
        let current = try certificate(path.authority).pemText()
        guard PrivateFile.exists(path.nextAuthority) else {
            return Authorities(current: current, next: nil, isSwitched: false)
        }
        let next = try certificate(path.nextAuthority).pemText()
        return Authorities(current: current, next: next, isSwitched: files.authorityPEM == next)
    }

    /// Makes the next authority, unless there is one.
    package static func prepareAuthority(in directory: URL, now: Date) throws(Problem) -> Authorities {
        let path = Paths(directory)
        let found = try authorities(in: directory)
        guard found.next == nil else { return found }
        let authority = try CertificateAuthority.create(commonName: "TrialSync authority", now: now)
        // The certificate comes last: with it the next authority is there.
        try PrivateFile.replace(path.nextAuthorityKey, authority.keyPEM + "\n")
        try PrivateFile.replace(path.nextAuthority, try authority.certificatePEM)
        return try authorities(in: directory)
    }

    /// Has the next authority sign the server's certificate.
    ///
    /// - Throws: `not-found` if there is none.
    package static func switchAuthority(in directory: URL, now: Date) throws(Problem) -> Authorities {
        let path = Paths(directory)
        let found = try authorities(in: directory)
        guard let next = found.next else {
            throw Problem(
                .notFound, "there is no next authority", remedy: "run `trialsyncd tls next-authority` first")
        }
        guard !found.isSwitched else { return found }
        let files = try load(from: directory)
        try write(files, names: files.names, signedBy: next, path.nextAuthorityKey, path, now)
        return try authorities(in: directory)
    }

    /// Drops the old authority.
    ///
    /// - Throws: `not-allowed` before the change-over.
    package static func retireAuthority(in directory: URL) throws(Problem) -> Authorities {
        let path = Paths(directory)
        guard try authorities(in: directory).isSwitched else {
            throw Problem(
                .notAllowed, "the old authority is still the one in use",
                remedy: "run `trialsyncd tls switch-authority` first")
        }
        try PrivateFile.move(path.nextAuthorityKey, to: path.authorityKey)
        try PrivateFile.move(path.nextAuthority, to: path.authority)
        return try authorities(in: directory)
    }
}
