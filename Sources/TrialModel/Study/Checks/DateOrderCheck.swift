/// Two dates of one record stand in an order that cannot be.
///
/// Partial dates prove nothing that they leave open: `2026-03` is neither before nor after `2026-03-05`.
public struct DateOrderCheck: EditCheck {
    /// The item that should come first, a date or a moment.
    public let earlier: Item
    /// The item that should come after it.
    public let later: Item
    /// Whether both may be the same.
    public let allowsEqual: Bool
    /// How much a wrong order weighs.
    public let severity: Severity

    /// A finding if both dates are known and certainly in the wrong order.
    public func findings(in context: CheckContext) -> [Finding] {
        let (first, second) = (context.value(of: earlier.oid), context.value(of: later.oid))
        guard isWrong(first, second) else { return [] }
        let message =
            "\(later.oid) (\(later.label.en)) is \(second.described) and should be "
            + (allowsEqual ? "no earlier than" : "later than")
            + " \(earlier.oid) (\(earlier.label.en)), \(first.described)"
        return [
            Finding(check: .dateOrder, items: [earlier.oid, later.oid], message: message, severity: severity)
        ]
    }

    private func isWrong(_ first: Value, _ second: Value) -> Bool {
        if case .dateTime(let first) = first, case .dateTime(let second) = second {
            let (start, end) = (first.secondsSince1970, second.secondsSince1970)
            return end < start || (!allowsEqual && start == end)
        }
        guard let first = date(first), let second = date(second) else { return false }
        return second.isCertainlyBefore(first) || (!allowsEqual && first.isFull && first == second)
    }

    private func date(_ value: Value) -> CalendarDate? {
        switch value {
        case .date(let date): date
        case .dateTime(let moment): moment.localDate
        default: nil
        }
    }
}
