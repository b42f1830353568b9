import Crypto
import Foundation
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

@Suite(.tags(.store)) struct StoreCipherTests {
    let cipher = SealingCipher(key: SymmetricKey(data: Data(repeating: 1, count: 32)))
    let row = Data("entry 1".utf8)
    let secret = Data("61.5 kg".utf8)

    @Test("A sealed row opens as itself, under its key")
    func roundTrip() throws {
        let sealed = try cipher.seal(secret, as: row)
        #expect(try cipher.open(sealed, as: row) == secret)
        #expect(sealed.count == secret.count + 1 + 12 + 16)
        #expect(sealed.range(of: secret) == nil)
        #expect(try cipher.open(cipher.seal(Data(), as: row), as: row).isEmpty)
    }

    @Test("A sealed row does not open as another row or under another key")
    func sealedRowsCannotMove() throws {
        let sealed = try cipher.seal(secret, as: row)
        let other = SealingCipher(key: SymmetricKey(data: Data(repeating: 2, count: 32)))
        #expect { try cipher.open(sealed, as: Data("entry 2".utf8)) } throws: {
            ($0 as? Problem)?.code == .sealBroken
        }
        #expect { try other.open(sealed, as: row) } throws: { ($0 as? Problem)?.code == .sealBroken }
        #expect { try cipher.open(Data(), as: row) } throws: { ($0 as? Problem)?.code == .sealBroken }
    }

    @Test("A sealed row with any byte altered or cut does not open")
    func alteredRowsDoNotOpen() throws {
        let sealed = try cipher.seal(secret, as: row)
        for index in sealed.indices {
            var altered = sealed
            altered[index] ^= 0x10
            #expect { try cipher.open(altered, as: row) } throws: { ($0 as? Problem)?.code == .sealBroken }
            #expect { try cipher.open(Data(sealed.prefix(index)), as: row) } throws: {
                ($0 as? Problem)?.code == .sealBroken
            }
        }
    }

    @Test("The same row sealed twice has another nonce and other bytes")
    func noncesAreRandom() throws {
        let nonces = try Set((0..<200).map { _ in try cipher.seal(secret, as: row).dropFirst().prefix(12) })
        #expect(nonces.count == 200)
    }

    @Test("Look-ups are stable, short, and apart by column and key")
    func lookups() {
        let again = SealingCipher(key: SymmetricKey(data: Data(repeating: 1, count: 32)))
        let other = SealingCipher(key: SymmetricKey(data: Data(repeating: 2, count: 32)))
        let key = Array("PKU-007".utf8)
        let columns: [LookupColumn] = [.record, .participant, .number, .setting]
        let ciphers: [any StoreCipher] = [cipher, other, PlainCipher()]
        let all = columns.flatMap { column in ciphers.map { $0.lookup(column, key) } }
        #expect(Set(all).count == columns.count * ciphers.count)
        #expect(all.allSatisfy { $0.count == 16 })
        #expect(cipher.lookup(.number, key) == again.lookup(.number, key))
        #expect(cipher.lookup(.number, key) != cipher.lookup(.number, key + [0]))
        // A name that ends in the separator does not spill into the key.
        #expect(cipher.lookup(.number, [0] + key) != cipher.lookup(.number, key))
    }
}
