import Crypto
import Foundation
import SwiftASN1
@testable import SyncServer
import Testing
import TrialModel
@_spi(FixedExpiryValidationTime) import X509

@Suite("A server's private authority")
struct CertificateAuthorityTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let day: TimeInterval = 86_400

    @Test(
        "its server certificate verifies for every name it was made for",
        arguments: ["trial.example.org", "192.0.2.7", "2001:db8::1", "localhost", "127.0.0.1", "::1"])
    func verifies(name: String) async throws {
        #expect(try await isTrusted(name: name, at: Self.now))
    }

    @Test(
        "it does not verify for another name", arguments: ["example.org", "a.trial.example.org", "127.0.0.2"])
    func refusesOtherNames(name: String) async throws {
        #expect(try await !isTrusted(name: name, at: Self.now))
    }

    @Test(
        "it verifies from a day before it was made, for a year",
        arguments: [(-1.1, false), (-0.9, true), (364.9, true), (365.1, false)])
    func life(days: Double, trusted: Bool) async throws {
        let time = Self.now.addingTimeInterval(days * Self.day)
        #expect(try await isTrusted(name: "localhost", at: time) == trusted)
    }

    @Test("another authority of the same name does not vouch for it")
    func refusesOtherAuthority() async throws {
        let authority = try CertificateAuthority.create(commonName: "A", now: Self.now)
        let other = try CertificateAuthority.create(commonName: "A", now: Self.now)
        let leaf = try authority.issueServerCertificate(names: [], now: Self.now)
        #expect(
            try await !Self.validate(
                leaf.certificate, root: other.certificate, name: "localhost", at: Self.now))
    }

    @Test("the authority's certificate is for signing certificates only, and lives for twenty years")
    func authorityExtensions() throws {
        let certificate = try CertificateAuthority.create(commonName: "TrialSync", now: Self.now).certificate
        #expect(try certificate.extensions.basicConstraints == .isCertificateAuthority(maxPathLength: 0))
        #expect(try certificate.extensions.keyUsage == KeyUsage(keyCertSign: true, cRLSign: true))
        #expect(certificate.extensions[oid: .X509ExtensionID.basicConstraints]?.critical == true)
        #expect(certificate.extensions[oid: .X509ExtensionID.keyUsage]?.critical == true)
        #expect(certificate.notValidBefore == Self.now.addingTimeInterval(-Self.day))
        #expect(certificate.notValidAfter == Self.now.addingTimeInterval(20 * 365.25 * Self.day))
        #expect(certificate.publicKey.isValidSignature(certificate.signature, for: certificate))
    }

    @Test("the server's certificate is for TLS servers only and names its authority's key")
    func serverExtensions() throws {
        let authority = try CertificateAuthority.create(commonName: "TrialSync", now: Self.now)
        let leaf = try authority.issueServerCertificate(names: ["a.example"], now: Self.now).certificate
        #expect(try leaf.extensions.basicConstraints == .notCertificateAuthority)
        #expect(try leaf.extensions.keyUsage == KeyUsage(digitalSignature: true))
        #expect(try leaf.extensions.extendedKeyUsage == ExtendedKeyUsage([.serverAuth]))
        #expect(
            try leaf.extensions.authorityKeyIdentifier?.keyIdentifier
                == authority.certificate.extensions.subjectKeyIdentifier?.keyIdentifier)
    }

    @Test("it is the same after a trip through PEM, fingerprint and signatures too")
    func roundTrip() async throws {
        let made = try CertificateAuthority.create(commonName: "TrialSync", now: Self.now)
        #expect(made.keyPEM.hasPrefix("-----BEGIN PRIVATE KEY-----"))
        let read = try CertificateAuthority(certificatePEM: made.certificatePEM, keyPEM: made.keyPEM)
        #expect(try read.fingerprint == made.fingerprint)
        #expect(try made.fingerprint.wholeMatch(of: /[0-9a-f]{64}/) != nil)
        let leaf = try read.issueServerCertificate(names: [], now: Self.now).certificate
        #expect(try await Self.validate(leaf, root: made.certificate, name: "localhost", at: Self.now))
    }

    @Test("the fingerprint is the SHA-256 of the certificate's DER")
    func fingerprint() throws {
        let authority = try CertificateAuthority.create(commonName: "TrialSync", now: Self.now)
        let base64 = try authority.certificatePEM.split(separator: "\n").filter { !$0.hasPrefix("-") }
            .joined()
        let der = try #require(Data(base64Encoded: base64))
        let expected = SHA256.hash(data: der).map { String(format: "%02x", $0) }.joined()
        #expect(try authority.fingerprint == expected)
    }

    @Test("a key of another authority is refused")
    func refusesForeignKey() throws {
        let one = try CertificateAuthority.create(commonName: "A", now: Self.now)
        let other = try CertificateAuthority.create(commonName: "A", now: Self.now)
        let problem = #expect(throws: Problem.self) {
            try CertificateAuthority(certificatePEM: one.certificatePEM, keyPEM: other.keyPEM)
        }
        #expect(problem?.code == .malformed)
    }

    @Test(
        "what is neither a DNS name nor an address is refused",
        arguments: [
            "", "a b", "https://a.example", "a.example:8443", "*.example", "-a.example", "1.2.3", "a..b",
            "[::1]",
        ])
    func refusesNames(name: String) throws {
        let authority = try CertificateAuthority.create(commonName: "A", now: Self.now)
        let problem = #expect(throws: Problem.self) {
            try authority.issueServerCertificate(names: [name], now: Self.now)
        }
        #expect(problem?.code == .nameInvalid)
    }

    @Test("names are taken once, in lower case and in their usual form")
    func listsNames() throws {
        let names = try ServerName.list(["A.Example", "a.example", "::0001", "127.0.0.1"]).map(\.text)
        #expect(names == ["a.example", "::1", "127.0.0.1", "localhost"])
    }

    private func isTrusted(name: String, at time: Date) async throws -> Bool {
        let authority = try CertificateAuthority.create(commonName: "TrialSync", now: Self.now)
        let names = ["trial.example.org", "192.0.2.7", "2001:db8::1"]
        let leaf = try authority.issueServerCertificate(names: names, now: Self.now)
        return try await Self.validate(leaf.certificate, root: authority.certificate, name: name, at: time)
    }

    private static func validate(
        _ leaf: Certificate, root: Certificate, name: String, at time: Date
    ) async throws -> Bool {
        let isAddress = try ServerName(name).address != nil
        var verifier = Verifier(rootCertificates: CertificateStore([root])) {
            RFC5280Policy(fixedExpiryValidationTime: time)
            ServerIdentityPolicy(serverHostname: isAddress ? nil : name, serverIP: isAddress ? name : nil)
        }
        switch await verifier.validate(leaf: leaf, intermediates: CertificateStore([])) {
        case .validCertificate: return true
        case .couldNotValidate: return false
        }
    }
}
