import Crypto
package import Foundation
import SwiftASN1
package import TrialModel
import X509

/// The private authority of one trial server: it signs the server's certificate and nothing else.
///
/// A laptop trusts exactly one authority, the one whose ``fingerprint`` stood in its enrolment link.
package struct CertificateAuthority: Sendable {
    let certificate: Certificate
    private let key: P256.Signing.PrivateKey

    /// Certificates start a day early: a laptop's clock may be behind.
    static let skewSeconds: TimeInterval = 86_400
    /// Twenty years of 365.25 days: longer than any trial's follow-up.
    static let authorityLifeSeconds: TimeInterval = 20 * 365.25 * 86_400
    /// A year and the day of ``skewSeconds``; common TLS clients accept 397 days at most.
    static let serverLifeSeconds: TimeInterval = 366 * 86_400

    private init(certificate: Certificate, key: P256.Signing.PrivateKey) {
        self.certificate = certificate
        self.key = key
    }

    /// Draws a new key and signs a certificate for it with itself.
    ///
    /// P-256, twenty years; BasicConstraints CA with path length 0, KeyUsage keyCertSign and cRLSign (RFC
    /// 5280, 4.2.1).
    /// - Throws: `internal-error` if the certificate cannot be encoded.
    package static func create(commonName: String, now: Date) throws(Problem) -> CertificateAuthority {
        let key = P256.Signing.PrivateKey()
        do {
            let publicKey = Certificate.PublicKey(key.publicKey)
            let name = try DistinguishedName { CommonName(commonName) }
            let certificate = try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(),
                publicKey: publicKey,
                notValidBefore: now.addingTimeInterval(-skewSeconds),
                notValidAfter: now.addingTimeInterval(authorityLifeSeconds),
                issuer: name,
                subject: name,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: publicKey)
                },
                issuerPrivateKey: Certificate.PrivateKey(key))
            return CertificateAuthority(certificate: certificate, key: key)
        } catch {
            throw Problem(.internalError, "the authority's certificate cannot be made")
        }
    }

    /// Reads an authority back from PEM: a certificate and its PKCS #8 key.
    ///
    /// - Throws: `malformed` if either cannot be read or they do not belong together.
    package init(certificatePEM: String, keyPEM: String) throws(Problem) {
        guard let certificate = try? Certificate(pemEncoded: certificatePEM),
            let key = try? P256.Signing.PrivateKey(pemRepresentation: keyPEM)
        else {
            throw Problem(.malformed, "the authority's certificate or key is not PEM of the expected kind")
        }
        guard Certificate.PublicKey(key.publicKey) == certificate.publicKey else {
            throw Problem(.malformed, "the authority's key does not belong to its certificate")
        }
        self.init(certificate: certificate, key: key)
    }

    /// The certificate as PEM.
    package var certificatePEM: String {
        get throws(Problem) { try certificate.pemText() }
    }

    /// The private key as PKCS #8 PEM. A secret.
    package var keyPEM: String { key.pemRepresentation }

    /// Lower-case hex SHA-256 of the certificate's DER: 64 characters.
    package var fingerprint: String {
        get throws(Problem) { try certificate.fingerprint() }
    }

    /// Signs a certificate with a new key, for a server that answers to these names.
    ///
    /// - Parameters:
    ///   - names: DNS names and IP addresses; `localhost`, `127.0.0.1` and `::1` are always added.
    ///   - now: the certificate is valid from a day before this, for 366 days.
    /// - Throws: `name-invalid` for what is neither a DNS name nor an IP address.
    package func issueServerCertificate(names: [String], now: Date) throws(Problem) -> ServerCertificate {
        try issueServerCertificate(names: names, key: P256.Signing.PrivateKey(), now: now)
    }

    /// Signs a certificate for a key that exists, so that a renewal replaces one file only.
    func issueServerCertificate(
        names: [String], key serverKey: P256.Signing.PrivateKey, now: Date
    ) throws(Problem) -> ServerCertificate {
        let names = try ServerName.list(names)
        let start = now.addingTimeInterval(-Self.skewSeconds)
        let end = min(start.addingTimeInterval(Self.serverLifeSeconds), certificate.notValidAfter)
        do {
            let publicKey = Certificate.PublicKey(serverKey.publicKey)
            let ownIdentifier = try certificate.extensions.subjectKeyIdentifier?.keyIdentifier
            let leaf = try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(),
                publicKey: publicKey,
                notValidBefore: start,
                notValidAfter: end,
                issuer: certificate.subject,
                subject: DistinguishedName { CommonName("TrialSync server") },
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames(names.map(\.generalName))
                    SubjectKeyIdentifier(hash: publicKey)
                    AuthorityKeyIdentifier(keyIdentifier: ownIdentifier)
                },
                issuerPrivateKey: Certificate.PrivateKey(key))
            return ServerCertificate(certificate: leaf, key: serverKey)
        } catch {
            throw Problem(.internalError, "the server's certificate cannot be made")
        }
    }
}

/// A server's certificate with its private key.
package struct ServerCertificate: Sendable {
    let certificate: Certificate
    let key: P256.Signing.PrivateKey

    /// The certificate as PEM, without the authority's.
    package var certificatePEM: String {
        get throws(Problem) { try certificate.pemText() }
    }

    /// The private key as PKCS #8 PEM. A secret.
    package var keyPEM: String { key.pemRepresentation }
}

extension Certificate {
    /// The certificate as PEM that ends in a line break, so that files of several can be joined.
    func pemText() throws(Problem) -> String {
        do {
            return try serializeAsPEM().pemString + "\n"
        } catch {
            throw Problem(.internalError, "a certificate cannot be encoded")
        }
    }

    /// Lower-case hex SHA-256 of the DER.
    func fingerprint() throws(Problem) -> String {
        do {
            var serializer = DER.Serializer()
            try serializer.serialize(self)
            let digits = Array("0123456789abcdef")
            return SHA256.hash(data: serializer.serializedBytes)
                .reduce(into: "") { text, byte in
                    text.append(digits[Int(byte >> 4)])
                    text.append(digits[Int(byte & 15)])
                }
        } catch {
            throw Problem(.internalError, "a certificate cannot be encoded")
        }
    }
}
