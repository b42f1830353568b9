/// A date of any visit or log line lies before one that is given once, at another event: before the consent,
/// for instance. Check `date-order`.
public struct DateOrderAcrossRecordsCheck: CaseCheck {
    /// The event at which the earlier date is given.
    public let event: String
    /// The two dates, in the order in which they should stand.
    public let order: DateOrderCheck

    /// One finding if both dates are known and certainly in the wrong order.
    public func findings(on record: CaseRecord, in context: CaseContext) -> [Finding] {
        let origin = record.event == event ? record.values : context.participant.visit(event)?.values
        guard let first = origin?.value(of: order.earlier.oid) else { return [] }
        let second = record.values.value(of: order.later.oid)
        return order.finding(first, second, earlierAt: event).map { [$0] } ?? []
    }
}
