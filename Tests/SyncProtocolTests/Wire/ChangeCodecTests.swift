import Crypto
import Foundation
import SwiftProtobuf
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@Suite("Changes on the wire", .tags(.unit))
struct ChangeCodecTests {
    /// Field 100, a varint: what a newer program may add.
    private static let unknownField = Data([0xA0, 0x06, 0x2A])

    @Test("Random changes decode to what was encoded, and encode to the same bytes again")
    func roundTrip() throws {
        for seed in UInt64(0)..<1500 {
            var random = SeededGenerator(seed: seed)
            let change = Change.random(using: &random)
            let encoded = try EncodedChange(change, site: Fixed.site)
            let decoded = try EncodedChange(received: encoded.bytes, id: encoded.id)
            #expect(decoded.change == change, "seed \(seed)")
            #expect(String(describing: decoded.change) == String(describing: change), "seed \(seed)")
            #expect(
                try EncodedChange(decoded.change, site: Fixed.site).bytes == encoded.bytes, "seed \(seed)")
            #expect(encoded.id == Chain.changeID(of: encoded.bytes), "seed \(seed)")
        }
    }

    @Test("The same edit made twice is two changes, by its salt")
    func salt() throws {
        let first = try EncodedChange(Fixed.change(salt: 1), site: Fixed.site)
        let second = try EncodedChange(Fixed.change(salt: 2), site: Fixed.site)
        #expect(first.id != second.id)
    }

    @Test("Fields that this program does not know survive, and the id is over the bytes as received")
    func unknownFields() throws {
        let encoded = try EncodedChange(Fixed.change(), site: Fixed.site)
        let newer = encoded.bytes + Self.unknownField
        let received = try EncodedChange(received: newer, id: Chain.changeID(of: newer))
        #expect(received.bytes == newer)
        #expect(received.change == encoded.change)
        #expect(received.id != encoded.id)
        let signature = try Signing.sign(.change, site: Fixed.site, newer, with: Fixed.personKey)
        let signed = newer + Data([0x7A, 64]) + signature
        let whole = try EncodedChange(received: signed, id: Chain.changeID(of: signed))
        #expect(whole.isSigned(by: Fixed.publicKey(Fixed.personKey), site: Fixed.site))
    }

    @Test("An unknown field within a value that is known changes nothing")
    func unknownFieldInValue() throws {
        var message = try message()
        message.writes[0].values[0] = try Trialsync_V1_Value(
            serializedBytes: try Trialsync_V1_Value(.integer(1)).serializedData() + Self.unknownField)
        let bytes: Data = try message.serializedData()
        #expect(try EncodedChange(received: bytes, id: Fixed.id(1)).change == Fixed.change())
    }

    @Test(
        "A value of a newer kind, or none, is undecodable and never read as empty",
        arguments: [unknownField, Data()])
    func unknownValueKind(bytes: Data) throws {
        var message = try message()
        message.writes[0].values[0] = try Trialsync_V1_Value(serializedBytes: bytes)
        #expect(try code(message) == .undecodable)
    }

    @Test(
        "A kind, role or key of a newer program is unknown",
        arguments: [
            { $0.kind = 0 }, { $0.kind = 11 }, { $0.kind = 257 }, { $0.role = 0 }, { $0.role = 99 },
            { $0.role = 257 },
            { $0.record = Data() }, { $0.record = Data([99]) }, { $0.record = Data([1, 2, 3]) },
        ] as [@Sendable (inout Trialsync_V1_Change) -> Void])
    func unknownKind(spoil: @Sendable (inout Trialsync_V1_Change) -> Void) throws {
        var message = try message()
        spoil(&message)
        #expect(try code(message) == .kindUnknown)
    }

    @Test(
        "A change past the limits, or whose lists do not match, is undecodable",
        arguments: [
            { $0.registers = [] }, { $0.writes = [] }, { $0.registers = [""] }, { $0.author = "" },
            { $0.registers = [String(repeating: "r", count: 129)] },
            { $0.author = String(repeating: "a", count: 129) },
            { $0.reason = String(repeating: "r", count: 4001) }, { $0.atOffsetMinutes = 841 },
            { $0.atOffsetMinutes = -841 }, { $0.guards = [0] }, { $0.cites = [5] },
            { $0.writes[0].replaces = [.max] },
            { $0.writes[0].through = [1] }, { $0.referenced = [Data(count: 15)] },
            { $0.referenced = [Data(count: 17)] },
            { $0.writes[0].values = [] }, { $0.writes[0].items = ["a", "b"] },
            {
                $0.writes[0].items = ["a", "a"]; $0.writes[0].values += $0.writes[0].values
            },
            { $0.referenced = Array(repeating: Data(count: 16), count: WireLimits.idsPerChange + 1) },
            {
                $0.registers = Array(repeating: "r", count: WireLimits.writesPerChange + 1)
                $0.writes = Array(repeating: $0.writes[0], count: WireLimits.writesPerChange + 1)
            },
        ] as [@Sendable (inout Trialsync_V1_Change) -> Void])
    func malformed(spoil: @Sendable (inout Trialsync_V1_Change) -> Void) throws {
        var message = try message()
        spoil(&message)
        #expect(try code(message) == .undecodable)
    }

    @Test("Bytes that are no change at all are undecodable or of an unknown kind, and never crash")
    func garbage() {
        var random = SeededGenerator(seed: 8)
        for _ in 0..<3000 {
            let count = Int.random(in: 0...80, using: &random)
            let bytes = Data((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
            let code = problemCode { _ = try EncodedChange(received: bytes, id: Fixed.id(1)) }
            #expect(code == .undecodable || code == .kindUnknown)
        }
    }

    @Test("A change whose bytes are altered anywhere has another id, and reading it never crashes")
    func alteredAnywhere() throws {
        var random = SeededGenerator(seed: 2)
        let encoded = try EncodedChange(
            Change.random(using: &random), site: Fixed.site, signedWith: Fixed.personKey)
        for offset in 0..<encoded.bytes.count {
            let altered = encoded.bytes.flipped(at: offset, bit: 1 << UInt8(offset % 8))
            let id = Chain.changeID(of: altered)
            #expect(id != encoded.id)
            guard let change = try? EncodedChange(received: altered, id: id) else { continue }
            #expect(
                !change.isSigned(by: Fixed.publicKey(Fixed.personKey), site: Fixed.site), "byte \(offset)")
        }
    }

    @Test("A change is cut anywhere: reading it never crashes, and its signature is gone")
    func cutAnywhere() throws {
        let encoded = try EncodedChange(Fixed.change(), site: Fixed.site, signedWith: Fixed.personKey)
        for count in 0..<encoded.bytes.count {
            let cut = encoded.bytes.prefix(count)
            guard let change = try? EncodedChange(received: Data(cut), id: Fixed.id(1)) else { continue }
            #expect(
                !change.isSigned(by: Fixed.publicKey(Fixed.personKey), site: Fixed.site), "cut at \(count)")
        }
    }

    // MARK: Known bugs

    @Test(
        "An offset of any size is refused without harm")
    func smallestOffset() throws {
        var message = try message()
        message.atOffsetMinutes = .min
        #expect(try code(message) == .undecodable)
    }

    @Test(
        "A moment of any size is refused without harm")
    func smallestMoment() throws {
        var message = try message()
        message.writes[0].values[0].dateTime.seconds = .min
        #expect(try code(message) == .undecodable)
    }

    @Test(
        "One change writes a register once"
    )
    func registerTwice() throws {
        var message = try message()
        message.registers += message.registers
        message.writes += message.writes
        #expect(try code(message) == .undecodable)
    }

    @Test("A conflict's id has sixteen bytes")
    func conflictLength() throws {
        var message = try message()
        message.conflict = Data(count: 15)
        #expect(try code(message) == .undecodable)
    }

    @Test("The name of an item has a limit")
    func itemName() throws {
        var message = try message()
        message.writes[0].items = [String(repeating: "i", count: 129)]
        #expect(try code(message) == .undecodable)
    }

    private func message() throws -> Trialsync_V1_Change {
        try Trialsync_V1_Change(serializedBytes: try EncodedChange(Fixed.change(), site: Fixed.site).bytes)
    }

    private func code(_ message: Trialsync_V1_Change) throws -> ProblemCode? {
        let bytes: Data = try message.serializedData()
        return problemCode { _ = try EncodedChange(received: bytes, id: Fixed.id(1)) }
    }
}
