/// The share of participants whose total fell by enough from baseline to an event.
///
/// In the denominator is who has a total at baseline. Total or instrument in conflict: see ``RateView``.
public struct ResponseRateRule: Hashable, Sendable {
    /// What a participant without a total at the event counts as.
    public enum Missing: String, Hashable, Sendable, CaseIterable {
        case noResponse, excluded
    }

    /// The OID of the rule.
    public let oid: String
    /// What is compared.
    public let total: InstrumentTotalRule
    /// The event that the total fell from.
    public let baseline: String
    /// The event that the total fell to.
    public let event: String
    /// The least fall that is a response.
    public let decreaseAtLeast: Int
    /// What a participant without a total at the event counts as.
    public let missing: Missing

    init?(reading reader: RuleReader, in context: EndpointContext) {
        reader.allow("total", "baseline", "event", "decreaseAtLeast", "missing")
        let total = reader.required("total").flatMap { context.total($0, reader) }
        let baseline = reader.required("baseline").flatMap { node in
            context.event(node, having: total?.form, reader)
        }
        let event = reader.required("event").flatMap { context.event($0, having: total?.form, reader) }
        let decrease = reader.required("decreaseAtLeast")?.integer(in: EndpointRules.thresholds)
        let missing: Missing? = reader.required("missing").flatMap { reader.word($0) }
        guard let oid = reader.oid, let total, let baseline, let event, let decrease, let missing else {
            return nil
        }
        (self.oid, self.total, self.baseline, self.event) = (oid, total, baseline, event)
        (decreaseAtLeast, self.missing) = (decrease, missing)
    }

    func standing(of participant: ParticipantCase) -> RateStanding {
        RateStanding(
            baseline: total.total(at: baseline, of: participant),
            outcome: total.total(at: event, of: participant), excludesMissing: missing == .excluded
        ) { $0 - $1 >= decreaseAtLeast }
    }
}

extension EndpointRules {
    /// What a change of a total may be asked to reach.
    static let thresholds = 1...1_000_000
}
