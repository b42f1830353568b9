import Crypto
import Foundation
import SwiftProtobuf
import SyncProtocol
import Testing
import TrialModel

@Suite("Device certificates", .tags(.unit))
struct DeviceCertificateTests {
    private let serverKey = Fixed.publicKey(Fixed.serverKey)

    @Test("What the server issued reads back and is valid")
    func issued() throws {
        let certificate = try Fixed.certificate()
        let read = try DeviceCertificate(certificate.encoded, serverKey: serverKey)
        #expect(read == certificate)
        #expect(read.site == Fixed.site)
        #expect(read.name == "laptop 1")
        #expect(read.publicKey == Fixed.publicKey(Fixed.deviceKey))
        #expect(read.issuedMilliseconds == 1_772_000_000_000)
        #expect(Data(read.device.bytes) == Data(SHA256.hash(data: read.publicKey)).prefix(16))
    }

    @Test("Another server's certificate is refused, but can be read unverified")
    func otherServer() throws {
        let certificate = try Fixed.certificate()
        #expect(
            problemCode {
                _ = try DeviceCertificate(certificate.encoded, serverKey: Fixed.publicKey(Fixed.otherKey))
            }
                == .signatureInvalid)
        #expect(try DeviceCertificate(unverified: certificate.encoded) == certificate)
    }

    @Test("A certificate altered in any byte, or cut anywhere, is refused")
    func altered() throws {
        let encoded = try Fixed.certificate().encoded
        for offset in 0..<encoded.count {
            let flipped = problemCode {
                _ = try DeviceCertificate(encoded.flipped(at: offset), serverKey: serverKey)
            }
            #expect(flipped == .signatureInvalid || flipped == .malformed, "byte \(offset)")
            let cut = problemCode { _ = try DeviceCertificate(encoded.prefix(offset), serverKey: serverKey) }
            #expect(cut == .signatureInvalid || cut == .malformed, "cut at \(offset)")
        }
    }

    @Test(
        "Altering any field breaks it",
        arguments: [
            { $0.publicKey = Fixed.publicKey(Fixed.otherKey) }, { $0.site = "XH" }, { $0.site = "*" },
            { $0.name = "laptop 2" }, { $0.issuedMs += 1 },
        ] as [@Sendable (inout Trialsync_V1_DeviceCertificateBody) -> Void])
    func field(spoil: @Sendable (inout Trialsync_V1_DeviceCertificateBody) -> Void) throws {
        #expect(try code(spoil) == .signatureInvalid)
    }

    @Test(
        "A certificate of another form is malformed",
        arguments: [
            { $0.publicKey = Data(count: 31) }, { $0.publicKey = Data() }, { $0.site = "pku" },
            { $0.site = "" },
            { $0.name = String(repeating: "n", count: 129) },
        ] as [@Sendable (inout Trialsync_V1_DeviceCertificateBody) -> Void])
    func form(spoil: @Sendable (inout Trialsync_V1_DeviceCertificateBody) -> Void) throws {
        #expect(try code(spoil) == .malformed)
    }

    private func code(_ spoil: (inout Trialsync_V1_DeviceCertificateBody) -> Void) throws -> ProblemCode? {
        var message = try Trialsync_V1_DeviceCertificate(serializedBytes: try Fixed.certificate().encoded)
        var body = try Trialsync_V1_DeviceCertificateBody(serializedBytes: message.body)
        spoil(&body)
        message.body = try body.serializedData()
        let encoded: Data = try message.serializedData()
        return problemCode { _ = try DeviceCertificate(encoded, serverKey: serverKey) }
    }
}
