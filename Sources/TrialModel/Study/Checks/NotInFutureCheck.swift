/// A date lies after the day on which it was entered, as the device's clock showed that day: what is entered
/// as having happened had not happened yet. Check `date-order`.
///
/// It looks at the moment of entry that stands with the value, never at a clock, so every replica finds the
/// same, now and in years. A partial date proves only what it says; without a moment of entry nothing is
/// said.
public struct NotInFutureCheck: EditCheck {
    /// What is asked for: a date or a moment.
    public let item: Item
    /// How much a finding weighs.
    public let severity: Severity

    /// One finding if the date is certainly later than its entry.
    public func findings(in context: CheckContext) -> [Finding] {
        let value = context.value(of: item.oid)
        guard let entered = context.entered[item.oid], let day = entered.localDate,
            isAfter(value, entered, day)
        else { return [] }
        return [
            Finding(
                check: .dateOrder, items: [item.oid],
                text: .future(item, value: value.described, entered: day.description), severity: severity,
                values: [ItemValue(item.oid, value)], subject: item.oid + "+entry", against: ["entry=\(day)"])
        ]
    }

    private func isAfter(_ value: Value, _ entered: DeviceTime, _ day: CalendarDate) -> Bool {
        switch value {
        case .date(let date): day.isCertainlyBefore(date)
        case .dateTime(let moment):
            moment.secondsSince1970 * 1000 > entered.milliseconds + ClockTolerance.milliseconds
        default: false
        }
    }
}
