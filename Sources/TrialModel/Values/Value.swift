/// Why there is no value, as the field codes it.
public enum MissingReason: String, Hashable, Sendable, CaseIterable {
    case notDone, unknown, refused, notApplicable
}

/// An exact decimal in the item's unit; `entered` keeps what the person typed if it was converted (`350
/// mg/dL`).
public struct Quantity: Hashable, Sendable {
    public let number: ExactDecimal
    public let unit: String?
    public let entered: String?

    public init(_ number: ExactDecimal, unit: String? = nil, entered: String? = nil) {
        (self.number, self.unit, self.entered) = (number, unit, entered)
    }
}

/// The value of one item. Emptying an item is a value like any other.
public enum Value: Hashable, Sendable {
    case empty
    case missing(MissingReason)
    case integer(Int64)
    case decimal(Quantity)
    case text(String)
    case code(String)
    case yesNo(Bool)
    case date(CalendarDate)
    case dateTime(OffsetDateTime)

    /// Whether two people who wrote these two values agree: type, unit and missing code match; decimals are
    /// equal as numbers (8.1 = 8.10), text is equal under Unicode canonical equivalence, moments to the
    /// second.
    public func agrees(with other: Value) -> Bool {
        switch (self, other) {
        case (.decimal(let left), .decimal(let right)): left.number == right.number && left.unit == right.unit
        case (.dateTime(let left), .dateTime(let right)): left.secondsSince1970 == right.secondsSince1970
        default: self == other
        }
    }

    /// Whether nothing was answered, not even a reason.
    public var isEmpty: Bool { self == .empty }
}

/// One item's value within a register.
public struct ItemValue: Hashable, Sendable {
    public let item: String
    public let value: Value

    public init(_ item: String, _ value: Value) { (self.item, self.value) = (item, value) }
}
