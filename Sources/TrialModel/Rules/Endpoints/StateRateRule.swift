/// The share of participants whose total is a certain number at an event: remission, if that number is zero.
///
/// In the denominator is who has a total at baseline. Total or instrument in conflict: see ``RateView``.
public struct StateRateRule: Hashable, Sendable {
    /// What a participant without a total at the event counts as.
    public enum Missing: String, Hashable, Sendable, CaseIterable {
        case notInState, excluded
    }

    /// The OID of the rule.
    public let oid: String
    /// What is looked at.
    public let total: InstrumentTotalRule
    /// The event whose total puts a participant in the denominator.
    public let baseline: String
    /// The event at which the state is looked for.
    public let event: String
    /// What the total has to be.
    public let equals: Int
    /// What a participant without a total at the event counts as.
    public let missing: Missing

    init?(reading reader: RuleReader, in context: EndpointContext) {
        reader.allow("total", "baseline", "event", "equals", "missing")
        let total = reader.required("total").flatMap { context.total($0, reader) }
        let baseline = reader.required("baseline").flatMap { node in
            context.event(node, having: total?.form, reader)
        }
        let event = reader.required("event").flatMap { context.event($0, having: total?.form, reader) }
        let equals = reader.required("equals")?.integer(in: 0...EndpointRules.thresholds.upperBound)
        let missing: Missing? = reader.required("missing").flatMap { reader.word($0) }
        guard let oid = reader.oid, let total, let baseline, let event, let equals, let missing else {
            return nil
        }
        (self.oid, self.total, self.baseline, self.event) = (oid, total, baseline, event)
        (self.equals, self.missing) = (equals, missing)
    }

    func standing(of participant: ParticipantCase) -> RateStanding {
        RateStanding(
            baseline: total.total(at: baseline, of: participant),
            outcome: total.total(at: event, of: participant), excludesMissing: missing == .excluded
        ) { $1 == equals }
    }
}
