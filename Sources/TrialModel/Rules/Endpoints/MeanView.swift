/// A mean over the participants who have both numbers.
public struct MeanView: Hashable, Sendable {
    /// How many participants have both.
    public let n: Int
    /// In the unit of the item; `nil` for none.
    public let mean: Double?
    /// The sample standard deviation (n - 1); `nil` for fewer than two.
    public let sd: Double?
    /// The numbers of the participants left out because they have only one of the two, sorted.
    public let missing: [String]
    /// The numbers of the participants with an open conflict on one of the two, sorted.
    public let unsettled: [String]

    init(_ standings: [(participant: String, standing: DecreaseStanding)]) {
        let differences = standings.compactMap(\.standing.difference)
        let moments = SampleMoments(of: differences)
        (n, mean, sd) = (differences.count, moments.mean, moments.sd)
        missing = standings.filter(\.standing.isMissing).map(\.participant).sorted()
        unsettled = standings.filter(\.standing.isUnsettled).map(\.participant).sorted()
    }

    /// `n`, `mean`, `sd`, `missing`, `unsettled`.
    public var json: JSON {
        .keyed([
            "n": .int(n), "mean": .double(mean), "sd": .double(sd),
            "missing": .array(missing.map(JSON.string)), "unsettled": .array(unsettled.map(JSON.string)),
        ])
    }
}
