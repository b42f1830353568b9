/// A measurement that is to be kept within a window. Rule kind `therapeuticWindow`, check `pk-window`.
///
/// A value outside is a finding for the investigator. What follows from it is not for a program to say.
public struct TherapeuticWindowRule: CaseCheck, Hashable {
    /// What is measured.
    public let item: Item
    /// The lower end, in the item's unit.
    public let low: ExactDecimal
    /// The upper end, in the item's unit.
    public let high: ExactDecimal
    /// Whether a value at either end is inside.
    public let endsInside: Bool
    /// The events at which it is judged.
    public let events: [String]

    init?(reading reader: RuleReader) {
        reader.allow("item", "low", "high", "endsInside", "events", "alsoAt")
        let low = reader.required("low")?.decimal()
        let high = reader.required("high")?.decimal()
        let ends = reader.required("endsInside")?.flag()
        let item = reader.required("item").flatMap { reader.item($0, .decimal, .integer) }
        let places = [reader.required("events"), reader.optional("alsoAt")].compactMap(\.self)
            .flatMap { $0.elements(atLeast: 1) }
        let events = places.compactMap { place -> String? in
            guard let event = reader.event(place) else { return nil }
            if let item, let planned = reader.plan.first(where: { $0.oid == event }), !planned.asks(for: item)
            {
                place.note("\"\(item.oid)\" is not asked at event \"\(event)\"")
            }
            return event
        }
        guard let low, let high, let ends, let item else { return nil }
        if high <= low { reader.required("high")?.note("must be more than low, \(low), not \(high)") }
        for name in ["low", "high"] {
            guard let entry = reader.entry(of: name), entry.tree["unit"]?.text != item.unit else { continue }
            entry.note(item.unit.map { "must be \"\($0)\"" } ?? "must be left out", at: "unit")
        }
        (self.item, self.low, self.high, endsInside, self.events) = (item, low, high, ends, events)
    }

    /// Whether the value is to be kept.
    public func contains(_ number: ExactDecimal) -> Bool {
        endsInside ? low <= number && number <= high : low < number && number < high
    }

    /// One finding if the value of a visit at one of the events is outside.
    public func findings(on record: CaseRecord, in context: CaseContext) -> [Finding] {
        let value = record.values.value(of: item.oid)
        guard let event = record.event, events.contains(event),
            let number = RangeCheck.number(value, of: item), !contains(number)
        else { return [] }
        let text = FindingText.outsideKept(
            item, value: value.described, record: record.name,
            range: .init(min: low, max: high, unit: item.unit), isBelow: number < low, endsInside: endsInside)
        return [
            Finding(
                check: .pkWindow, items: [item.oid], text: text, severity: .major,
                values: [ItemValue(item.oid, value)])
        ]
    }
}
