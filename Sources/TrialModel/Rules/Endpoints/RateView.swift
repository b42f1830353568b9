/// A count among a number, and their ratio.
public struct Proportion: Hashable, Sendable {
    /// How many have the event.
    public let n: Int
    /// Among how many.
    public let total: Int

    /// Their ratio; `nil` among none.
    public var rate: Double? { total > 0 ? Double(n) / Double(total) : nil }

    /// Counts those that are in the denominator.
    init(counting standings: [Bool?]) {
        n = standings.count { $0 == true }
        total = standings.count { $0 != nil }
    }

    /// `n`, `N` and `rate`, null among none.
    public var json: JSON { .object(members) }

    var members: [JSON.Member] {
        [.init("n", .int(n)), .init("N", .int(total)), .init("rate", .double(rate))]
    }
}

/// A rate with its exact interval, and what is not known yet.
///
/// The headline follows the rule's parameter for what is missing. A value in conflict is treated as a missing
/// one there; its participant is listed as unsettled, not as missing. `worst` and `best` are the rates if
/// everybody listed went that way, and are the headline if nobody is: a conflict may be resolved by a value
/// that is none of its versions, so they take it either way even if all versions lead to the same.
///
/// A participant whose total at baseline is in conflict has one: what is disputed is only how much it is. So
/// such a participant is in the denominator, without the event in the headline (or left out of it where the
/// rule leaves out what is missing), and bounded either way.
///
/// An edit that stands against a lock or a void (`editAfterLock`, `editVersusVoid`) leaves the headline as
/// the record stands: the locked value counts, and the void visit is passed over. Its participant is listed
/// as unsettled if the rule looks at what the edit wrote, or at anything of the void visit, and is bounded
/// either way.
public struct RateView: Hashable, Sendable {
    /// The rate as the rule says.
    public let headline: Proportion
    /// The exact interval of the headline; `nil` among none.
    public let interval: BinomialInterval?
    /// The numbers of the participants without what the outcome needs, sorted.
    public let missing: [String]
    /// The numbers of the participants with an open conflict on an item that was looked at, sorted.
    public let unsettled: [String]
    /// If everything missing or unsettled went against the participant.
    public let worst: Proportion
    /// If everything missing or unsettled went well for the participant.
    public let best: Proportion

    init(_ standings: [(participant: String, standing: RateStanding)], confidence: Double?) {
        headline = Proportion(counting: standings.map(\.standing.headline))
        interval = confidence.flatMap { [headline] confidence in
            BinomialInterval(of: headline.n, among: headline.total, confidence: confidence)
        }
        missing = standings.filter(\.standing.isMissing).map(\.participant).sorted()
        unsettled = standings.filter(\.standing.isUnsettled).map(\.participant).sorted()
        worst = Proportion(counting: standings.map(\.standing.worst))
        best = Proportion(counting: standings.map(\.standing.best))
    }

    /// `n`, `N`, `rate`, `low`, `high`, `missing`, `unsettled`, `worst`, `best`.
    public var json: JSON {
        .object(
            headline.members + [
                .init("low", .double(interval?.low)), .init("high", .double(interval?.high)),
                .init("missing", .array(missing.map(JSON.string))),
                .init("unsettled", .array(unsettled.map(JSON.string))),
                .init("worst", worst.json), .init("best", best.json),
            ])
    }
}
