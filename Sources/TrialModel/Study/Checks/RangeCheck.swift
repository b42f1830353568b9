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
            let plausible = described(range, item)
            return Finding(
                check: .range, items: [item.oid],
                message: "\(item.oid) (\(item.label.en)) is \(value.described); plausible is \(plausible)",
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

    private func described(_ range: PlausibleRange, _ item: Item) -> String {
        let unit = item.unit.map { " " + $0 } ?? ""
        return switch (range.min, range.max) {
        case (let min?, let max?): "\(min) to \(max)\(unit)"
        case (let min?, nil): "\(min)\(unit) or more"
        case (nil, let max?): "\(max)\(unit) or less"
        case (nil, nil): "any number"
        }
    }
}
