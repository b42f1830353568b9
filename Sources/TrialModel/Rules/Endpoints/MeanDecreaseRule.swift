/// The mean fall of a number from baseline to an event, over the participants who have both.
///
/// A number in conflict is as good as none, and its participant is listed as unsettled.
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

    func view(of participants: [ParticipantCase]) -> MeanView {
        var differences: [ExactDifference] = []
        var unsettled: [String] = []
        for participant in participants {
            let (first, second) = (participant.visit(baseline)?.values, participant.visit(event)?.values)
            if first?.isInConflict(item) == true || second?.isInConflict(item) == true {
                unsettled.append(participant.participant)
            } else if let first = first.flatMap(number), let second = second.flatMap(number) {
                differences.append(ExactDifference(first, minus: second))
            }
        }
        let moments = SampleMoments(of: differences)
        return MeanView(
            n: differences.count, mean: moments.mean, sd: moments.sd, unsettled: unsettled.sorted())
    }

    private func number(in values: RecordValues) -> ExactDecimal? {
        switch values.value(of: item.oid) {
        case .decimal(let quantity) where quantity.unit == item.unit: quantity.number
        case .integer(let number): ExactDecimal(mantissa: number, scale: 0)
        default: nil
        }
    }
}
