package import Crypto
package import FoundationEssentials
import SwiftProtobuf
package import TrialModel

/// What the server says of a device: its key, its site and its name.
package struct DeviceCertificate: Hashable, Sendable {
    package let publicKey: Data
    package let site: SiteCode
    package let name: String
    package let issuedMilliseconds: Int64
    /// As it travels, with the server's signature.
    package let encoded: Data

    /// The first 16 bytes of SHA-256 over the public key.
    package var device: DeviceID { Self.device(of: publicKey) }

    package static func device(of publicKey: Data) -> DeviceID {
        DeviceID(prefixOf: SHA256.hash(data: publicKey))
    }

    /// Issues a certificate. The site `*` is the server's own.
    package static func issue(
        publicKey: Data, site: SiteCode, name: String, atMilliseconds: Int64,
        by server: Curve25519.Signing.PrivateKey
    ) throws(Problem) -> DeviceCertificate {
        var body = Trialsync_V1_DeviceCertificateBody()
        (body.publicKey, body.site, body.name, body.issuedMs) = (publicKey, site.text, name, atMilliseconds)
        var certificate = Trialsync_V1_DeviceCertificate()
        certificate.body = try body.encoded()
        certificate.signature = try Signing.sign(.device, site: site, certificate.body, with: server)
        return DeviceCertificate(
            publicKey: publicKey, site: site, name: name, issuedMilliseconds: atMilliseconds,
            encoded: try certificate.encoded())
    }

    /// Reads a certificate without asking whose signature it bears.
    package init(unverified encoded: Data) throws(Problem) {
        let certificate = try Trialsync_V1_DeviceCertificate(decoding: encoded)
        let body = try Trialsync_V1_DeviceCertificateBody(decoding: certificate.body)
        guard let site = SiteCode(body.site), body.publicKey.count == 32,
            body.name.utf8.count <= WireLimits.nameBytes
        else { throw Problem(.malformed, "a device certificate is not of the expected form") }
        self.init(
            publicKey: body.publicKey, site: site, name: body.name, issuedMilliseconds: body.issuedMs,
            encoded: encoded)
    }

    /// Reads a certificate and checks that the server signed it.
    package init(_ encoded: Data, serverKey: Data) throws(Problem) {
        try self.init(unverified: encoded)
        let certificate = try Trialsync_V1_DeviceCertificate(decoding: encoded)
        guard Signing.isValid(certificate.signature, .device, site: site, certificate.body, by: serverKey)
        else {
            throw Problem(.signatureInvalid, "a device certificate is not signed by this server")
        }
    }

    private init(publicKey: Data, site: SiteCode, name: String, issuedMilliseconds: Int64, encoded: Data) {
        (self.publicKey, self.site, self.name) = (publicKey, site, name)
        (self.issuedMilliseconds, self.encoded) = (issuedMilliseconds, encoded)
    }
}

extension SwiftProtobuf.Message {
    /// Canonical bytes, or `Problem(.internalError)`.
    package func encoded() throws(Problem) -> Data {
        do { return try serializedData() } catch {
            throw Problem(.internalError, "a message could not be encoded")
        }
    }

    /// - Throws: `Problem(.malformed)` if the bytes are not such a message.
    package init(decoding bytes: Data) throws(Problem) {
        do { try self.init(serializedBytes: bytes) } catch {
            throw Problem(.malformed, "the bytes are not a \(Self.protoMessageName)")
        }
    }
}
