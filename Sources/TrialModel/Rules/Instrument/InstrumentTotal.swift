/// The total of an instrument in one record. It is computed whenever it is asked for and never stored.
public enum InstrumentTotal: Hashable, Sendable {
    case value(Int)
    /// Some scores are unanswered, in these domains: such a total is missing, not smaller.
    case missing([String])
    /// The instrument is in conflict: the total of each live version, in their order; `nil` where that
    /// version's is missing.
    case unsettled([Int?])

    /// The total that all agree on.
    public var known: Int? {
        guard case .value(let total) = self else { return nil }
        return total
    }

    /// Whether people disagree on the instrument.
    public var isUnsettled: Bool {
        guard case .unsettled = self else { return false }
        return true
    }

    /// Whether all agree, and there is no total.
    public var isMissing: Bool {
        guard case .missing = self else { return false }
        return true
    }
}
