import Foundation
import SwiftProtobuf
import SyncProtocol
import Testing
import TrialModel

/// Bytes that other programs, and laptops in the field, hold. A file that no longer fits means that the
/// protocol changed.
///
/// `TRIALSYNC_GOLDEN=write swift test --filter Golden` writes them anew, beside this file. They hold frames
/// before compression, which may differ from one Zstandard to the next; signatures in them are made up, or
/// checked but not compared, because not every platform makes the same one twice.
@Suite("Golden wire files", .tags(.unit))
struct GoldenTests {
    private static let isWriting = ProcessInfo.processInfo.environment["TRIALSYNC_GOLDEN"] == "write"
    private static let files = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "Golden")

    static let values: [(name: String, value: Value)] = [
        ("empty", .empty), ("missing", .missing(.notApplicable)), ("integer", .integer(-3)),
        ("decimal", .decimal(Quantity(ExactDecimal("8.10")!, unit: "g/L", entered: "0.81 g/dL"))),
        ("text", .text("体重 é")), ("code", .code("F")), ("yesNo", .yesNo(false)),
        ("date", .date(CalendarDate("2026-03")!)),
        ("dateTime", .dateTime(OffsetDateTime("2026-03-02T09:12:30+08:00")!)),
    ]

    /// What the file holds, after writing it if asked to.
    private func kept(_ name: String, _ bytes: Data) throws -> Data {
        let file = Self.files.appending(path: name + ".bin")
        if Self.isWriting { try bytes.write(to: file) }
        return try Data(contentsOf: file)
    }

    /// The same, compared byte for byte.
    private func golden(_ name: String, _ bytes: Data) throws -> Data {
        let kept = try kept(name, bytes)
        #expect(kept == bytes, "\(name): the bytes on the wire have changed")
        return kept
    }

    @Test("Each kind of value", arguments: values.indices)
    func value(index: Int) throws {
        let (name, value) = Self.values[index]
        let kept = try golden("value-\(name)", try Trialsync_V1_Value(value).serializedData())
        #expect(try Trialsync_V1_Value(serializedBytes: kept).model() == value)
    }

    private var change: Change {
        var change = Fixed.change(kind: .resolve, salt: 0x0102_0304_0506_0708)
        let dose = [ItemValue("PK.dose", .integer(2)), ItemValue("PK.unit", .code("mg"))]
        change.writes = [
            RegisterWrite("PK", dose, replaces: [Fixed.id(1), Fixed.id(2)], through: [Fixed.id(3)]),
            RegisterWrite(
                "VS.weight", [ItemValue("VS.weight", Self.values[3].value)], replaces: [Fixed.id(2)]),
        ]
        (change.guards, change.cites) = ([Fixed.id(4)], [Fixed.id(1)])
        change.conflict = ConflictID(prefixOf: [0xCC])
        change.reason = "转录错误"
        return change
    }

    @Test("A change, and its id")
    func plainChange() throws {
        let encoded = try EncodedChange(change, site: Fixed.site)
        let kept = try golden("change", encoded.bytes)
        let received = try EncodedChange(received: kept, id: Chain.changeID(of: kept))
        #expect(received.change == change)
        #expect(try golden("change-id", Data(encoded.id.bytes)) == Data(received.id.bytes))
    }

    @Test("A signed change: its signature stays valid, and all before it stays the same")
    func signedChange() throws {
        let encoded = try EncodedChange(change, site: Fixed.site, signedWith: Fixed.personKey)
        let kept = try kept("change-signed", encoded.bytes)
        #expect(kept.dropLast(Signing.byteCount) == encoded.bytes.dropLast(Signing.byteCount))
        let received = try EncodedChange(received: kept, id: Chain.changeID(of: kept))
        #expect(received.change == change)
        #expect(received.isSigned(by: Fixed.publicKey(Fixed.personKey), site: Fixed.site))
    }

    @Test("A request")
    func request() throws {
        let request = try Self.stable(try SyncRequestTests.full())
        let kept = try golden("request", try Compression.decompress(try request.encoded()))
        #expect(try SyncRequest(decoding: try Compression.compress(kept)) == request)
    }

    @Test("Each kind of answer", arguments: ["exchanged", "more", "epochChanged", "prove", "failed"])
    func answer(name: String) throws {
        let answer: SyncAnswer
        switch name {
        case "exchanged":
            var response = try SyncAnswerTests.full()
            response.page.introductions = try Self.stable(try SyncRequestTests.full()).introductions
            answer = .exchanged(response)
        case "more": answer = .exchanged(SyncAnswerTests.more())
        case "epochChanged": answer = SyncAnswerTests.changed
        case "prove": answer = .prove([Fixed.journal(1), Fixed.journal(2)])
        default: answer = .failed(Problem(.tooManyRequests, "too many", remedy: "wait"))
        }
        let kept = try golden("answer-\(name)", try Compression.decompress(try answer.encoded()))
        #expect(try SyncAnswer(decoding: try Compression.compress(kept)) == answer)
    }

    /// The request with introductions whose certificate bears a made-up signature.
    private static func stable(_ request: SyncRequest) throws -> SyncRequest {
        var message = try Trialsync_V1_DeviceCertificate(serializedBytes: try Fixed.certificate().encoded)
        message.signature = Data(repeating: 0x5A, count: Signing.byteCount)
        let certificate = try DeviceCertificate(unverified: try message.serializedData())
        let journal = try JournalIntroduction(
            opening: Fixed.site, certificate: certificate, epoch: Fixed.epoch, reason: .enrolled,
            salt: Data(repeating: 7, count: 16))
        var stable = request
        stable.introductions = [
            journal, try journal.cut(after: 4, previous: Fixed.hash(4), first: Fixed.hash(5)),
        ]
        return stable
    }
}
