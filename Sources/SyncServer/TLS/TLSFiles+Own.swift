package import Foundation
import SwiftASN1
package import TrialModel
import X509

/// A certificate that somebody else's authority signed: the institution's, or a public one.
extension TLSFiles {
    /// Takes a certificate and key over, and from then on serves with them; also while the daemon runs.
    ///
    /// - Parameters:
    ///   - chain: PEM, the server's certificate first, then those between it and the authority.
    ///   - key: PEM, unencrypted: P-256, P-384, P-521 or RSA.
    ///   - authority: PEM of the one certificate that laptops should pin; `nil` has them trust the
    ///     authorities of their system.
    /// - Throws: `file-unreadable`; `malformed` for what is not PEM or does not belong together;
    ///   `not-allowed` for a certificate that has ended.
    @discardableResult
    package static func install(
        in directory: URL, chain: String, key: String, authority: String?, now: Date
    ) throws(Problem) -> TLSFiles {
        let path = Paths(directory)
        let (chainPEM, keyPEM) = (try PrivateFile.read(chain), try PrivateFile.read(key))
        var authorityPEM: String?
        if let authority { authorityPEM = try certificate(authority).pemText() }
        let files = try own(chainPEM, keyPEM, authorityPEM, names: (chain, key))
        _ = try files.serverConfiguration()
        guard files.notValidAfter > now else {
            throw Problem(
                .notAllowed, "the certificate in \(chain) has expired", remedy: "have its authority renew it")
        }
        if !PrivateFile.exists(path.folder) { try PrivateFile.createDirectory(path.folder) }
        // The chain comes last: while one is there the files of before stand for themselves, and the daemon
        // goes on with what it has until they fit.
        if let authorityPEM {
            try PrivateFile.replace(path.ownAuthority, authorityPEM)
        } else {
            try? FileManager.default.removeItem(atPath: path.ownAuthority)
        }
        try PrivateFile.replace(path.ownKey, keyPEM)
        try PrivateFile.replace(path.own, chainPEM)
        return try load(from: directory)
    }

    static func loadOwn(_ path: Paths) throws(Problem) -> TLSFiles {
        var authority: String?
        if PrivateFile.exists(path.ownAuthority) { authority = try PrivateFile.read(path.ownAuthority) }
        return try own(
            try PrivateFile.read(path.own), try PrivateFile.read(path.ownKey), authority,
            names: (path.own, path.ownKey))
    }

    private static func own(
        _ chainPEM: String, _ keyPEM: String, _ authorityPEM: String?, names: (chain: String, key: String)
    ) throws(Problem) -> TLSFiles {
        let leaf = try leafCertificate(chainPEM, path: names.chain)
        guard let key = try? Certificate.PrivateKey(pemEncoded: keyPEM), key.publicKey == leaf.publicKey
        else {
            throw Problem(.malformed, "\(names.key) is not the key of \(names.chain)")
        }
        var authority: Certificate?
        if let authorityPEM {
            guard let found = try? Certificate(pemEncoded: authorityPEM),
                chain(chainPEM).contains(where: { found.publicKey.isValidSignature($0.signature, for: $0) })
            else {
                throw Problem(.malformed, "the authority did not sign any certificate of \(names.chain)")
            }
            authority = found
        }
        return try TLSFiles(leaf, authority: authority, chainPEM: chainPEM, keyPEM: keyPEM, isOwn: true)
    }

    private static func chain(_ pem: String) -> [Certificate] {
        let end = "-----END CERTIFICATE-----"
        return pem.components(separatedBy: end).dropLast().compactMap {
            try? Certificate(pemEncoded: $0 + end)
        }
    }
}
