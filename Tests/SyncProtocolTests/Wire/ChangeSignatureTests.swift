import Crypto
import Foundation
import SyncProtocol
import Testing
import TrialModel

@Suite("A person's signature on a change", .tags(.unit))
struct ChangeSignatureTests {
    private let publicKey = Fixed.publicKey(Fixed.personKey)

    private func signed(_ change: Change = Fixed.change(), site: SiteCode = Fixed.site) throws
        -> EncodedChange
    {
        try EncodedChange(change, site: site, signedWith: Fixed.personKey)
    }

    @Test("It is the last 66 bytes, and the change reads as without it")
    func suffix() throws {
        let plain = try EncodedChange(Fixed.change(), site: Fixed.site)
        let encoded = try signed()
        #expect(encoded.bytes.count == plain.bytes.count + 66)
        #expect(encoded.bytes.starts(with: plain.bytes))
        #expect(encoded.bytes.suffix(66).prefix(2) == Data([0x7A, 64]))
        #expect(encoded.isSigned(by: publicKey, site: Fixed.site))
        let received = try EncodedChange(received: encoded.bytes, id: encoded.id)
        #expect(received.change == plain.change)
        #expect(received.isSigned(by: publicKey, site: Fixed.site))
    }

    @Test("It follows a conflict's id, whose field has a higher number")
    func afterConflict() throws {
        var change = Fixed.change(kind: .resolve)
        change.conflict = ConflictID(prefixOf: [1])
        let encoded = try signed(change)
        #expect(encoded.isSigned(by: publicKey, site: Fixed.site))
        #expect(try EncodedChange(received: encoded.bytes, id: encoded.id).change == change)
    }

    @Test("A change without it is not signed")
    func missing() throws {
        #expect(
            try !EncodedChange(Fixed.change(), site: Fixed.site).isSigned(by: publicKey, site: Fixed.site))
    }

    @Test("Another key, another site or no key at all does not fit")
    func otherKeyOrSite() throws {
        let encoded = try signed()
        #expect(!encoded.isSigned(by: Fixed.publicKey(Fixed.otherKey), site: Fixed.site))
        #expect(!encoded.isSigned(by: publicKey, site: Fixed.otherSite))
        #expect(!encoded.isSigned(by: Data(), site: Fixed.site))
        #expect(!encoded.isSigned(by: Data(repeating: 255, count: 32), site: Fixed.site))
    }

    @Test("It cannot be moved to another change")
    func moved() throws {
        let other = try EncodedChange(Fixed.change(salt: 2), site: Fixed.site)
        let bytes = other.bytes + (try signed()).bytes.suffix(66)
        let moved = try EncodedChange(received: bytes, id: Chain.changeID(of: bytes))
        #expect(!moved.isSigned(by: publicKey, site: Fixed.site))
    }

    @Test("A signature made for another purpose does not count")
    func otherPurpose() throws {
        let plain = try EncodedChange(Fixed.change(), site: Fixed.site).bytes
        for purpose in [Signing.Purpose.head, .receipt, .device, .challenge, .enrolment] {
            let signature = try Signing.sign(purpose, site: Fixed.site, plain, with: Fixed.personKey)
            let bytes = plain + Data([0x7A, 64]) + signature
            let change = try EncodedChange(received: bytes, id: Chain.changeID(of: bytes))
            #expect(!change.isSigned(by: publicKey, site: Fixed.site))
        }
    }
}
