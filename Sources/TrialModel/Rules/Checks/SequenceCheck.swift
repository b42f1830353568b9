/// A visit is on record without one that comes before it in the study (`sequence`), or is dated before one
/// (`date-order`).
///
/// Both are findings on the visit that comes later in the study. Events that repeat have no place in the
/// order, and an earlier visit whose date is missing or in conflict proves nothing.
public struct SequenceCheck: CaseCheck {
    /// The events that occur once, in the order of the study.
    public let plan: [String]
    /// The item that gives the date of a visit.
    public let date: Item
    /// How much a finding weighs.
    public let severity: Severity

    /// At most one finding of each kind, which names every earlier visit that it speaks of.
    public func findings(on record: CaseRecord, in context: CaseContext) -> [Finding] {
        guard let event = record.event, let place = plan.firstIndex(of: event) else { return [] }
        let earlier = plan[..<place].map { (event: $0, visit: context.participant.visit($0)) }
        let missing = earlier.filter { $0.visit?.values.saysAnything != true }.map(\.event)
        let own = record.values.date(of: date)
        let later = earlier.compactMap { event, visit -> (event: String, date: CalendarDate)? in
            guard let own, let theirs = visit?.values.date(of: date), own.isCertainlyBefore(theirs) else {
                return nil
            }
            return (event, theirs)
        }
        return [self.missing(missing, before: record, own), outOfOrder(later, record, own)].compactMap(\.self)
    }

    private func missing(_ events: [String], before record: CaseRecord, _ own: CalendarDate?) -> Finding? {
        guard !events.isEmpty else { return nil }
        return Finding(
            check: .sequence, items: [date.oid],
            text: .missingEarlier(record: record.name, date: own, events: events),
            severity: severity, values: [], against: ["missing=" + events.joined(separator: ",")])
    }

    private func outOfOrder(
        _ later: [(event: String, date: CalendarDate)], _ record: CaseRecord, _ own: CalendarDate?
    ) -> Finding? {
        guard !later.isEmpty, let own else { return nil }
        return Finding(
            check: .dateOrder, items: [date.oid],
            text: .datedBefore(
                date, record: record.name, date: own,
                earlier: later.map { FindingText.Dated(event: $0.event, date: $0.date) }),
            severity: severity, values: [ItemValue(date.oid, .date(own))],
            against: later.map { "\($0.event)=\($0.date)" })
    }
}
