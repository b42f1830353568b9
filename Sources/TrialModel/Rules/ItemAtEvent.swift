/// An item at one event that occurs once: where a rule finds a value of a participant.
///
/// Written `{"event": "BL", "item": "VS.weight"}`.
public struct ItemAtEvent: Hashable, Sendable {
    /// `BL`, for instance.
    public let event: String
    /// What is asked there.
    public let item: Item

    /// Reads the place; notes an event that does not exist, repeats or does not ask for the item.
    init?(_ node: DefinitionNode, _ reader: RuleReader, _ types: ItemType...) {
        node.allowKeys("event", "item")
        let place = node.required("event")
        let event = place.flatMap { reader.event($0) }
        guard let named = node.required("item"), let item = reader.item(named, types), let event else {
            return nil
        }
        if let planned = reader.plan.first(where: { $0.oid == event }) {
            if planned.repeating { place?.note("event \"\(event)\" may occur more than once") }
            if !planned.formOIDs.contains(item.form) || !item.isAsked(at: event) {
                named.note("\"\(item.oid)\" is not asked at event \"\(event)\"")
            }
        }
        (self.event, self.item) = (event, item)
    }

    /// What a participant's record says there; no value while the event has not taken place or is void.
    public func value(in participant: ParticipantCase) -> Value {
        participant.visit(event)?.values.value(of: item.oid) ?? .empty
    }

    /// The values it may come to have: more than one in conflict.
    public func candidates(in participant: ParticipantCase) -> [Value] {
        participant.visit(event)?.values.candidates(of: item) ?? [.empty]
    }

    /// Whether people disagree on it.
    public func isInConflict(in participant: ParticipantCase) -> Bool {
        participant.visit(event)?.values.isInConflict(item) ?? false
    }

    /// `VS.weight at BL`, for reasons.
    var name: String { "\(item.oid) at \(event)" }

    /// The date there: `nil` if none is given, open while it is in conflict or partial.
    func date(in participant: ParticipantCase) -> Settled<CalendarDate>? {
        if isInConflict(in: participant) { return .open(reason: "\(name) is in conflict") }
        guard case .date(let date) = value(in: participant) else { return nil }
        return date.isFull ? .known(date) : .open(reason: "\(name) is not a full date")
    }
}

extension Value {
    /// The number in the item's unit; `nil` if this is none.
    func number(of item: Item) -> ExactDecimal? {
        guard case .decimal(let quantity) = self, quantity.unit == item.unit else { return nil }
        return quantity.number
    }
}

extension RecordValues {
    /// Whether anything is answered or in conflict: a record that was emptied again has no answers.
    var hasAnswers: Bool { !conflicts.isEmpty || agreed.values.contains { !$0.isEmpty } }
}
