import Foundation
import SwiftProtobuf
import SyncProtocol
import Testing
import TrialModel

@Suite("Introductions of journals", .tags(.unit))
struct JournalIntroductionTests {
    @Test("A journal's name is the hash of its header, and its root that of entry 0")
    func name() throws {
        let journal = try Fixed.introduction()
        #expect(journal.id == Chain.journalID(ofHeader: journal.header))
        #expect(journal.origin == journal.id)
        #expect(journal.root == Chain.hash(journal: journal.id, n: 0, previous: .zero, bytes: journal.header))
        #expect(try JournalIntroduction(header: journal.header) == journal)
        #expect(journal.site == Fixed.site)
        #expect(journal.epoch == Fixed.epoch)
        #expect(journal.reason == "enrolled")
        #expect(try journal.certificate == Fixed.certificate())
    }

    @Test("Two journals of one device differ by salt, reason and site")
    func different() throws {
        let ids = [
            try Fixed.introduction().id, try Fixed.introduction(salt: 8).id,
            try Fixed.introduction(reason: .fork).id,
            try Fixed.introduction(site: .all).id,
        ]
        #expect(Set(ids).count == ids.count)
    }

    @Test("A segment's name is over journal, place and its first entry")
    func segment() throws {
        let journal = try Fixed.introduction()
        let segment = try journal.cut(after: 4, previous: Fixed.hash(1), first: Fixed.hash(2))
        #expect(segment.id == Chain.segmentID(of: journal.id, after: 4, first: Fixed.hash(2)))
        #expect(segment.origin == journal.id)
        #expect(segment.header == journal.header)
        #expect(segment.root == Fixed.hash(1))
        let others = [
            journal, try journal.cut(after: 5, previous: Fixed.hash(1), first: Fixed.hash(2)),
            try journal.cut(after: 4, previous: Fixed.hash(1), first: Fixed.hash(3)),
            try Fixed.introduction(salt: 8).cut(after: 4, previous: Fixed.hash(1), first: Fixed.hash(2)),
        ]
        #expect(!others.map(\.id).contains(segment.id))
    }

    @Test("A segment's entries have the hashes that they have in the journal")
    func segmentHashes() throws {
        let journal = try Fixed.introduction()
        var hashes = [journal.root]
        let changes = (1...5).map { Data([UInt8($0)]) }
        for (index, bytes) in changes.enumerated() {
            hashes.append(journal.hash(n: UInt64(index + 1), previous: hashes[index], bytes: bytes))
        }
        let segment = try journal.cut(after: 2, previous: hashes[2], first: hashes[3])
        var previous = segment.root
        for n in 1...3 {
            previous = segment.hash(n: UInt64(n), previous: previous, bytes: changes[n + 1])
            #expect(previous == hashes[n + 2])
        }
    }

    @Test(
        "A header of another form is malformed",
        arguments: [
            { $0.site = "pku" }, { $0.site = "" }, { $0.epoch = Data(count: 15) }, { $0.epoch = Data() },
            { $0.reason = String(repeating: "r", count: 33) }, { $0.deviceCertificate = Data() },
            { $0.deviceCertificate = Data([255]) }, { $0.salt = Data(count: 2048) },
        ] as [@Sendable (inout Trialsync_V1_JournalHeader) -> Void])
    func malformed(spoil: @Sendable (inout Trialsync_V1_JournalHeader) -> Void) throws {
        var header = try Trialsync_V1_JournalHeader(serializedBytes: try Fixed.introduction().header)
        spoil(&header)
        let bytes: Data = try header.serializedData()
        #expect(problemCode { _ = try JournalIntroduction(header: bytes) } == .malformed)
    }

    @Test("A reason that a newer program gives is kept")
    func newerReason() throws {
        var header = try Trialsync_V1_JournalHeader(serializedBytes: try Fixed.introduction().header)
        header.reason = "of-tomorrow"
        #expect(try JournalIntroduction(header: try header.serializedData()).reason == "of-tomorrow")
    }

    @Test(
        "A segment at a place that cannot be is refused without harm"
    )
    func segmentPlace() throws {
        var request = SyncRequest(hello: Hello(site: Fixed.site, epoch: Fixed.epoch))
        let segment = try Fixed.introduction().cut(after: .max, previous: Fixed.hash(1), first: Fixed.hash(2))
        request.introductions = [segment]
        let body = try request.encoded()
        #expect(problemCode { _ = try SyncRequest(decoding: body) } == .malformed)
    }
}
