import Crypto
import Foundation
import SyncProtocol
import Testing
import TrialModel

/// docs/protocol.md gives these formulas for other programs; here they are written out once more, apart from
/// the code.
@Suite("Hashes of journals", .tags(.unit))
struct ChainTests {
    private let bytes = Data("change".utf8)

    private func sha(_ parts: Data...) -> Data { Data(SHA256.hash(data: parts.reduce(Data(), +))) }

    private func bigEndian(_ number: UInt64) -> Data { withUnsafeBytes(of: number.bigEndian) { Data($0) } }

    @Test("Ids are the first sixteen bytes of a labelled hash")
    func ids() {
        #expect(
            Data(Chain.changeID(of: bytes).bytes) == sha(Data("trialsync change v1\0".utf8), bytes).prefix(16)
        )
        #expect(
            Data(Chain.journalID(ofHeader: bytes).bytes)
                == sha(Data("trialsync journal v1\0".utf8), bytes).prefix(16))
        let journal = Fixed.journal(1)
        let expected = sha(
            Data("trialsync segment v1\0".utf8), Data(journal.bytes), bigEndian(7), Fixed.hash(9).data)
        #expect(
            Data(Chain.segmentID(of: journal, after: 7, first: Fixed.hash(9)).bytes) == expected.prefix(16))
    }

    @Test("An entry's hash is over journal, place, the hash before and the bytes")
    func entry() {
        let n: UInt64 = 0x0102_0304_0506_0708
        let hash = Chain.hash(journal: Fixed.journal(1), n: n, previous: Fixed.hash(5), bytes: bytes)
        #expect(hash.data == sha(Data(Fixed.journal(1).bytes), bigEndian(n), Fixed.hash(5).data, bytes))
        let others = [
            Chain.hash(journal: Fixed.journal(2), n: n, previous: Fixed.hash(5), bytes: bytes),
            Chain.hash(journal: Fixed.journal(1), n: n + 1, previous: Fixed.hash(5), bytes: bytes),
            Chain.hash(journal: Fixed.journal(1), n: n, previous: Fixed.hash(6), bytes: bytes),
            Chain.hash(journal: Fixed.journal(1), n: n, previous: Fixed.hash(5), bytes: bytes + Data([0])),
        ]
        #expect(!others.contains(hash))
    }

    @Test("A verdict's hash is over the verdict before, the entry, kind, code and time")
    func verdict() {
        func hash(
            _ previous: UInt8 = 1, _ entry: UInt8 = 2, _ verdict: Verdict = .quarantined("locked"),
            _ time: Int64 = -2
        ) -> ChainHash {
            Chain.verdict(
                previous: Fixed.hash(previous), entry: Fixed.hash(entry), verdict: verdict,
                receivedMilliseconds: time)
        }
        let expected = sha(
            Fixed.hash(1).data, Fixed.hash(2).data, Data([3, 6]), Data("locked".utf8),
            bigEndian(UInt64.max - 1))
        #expect(hash().data == expected)
        let others = [
            hash(3), hash(1, 3), hash(1, 2, .quarantined("voided")), hash(1, 2, .applied),
            hash(1, 2, .heldLock),
            hash(1, 2, .quarantined("locked"), 2),
        ]
        #expect(!others.contains(hash()))
        #expect(Set(others).count == others.count)
    }

    @Test("A chain hash has 32 bytes")
    func chainHash() {
        let data = Data((0..<32).map(UInt8.init))
        #expect(ChainHash(data)?.data == data)
        #expect(ChainHash(data)?.hex == Hex.encode(data))
        #expect(ChainHash((Data([9]) + data).dropFirst())?.data == data)
        #expect(ChainHash(data.dropLast()) == nil)
        #expect(ChainHash(data + Data([0])) == nil)
        #expect(ChainHash.zero.data == Data(count: 32))
    }

    @Test("Verdicts have the names that people read")
    func names() {
        #expect(Verdict.applied.name == "applied")
        #expect(Verdict.heldLock.name == "held-lock")
        #expect(Verdict.quarantined("voided").name == "quarantined:voided")
    }
}
