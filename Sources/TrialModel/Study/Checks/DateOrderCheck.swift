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
        finding(context.value(of: earlier.oid), context.value(of: later.oid)).map { [$0] } ?? []
    }

    /// The finding if the two values are certainly in the wrong order; `event` is where the earlier one
    /// stands, if that is another record.
    func finding(_ first: Value, _ second: Value, earlierAt event: String? = nil) -> Finding? {
        guard isWrong(first, second) else { return nil }
        let said = [
            FindingText.Said(item: later, value: second.described),
            FindingText.Said(item: earlier, value: first.described),
        ]
        return Finding(
            check: .dateOrder, items: [earlier.oid, later.oid],
            text: .wrongOrder(said, allowsEqual: allowsEqual, event: event), severity: severity,
            values: [ItemValue(earlier.oid, first), ItemValue(later.oid, second)])
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
