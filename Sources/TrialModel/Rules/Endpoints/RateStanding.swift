/// Where one participant stands in a rate: whether counted, and whether as having the event.
///
/// `nil` = not in the denominator. The three differ only for participants who are listed, as missing or as
/// unsettled.
struct RateStanding: Hashable {
    let headline: Bool?
    let worst: Bool?
    let best: Bool?
    var isMissing = false
    var isUnsettled = false

    /// No part of this rate, whatever comes to light.
    static let outside = RateStanding(headline: nil, worst: nil, best: nil)

    /// The same whatever happens to what is missing or unsettled.
    static func settled(_ event: Bool) -> RateStanding {
        RateStanding(headline: event, worst: event, best: event)
    }

    /// This standing, of the record as it is, with the bounds of the record in dispute: what is listed is
    /// what is open there.
    func bounded(by disputed: RateStanding) -> RateStanding {
        RateStanding(
            headline: headline, worst: disputed.worst, best: disputed.best, isMissing: disputed.isMissing,
            isUnsettled: disputed.isUnsettled)
    }
}

extension RateStanding {
    /// Of a favourable event that two totals decide, where whoever has the first is in the denominator.
    ///
    /// A total in conflict is treated in the headline as a missing one would be, and the worst and best case
    /// take it either way, even if all versions lead to the same outcome: who resolves the conflict may
    /// enter a value that is none of theirs. A first total in conflict is one that the participant has: only
    /// what it is, is disputed. So the participant is in the denominator, and the bounds hold.
    init(
        baseline: InstrumentTotal, outcome: InstrumentTotal, excludesMissing: Bool, holds: (Int, Int) -> Bool
    ) {
        if baseline.isMissing {
            self = .outside
        } else if let first = baseline.known, let second = outcome.known {
            self = .settled(holds(first, second))
        } else {
            self.init(
                headline: excludesMissing ? nil : false, worst: false, best: true,
                isMissing: outcome.isMissing, isUnsettled: baseline.isUnsettled || outcome.isUnsettled)
        }
    }
}
