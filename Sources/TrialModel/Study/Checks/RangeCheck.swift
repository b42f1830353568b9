/// A number is outside its item's plausible range. Such a value is saved like any other.
public struct RangeCheck: EditCheck {
    /// The check; it has no parameters, the items say what is plausible.
    public init() {}

    /// One finding per item.
    public func findings(in context: CheckContext) -> [Finding] {
        context.answered.compactMap { item in
            let value = context.value(of: item.oid)
            guard let range = item.range, let number = Self.number(value, of: item), !range.contains(number)
            else {
                return nil
            }
            return Finding(
                check: .range, items: [item.oid],
                text: .implausible(
                    item, value: value.described,
                    range: .init(min: range.min, max: range.max, unit: item.unit)),
                severity: .minor, values: [ItemValue(item.oid, value)])
        }
    }

    /// The number in the item's own unit; `nil` if the value is none.
    static func number(_ value: Value, of item: Item) -> ExactDecimal? {
        switch value {
        case .integer(let number): ExactDecimal(mantissa: number, scale: 0)
        case .decimal(let quantity) where quantity.unit == item.unit: quantity.number
        default: nil
        }
    }
}
