import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@Suite("A later key of a site, sealed for people") struct SiteKeyTests {
    private let site = SiteCode("PKU")!
    private let key = SiteKey(
        id: Data([1, 2, 3, 4, 5, 6, 7, 8]), order: 42, key: Data(repeating: 9, count: 32))
    private let nurse = Data(repeating: 1, count: 32)
    private let doctor = Data(repeating: 2, count: 32)

    @Test("Each person it is for opens it, nobody else does")
    func people() throws {
        let notice = try SiteKeyNotice(key, of: site, for: [nurse, doctor])
        #expect(notice.open(signingKey: nurse) == key)
        #expect(notice.open(signingKey: doctor) == key)
        #expect(notice.open(signingKey: Data(repeating: 3, count: 32)) == nil)
        #expect(try SiteKeyNotice(key, of: site, for: []).open(signingKey: nurse) == nil)
        #expect(notice.encoded.range(of: key.key) == nil)
    }

    @Test("It is read back as it was written, and no altered byte opens as another key or another site's")
    func altered() throws {
        let notice = try SiteKeyNotice(key, of: site, for: [nurse])
        let bytes = notice.encoded
        #expect(try SiteKeyNotice(decoding: bytes) == notice)
        for index in bytes.indices {
            var altered = bytes
            altered[index] ^= 1
            let read = try? SiteKeyNotice(decoding: altered)
            #expect(read?.open(signingKey: nurse) == nil, "byte \(index)")
            #expect((try? SiteKeyNotice(decoding: bytes.prefix(index)))?.open(signingKey: nurse) == nil)
        }
    }

    @Test("Notices are found in a site's record, the oldest first; another site's and noise are passed over")
    func record() throws {
        let younger = SiteKey(id: Data(repeating: 0, count: 7) + [1], order: 43, key: key.key)
        let notices = [
            try SiteKeyNotice(younger, of: site, for: [nurse]),
            try SiteKeyNotice(key, of: site, for: [nurse]),
            try SiteKeyNotice(
                SiteKey(id: Data(repeating: 7, count: 8), order: 1, key: key.key), of: SiteCode("SHA")!,
                for: [nurse]),
        ]
        var state = RecordState(key: .site(site))
        let noise = RegisterWrite("@key/00", [ItemValue("@key/00", .text("no notice"))])
        for (number, write) in (notices.map(\.write) + [noise]).enumerated() {
            let id = try #require(ChangeID(bytes: [UInt8](repeating: UInt8(number), count: 16)))
            state.registers[write.register] = RegisterState(live: [Version(id: id, values: write.values)])
        }
        #expect(SiteKeyNotice.all(in: state, of: site).map(\.order) == [42, 43])
    }
}
