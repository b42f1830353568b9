/// Where one participant stands in a mean fall.
struct DecreaseStanding: Sendable {
    /// `nil` unless both numbers are known.
    var difference: ExactDifference?
    /// Only one of the two numbers is there.
    var isMissing = false
    /// There is an open conflict on one of the two.
    var isUnsettled = false
}

/// The mean fall of a number from baseline to an event, over the participants who have both.
///
/// A number in conflict is as good as none, and its participant is listed as unsettled. So is one on whose
/// number an edit stands against a lock or a void, though there what stands on the record counts. Who has one
/// of the two numbers and not the other is listed as missing.
public struct MeanDecreaseRule: Hashable, Sendable {
    /// The OID of the rule.
    public let oid: String
    /// The number: a decimal or an integer.
    public let item: Item
    /// The event that it fell from.
    public let baseline: String
    /// The event that it fell to.
    public let event: String

    init?(reading reader: RuleReader, in context: EndpointContext) {
        reader.allow("item", "baseline", "event")
        let item = reader.required("item").flatMap { reader.item($0, .decimal, .integer) }
        let baseline = reader.required("baseline").flatMap { node in
            context.event(node, having: item?.form, reader)
        }
        let event = reader.required("event").flatMap { context.event($0, having: item?.form, reader) }
        guard let oid = reader.oid, let item, let baseline, let event else { return nil }
        (self.oid, self.item, self.baseline, self.event) = (oid, item, baseline, event)
    }

    /// Where a participant stands in the mean.
    func standing(of participant: ParticipantCase) -> DecreaseStanding {
        var standing = DecreaseStanding()
        standing.isUnsettled = isInConflict(participant.inDispute ?? participant)
        if isInConflict(participant) { return standing }
        switch (number(at: baseline, of: participant), number(at: event, of: participant)) {
        case (let first?, let second?): standing.difference = ExactDifference(first, minus: second)
        case (nil, nil): break
        default: standing.isMissing = !standing.isUnsettled
        }
        return standing
    }

    private func isInConflict(_ participant: ParticipantCase) -> Bool {
        [baseline, event].contains { participant.visit($0)?.values.isInConflict(item) == true }
    }

    private func number(at event: String, of participant: ParticipantCase) -> ExactDecimal? {
        participant.visit(event).flatMap { number(in: $0.values) }
    }

    private func number(in values: RecordValues) -> ExactDecimal? {
        switch values.value(of: item.oid) {
        case .decimal(let quantity) where quantity.unit == item.unit: quantity.number
        case .integer(let number): ExactDecimal(mantissa: number, scale: 0)
        default: nil
        }
    }
}
