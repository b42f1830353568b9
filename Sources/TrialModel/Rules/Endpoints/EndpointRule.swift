/// One endpoint of a study.
public enum EndpointRule: Hashable, Sendable {
    case response(ResponseRateRule)
    case relapse(RelapseRateRule)
    case state(StateRateRule)
    case decrease(MeanDecreaseRule)

    /// The OID of the rule: its key in the report.
    public var oid: String {
        switch self {
        case .response(let rule): rule.oid
        case .relapse(let rule): rule.oid
        case .state(let rule): rule.oid
        case .decrease(let rule): rule.oid
        }
    }

    /// Whether it is a rate, which comes with an interval.
    var isRate: Bool {
        if case .decrease = self { false } else { true }
    }
}
