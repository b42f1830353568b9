import Testing
import TrialModel
import TrialSyncTesting

@Suite("Record keys", .tags(.unit))
struct RecordKeyTests {
    private static let participant = EnrolmentID(bytes: (1...16).map(UInt8.init))!
    private static let id = RecordID(bytes: (101...116).map(UInt8.init))!

    static let keys: [RecordKey] = [
        .participant(participant), .visit(participant, event: "BL"),
        .unscheduledVisit(participant, event: "UNS", id: id), .logLine(participant, form: "AE", id: id),
        .query(participant, id: id), .study(version: 3), .site(SiteCode("PKU")!), .person("li.wei"),
        .device(DeviceID(prefixOf: [255])),
    ]

    @Test("Every kind of key goes to bytes and back", arguments: keys)
    func roundTrip(key: RecordKey) {
        #expect(RecordKey(bytes: key.bytes) == key)
        #expect(key.bytes.first == key.kind.rawValue)
        #expect(key.kind.isStudyWide == (key.participant == nil))
    }

    @Test("The keys cover every kind")
    func everyKind() { #expect(Set(Self.keys.map(\.kind)) == Set(RecordKind.allCases)) }

    @Test("The bytes are kind, participant, id and name")
    func layout() {
        let key = RecordKey.logLine(Self.participant, form: "AE", id: Self.id)
        #expect(key.bytes == [4] + Self.participant.bytes + Self.id.bytes + Array("AE".utf8))
        #expect(RecordKey.person("li").bytes == [18] + Array("li".utf8))
    }

    @Test(
        "Bytes that are no key are refused",
        arguments: [
            [], [0], [6], [15], [20], [255], [1], [1] + [UInt8](repeating: 0, count: 15),
            [2] + [UInt8](repeating: 0, count: 15), [3] + [UInt8](repeating: 0, count: 31),
            [5] + [UInt8](repeating: 0, count: 16), [18, 0xFF, 0xFE],
            [18] + [UInt8](repeating: 65, count: 129),
        ] as [[UInt8]])
    func refuses(bytes: [UInt8]) { #expect(RecordKey(bytes: bytes) == nil) }

    @Test("The longest name is kept")
    func longestName() {
        let name = String(repeating: "e", count: RecordKey.nameLimitBytes)
        #expect(RecordKey(bytes: RecordKey.person(name).bytes)?.name == name)
    }

    @Test(
        "A kind that has no name takes no bytes behind its ids",
        arguments: [RecordKey.participant(participant), .query(participant, id: id)])
    func noNameWhereNoneBelongs(key: RecordKey) { #expect(RecordKey(bytes: key.bytes + [65]) == nil) }

    @Test("Random bytes never crash, and what reads writes the same bytes again")
    func randomBytes() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<5000 {
            var bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                UInt8.random(in: 0...127, using: &random)
            }
            if !bytes.isEmpty { bytes[0] = UInt8.random(in: 0...20, using: &random) }
            if let key = RecordKey(bytes: bytes) { #expect(key.bytes == bytes) }
        }
    }
}
