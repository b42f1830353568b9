import FoundationEssentials
import TrialModel

/// Bytes of a row in the making: varints as protobuf has them, texts and byte strings behind their length.
struct RowWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 512) { bytes.reserveCapacity(capacity) }

    mutating func byte(_ byte: UInt8) { bytes.append(byte) }

    mutating func number(_ number: UInt64) {
        var rest = number
        while rest > 127 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func count(_ count: Int) { number(UInt64(count)) }

    /// Small numbers of either sign in few bytes.
    mutating func signed(_ number: Int64) {
        self.number(UInt64(bitPattern: number << 1 ^ number >> 63))
    }

    mutating func text(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            count(utf8.count)
            bytes.append(contentsOf: utf8)
        }
    }

    mutating func append(_ other: some Collection<UInt8>) { bytes.append(contentsOf: other) }
}

/// Reads what a ``RowWriter`` wrote. Only damage makes it fail.
struct RowReader: ~Copyable {
    private let bytes: [UInt8]
    private var place = 0

    init(_ data: Data) { bytes = [UInt8](data) }

    static var damaged: Problem { Problem(.storeDamaged, "the merged state of a record cannot be read") }

    var isAtEnd: Bool { place == bytes.count }

    mutating func byte() throws(Problem) -> UInt8 {
        guard place < bytes.count else { throw Self.damaged }
        defer { place += 1 }
        return bytes[place]
    }

    mutating func number() throws(Problem) -> UInt64 {
        var (number, shift): (UInt64, UInt64) = (0, 0)
        while true {
            let next = try byte()
            guard shift < 63 || next < 2 else { throw Self.damaged }
            number |= UInt64(next & 127) << shift
            if next < 128 { return number }
            shift += 7
        }
    }

    /// A count of things that take at least a byte each, so that damage never asks for much memory.
    mutating func count() throws(Problem) -> Int {
        guard let count = Int(exactly: try number()), count <= bytes.count - place else {
            throw Self.damaged
        }
        return count
    }

    mutating func signed() throws(Problem) -> Int64 {
        let number = try number()
        return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }

    mutating func slice(_ count: Int) throws(Problem) -> ArraySlice<UInt8> {
        guard count <= bytes.count - place else { throw Self.damaged }
        defer { place += count }
        return bytes[place..<place + count]
    }

    mutating func text() throws(Problem) -> String {
        let count = try count()
        guard let text = String(validating: try slice(count), as: UTF8.self) else { throw Self.damaged }
        return text
    }
}

extension RowWriter {
    mutating func value(_ value: Value) {
        switch value {
        case .empty: byte(0)
        case .missing(let reason):
            byte(1)
            text(reason.rawValue)
        case .integer(let number):
            byte(2)
            signed(number)
        case .decimal(let quantity):
            byte(3)
            signed(quantity.number.mantissa)
            count(quantity.number.scale)
            text(quantity.unit ?? "")
            text(quantity.entered ?? "")
        case .text(let text):
            byte(4)
            self.text(text)
        case .code(let code):
            byte(5)
            text(code)
        case .yesNo(let answer): byte(answer ? 7 : 6)
        case .date(let date):
            byte(8)
            count(date.year * 10_000 + (date.month ?? 0) * 100 + (date.day ?? 0))
        case .dateTime(let moment):
            byte(9)
            signed(moment.secondsSince1970)
            signed(Int64(moment.offsetMinutes))
        }
    }
}

extension RowReader {
    mutating func value() throws(Problem) -> Value {
        let value: Value? =
            switch try byte() {
            case 0: .empty
            case 1: MissingReason(rawValue: try text()).map(Value.missing)
            case 2: .integer(try signed())
            case 3: try quantity().map(Value.decimal)
            case 4: .text(try text())
            case 5: .code(try text())
            case 6: .yesNo(false)
            case 7: .yesNo(true)
            case 8: Self.date(try number()).map(Value.date)
            case 9: try moment().map(Value.dateTime)
            default: nil
            }
        guard let value else { throw Self.damaged }
        return value
    }

    private mutating func quantity() throws(Problem) -> Quantity? {
        let (mantissa, scale) = (try signed(), try number())
        let (unit, entered) = (try text(), try text())
        guard scale <= ExactDecimal.digitLimit,
            let number = ExactDecimal(mantissa: mantissa, scale: Int(scale))
        else { return nil }
        return Quantity(number, unit: unit.isEmpty ? nil : unit, entered: entered.isEmpty ? nil : entered)
    }

    private static func date(_ number: UInt64) -> CalendarDate? {
        guard number < 100_000_000 else { return nil }
        let (year, month, day) = (Int(number / 10_000), Int(number / 100 % 100), Int(number % 100))
        return CalendarDate(year: year, month: month == 0 ? nil : month, day: day == 0 ? nil : day)
    }

    private mutating func moment() throws(Problem) -> OffsetDateTime? {
        let (seconds, offset) = (try signed(), try signed())
        return Int(exactly: offset).flatMap {
            OffsetDateTime(secondsSince1970: seconds, offsetMinutes: $0)
        }
    }
}
