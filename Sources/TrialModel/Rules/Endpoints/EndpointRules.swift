/// The endpoints of a study, and the interval that their rates come with.
///
/// ## Topics
/// - ``ResponseRateRule``
/// - ``RelapseRateRule``
/// - ``StateRateRule``
/// - ``MeanDecreaseRule``
/// - ``RateIntervalRule``
public struct EndpointRules: Hashable, Sendable {
    /// In the order of the study.
    public let endpoints: [EndpointRule]
    /// There is one if any endpoint is a rate.
    public let interval: RateIntervalRule?

    /// No endpoints.
    init() { (endpoints, interval) = ([], nil) }

    /// Reads the rules in the order of the document, so that one can name those before it.
    init(
        reading rules: [(kind: RuleKind, reader: RuleReader)], totals: [InstrumentTotalRule],
        events: [StudyEvent]
    ) {
        var context = EndpointContext(totals: totals, events: events)
        var interval: RateIntervalRule?
        var intervals = 0
        for (kind, reader) in rules {
            let read: EndpointRule?
            switch kind {
            case .responseRate: read = ResponseRateRule(reading: reader, in: context).map { .response($0) }
            case .relapseRate: read = RelapseRateRule(reading: reader, in: context).map { .relapse($0) }
            case .stateRate: read = StateRateRule(reading: reader, in: context).map { .state($0) }
            case .meanDecrease: read = MeanDecreaseRule(reading: reader, in: context).map { .decrease($0) }
            case .rateInterval:
                intervals += 1
                if intervals > 1 {
                    reader.rule.note("is the second rule of this kind; one is for all", at: "rule")
                }
                interval = RateIntervalRule(reading: reader)
                continue
            default: continue
            }
            if let oid = reader.oid, EndpointReport.reservedKeys.contains(oid) {
                reader.rule.note("\"\(oid)\" is a key that every report has", at: "oid")
            }
            if let read { context.endpoints.append(read) }
        }
        if intervals == 0, let rate = rules.first(where: { $0.kind != .meanDecrease }) {
            rate.reader.rule.note("is a rate, and no rule \"rateInterval\" says its interval", at: "rule")
        }
        (endpoints, self.interval) = (context.endpoints, interval)
    }
}
