import Crypto
import Foundation
import SyncProtocol
import Testing
import TrialModel

@Suite("Signatures", .tags(.unit))
struct SigningTests {
    private let purposes: [Signing.Purpose] = [.head, .receipt, .device, .change, .challenge, .enrolment]
    private let value = Data("value".utf8)

    @Test("The message is purpose, zero, version, site, zero and value")
    func message() {
        let expected = Data("trialsync head\0\u{1}PKU\0value".utf8)
        #expect(Signing.message(.head, site: Fixed.site, value) == expected)
    }

    @Test("A signature stands for one purpose, site, value and key")
    func standsForOne() throws {
        let key = Fixed.publicKey(Fixed.deviceKey)
        for purpose in purposes {
            let signature = try Signing.sign(purpose, site: Fixed.site, value, with: Fixed.deviceKey)
            #expect(signature.count == Signing.byteCount)
            for other in purposes {
                #expect(
                    Signing.isValid(signature, other, site: Fixed.site, value, by: key) == (other == purpose))
            }
            #expect(!Signing.isValid(signature, purpose, site: Fixed.otherSite, value, by: key))
            #expect(!Signing.isValid(signature, purpose, site: .all, value, by: key))
            #expect(!Signing.isValid(signature, purpose, site: Fixed.site, value + Data([0]), by: key))
            #expect(
                !Signing.isValid(
                    signature, purpose, site: Fixed.site, value, by: Fixed.publicKey(Fixed.otherKey)))
            #expect(!Signing.isValid(signature, purpose, site: Fixed.site, value, by: key.dropLast()))
            #expect(!Signing.isValid(Data(), purpose, site: Fixed.site, value, by: key))
        }
    }

    @Test("A signature altered in any byte is invalid")
    func altered() throws {
        let signature = try Signing.sign(.head, site: Fixed.site, value, with: Fixed.deviceKey)
        for offset in 0..<signature.count {
            let key = Fixed.publicKey(Fixed.deviceKey)
            #expect(!Signing.isValid(signature.flipped(at: offset), .head, site: Fixed.site, value, by: key))
        }
    }

    @Test("A head's value is journal, place and hash; a receipt's adds the verdicts and the epoch")
    func values() {
        let head = SignedHead.value(journal: Fixed.journal(1), n: 258, hash: Fixed.hash(3))
        #expect(head == Data(Fixed.journal(1).bytes) + Data([0, 0, 0, 0, 0, 0, 1, 2]) + Fixed.hash(3).data)
        let receipt = Receipt.value(
            journal: Fixed.journal(1), n: 258, hash: Fixed.hash(3), verdict: Fixed.hash(4), epoch: Fixed.epoch
        )
        #expect(receipt == head + Fixed.hash(4).data + Fixed.epoch)
    }

    @Test("A receipt holds for exactly what was signed")
    func receipt() throws {
        func receipt(
            journal: UInt8 = 1, n: UInt64 = 5, epoch: Data = Fixed.epoch, signature: Data
        ) -> Receipt {
            Receipt(journal: Fixed.journal(journal), n: n, epoch: epoch, signature: signature)
        }
        let value = Receipt.value(
            journal: Fixed.journal(1), n: 5, hash: Fixed.hash(3), verdict: Fixed.hash(4), epoch: Fixed.epoch)
        let signature = try Signing.sign(.receipt, site: Fixed.site, value, with: Fixed.serverKey)
        func isValid(_ receipt: Receipt, hash: UInt8 = 3, verdict: UInt8 = 4, site: SiteCode = Fixed.site)
            -> Bool
        {
            receipt.isValid(
                site: site, hash: Fixed.hash(hash), verdict: Fixed.hash(verdict),
                serverKey: Fixed.publicKey(Fixed.serverKey))
        }
        #expect(isValid(receipt(signature: signature)))
        #expect(!isValid(receipt(journal: 2, signature: signature)))
        #expect(!isValid(receipt(n: 6, signature: signature)))
        #expect(!isValid(receipt(epoch: Data(count: 16), signature: signature)))
        #expect(!isValid(receipt(signature: signature.flipped(at: 9))))
        #expect(!isValid(receipt(signature: signature), hash: 9))
        #expect(!isValid(receipt(signature: signature), verdict: 9))
        #expect(!isValid(receipt(signature: signature), site: Fixed.otherSite))
        #expect(
            !receipt(signature: signature).isValid(
                site: Fixed.site, hash: Fixed.hash(3), verdict: Fixed.hash(4),
                serverKey: Fixed.publicKey(Fixed.otherKey)))
    }
}
