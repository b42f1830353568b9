import SwiftProtobuf
package import TrialModel

extension Trialsync_V1_Value {
    package init(_ value: Value) {
        self.init()
        switch value {
        case .empty: empty = true
        case .missing(let reason): missing = reason.wireNumber
        case .integer(let number): integer = number
        case .decimal(let quantity): decimal = Trialsync_V1_Decimal(quantity)
        case .text(let text): self.text = text
        case .code(let code): self.code = code
        case .yesNo(let answer): yesNo = answer
        case .date(let date):
            self.date = UInt32(date.year * 10_000 + (date.month ?? 0) * 100 + (date.day ?? 0))
        case .dateTime(let moment):
            dateTime.seconds = moment.secondsSince1970
            dateTime.offsetMinutes = Int32(moment.offsetMinutes)
        }
    }

    /// - Throws: `Problem(.undecodable)` if it is of a newer kind or out of range: never read as empty.
    package func model() throws(Problem) -> Value {
        let value: Value? =
            switch kind {
            case .empty: .empty
            case .missing(let number): MissingReason(wireNumber: number).map(Value.missing)
            case .integer(let number): .integer(number)
            case .decimal(let decimal): decimal.quantity.map(Value.decimal)
            case .text(let text): .text(text)
            case .code(let code): .code(code)
            case .yesNo(let answer): .yesNo(answer)
            case .date(let number): Self.date(number).map(Value.date)
            case .dateTime(let moment):
                OffsetDateTime(secondsSince1970: moment.seconds, offsetMinutes: Int(moment.offsetMinutes))
                    .map(Value.dateTime)
            case nil: nil
            }
        guard let value else {
            throw Problem(.undecodable, "a value is of a kind or size this program does not know")
        }
        return value
    }

    private static func date(_ number: UInt32) -> CalendarDate? {
        let (year, month, day) = (Int(number / 10_000), Int(number / 100 % 100), Int(number % 100))
        return CalendarDate(year: year, month: month == 0 ? nil : month, day: day == 0 ? nil : day)
    }
}

extension Trialsync_V1_Decimal {
    init(_ quantity: Quantity) {
        self.init()
        mantissa = quantity.number.mantissa
        scale = UInt32(quantity.number.scale)
        unit = quantity.unit ?? ""
        entered = quantity.entered ?? ""
    }

    var quantity: Quantity? {
        guard let scale = Int(exactly: scale), let number = ExactDecimal(mantissa: mantissa, scale: scale)
        else { return nil }
        return Quantity(number, unit: unit.isEmpty ? nil : unit, entered: entered.isEmpty ? nil : entered)
    }
}

extension MissingReason {
    fileprivate var wireNumber: UInt32 {
        switch self {
        case .notDone: 1
        case .unknown: 2
        case .refused: 3
        case .notApplicable: 4
        }
    }

    fileprivate init?(wireNumber: UInt32) {
        guard let reason = Self.allCases.first(where: { $0.wireNumber == wireNumber }) else { return nil }
        self = reason
    }
}
