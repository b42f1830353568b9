import Foundation
import SwiftProtobuf
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@Suite("Values on the wire", .tags(.unit))
struct ValueCodecTests {
    static let values: [Value] =
        [
            .empty, .integer(0), .integer(.min), .integer(.max), .decimal(Quantity(ExactDecimal("8.10")!)),
            .decimal(Quantity(ExactDecimal("-0.05")!, unit: "g/L", entered: "-5 mg/dL")), .text(""),
            .text("体重 é"),
            .code("F"), .yesNo(true), .yesNo(false), .date(CalendarDate("2026")!),
            .date(CalendarDate("2026-03")!),
            .date(CalendarDate("2026-03-02")!), .dateTime(OffsetDateTime("2026-03-02T09:12:30+08:00")!),
            .dateTime(OffsetDateTime("1900-01-01T00:00-14:00")!),
        ] + MissingReason.allCases.map(Value.missing)

    @Test("A value reads back exactly, digits and all", arguments: values)
    func roundTrip(value: Value) throws {
        let bytes: Data = try Trialsync_V1_Value(value).serializedData()
        let read = try Trialsync_V1_Value(serializedBytes: bytes).model()
        #expect(read == value)
        #expect(read.json == value.json)
        #expect(!bytes.isEmpty)
    }

    @Test(
        "A value out of range is undecodable",
        arguments: [
            { $0.missing = 0 }, { $0.missing = 5 }, { $0.decimal.scale = 19 }, { $0.decimal.scale = .max },
            { $0.decimal.mantissa = 1_000_000_000_000_000_000 }, { $0.decimal.mantissa = .min },
            { $0.date = 0 },
            { $0.date = 20_260_230 }, { $0.date = 20_260_002 }, { $0.date = 18_990_101 },
            { $0.date = 20_261_300 },
            { $0.date = .max }, { $0.dateTime.offsetMinutes = 841 }, { $0.dateTime.offsetMinutes = .min },
            { $0.dateTime.seconds = .max }, { $0.dateTime.seconds = 8_000_000_000 },
            { $0.dateTime.seconds = 7_258_118_400 },
        ] as [@Sendable (inout Trialsync_V1_Value) -> Void])
    func outOfRange(spoil: @Sendable (inout Trialsync_V1_Value) -> Void) {
        var value = Trialsync_V1_Value()
        spoil(&value)
        #expect(problemCode { _ = try value.model() } == .undecodable)
    }

    @Test("No and zero are written, so that they are not taken for nothing")
    func falseIsWritten() throws {
        #expect(try Trialsync_V1_Value(.yesNo(false)).serializedData() == Data([0x30, 0]))
        #expect(try Trialsync_V1_Value(.integer(0)).serializedData() == Data([0x10, 0]))
        #expect(try Trialsync_V1_Value(.empty).serializedData() == Data([0x48, 1]))
    }
}
