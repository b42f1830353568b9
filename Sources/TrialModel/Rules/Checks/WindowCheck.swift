/// A visit is dated outside its event's window, counted from day 0. Check `window`.
///
/// An event without a window is never judged, nor is anything before there is a day 0.
public struct WindowCheck: CaseCheck {
    /// The events of the study.
    public let plan: [StudyEvent]
    /// The item that gives the date of a visit.
    public let date: Item
    /// How much a finding weighs.
    public let severity: Severity

    /// One finding if the visit's date is outside.
    public func findings(on record: CaseRecord, in context: CaseContext) -> [Finding] {
        guard let event = plan.first(where: { $0.oid == record.event }), event.window != nil,
            let days = event.days, let dayZero = context.dayZero, let start = dayZero.dayNumber,
            let own = record.values.date(of: date), let number = own.dayNumber,
            !days.contains(number - start)
        else { return [] }
        let bounds = [days.lowerBound, days.upperBound].compactMap { CalendarDate(dayNumber: start + $0) }
        let text = FindingText.outsideWindow(
            .init(item: date, value: own.description), record: record.name, day: number - start,
            window: .init(dayZero: dayZero, days: days, dates: bounds))
        return [
            Finding(
                check: .window, items: [date.oid], text: text,
                severity: severity, values: [ItemValue(date.oid, .date(own))], against: ["day0=\(dayZero)"])
        ]
    }
}
