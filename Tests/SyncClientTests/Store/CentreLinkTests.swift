import Foundation
import Testing

@testable import SyncClient

/// The fingerprint that an enrolment link pins.
struct CentreLinkTests {
    private static let pem = """
        -----BEGIN CERTIFICATE-----
        YWJj
        -----END CERTIFICATE-----

        """
    /// SHA-256 of `abc` (FIPS 180-4, example 1).
    private static let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    @Test("A fingerprint is the SHA-256 of what the first certificate's lines hold")
    func fingerprint() {
        #expect(CentreLink.fingerprint(ofPEM: Array(Self.pem.utf8)) == Self.digest)
        let introduced = "subject=/CN=made-up\n" + Self.pem + "-----BEGIN CERTIFICATE-----\nZGVm\n"
        #expect(CentreLink.fingerprint(ofPEM: Array(introduced.utf8)) == Self.digest)
        #expect(
            CentreLink.fingerprint(ofPEM: Array(Self.pem.replacing("YWJj", with: "YW\nJj").utf8))
                == Self.digest)
    }

    @Test("Of what a server shows only the certificate of the link is pinned, whatever came along")
    func pinsOne() throws {
        let both = Self.pem + "-----BEGIN CERTIFICATE-----\nZGVm\n-----END CERTIFICATE-----\n"
        let pinned = try #require(
            CentreLink.authority(in: Array(both.utf8), fingerprint: Self.digest))
        #expect(String(decoding: pinned, as: UTF8.self) == Self.pem)
        let swapped = "-----BEGIN CERTIFICATE-----\nZGVm\n-----END CERTIFICATE-----\n" + Self.pem
        #expect(CentreLink.authority(in: Array(swapped.utf8), fingerprint: Self.digest) == nil)
    }

    @Test(
        "What is not Base64 has none",
        arguments: ["-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n"])
    func garbage(text: String) { #expect(CentreLink.fingerprint(ofPEM: Array(text.utf8)) == nil) }

    @Test(
        "Text without a certificate never has the fingerprint of one", arguments: ["", "hello", "-----BEGIN"])
    func none(text: String) { #expect(CentreLink.fingerprint(ofPEM: Array(text.utf8)) != Self.digest) }
}
