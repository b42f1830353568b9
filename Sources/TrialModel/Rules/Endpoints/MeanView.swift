/// A mean over the participants who have both numbers.
public struct MeanView: Hashable, Sendable {
    /// How many participants have both.
    public let n: Int
    /// In the unit of the item; `nil` for none.
    public let mean: Double?
    /// The sample standard deviation (n - 1); `nil` for fewer than two.
    public let sd: Double?
    /// The numbers of the participants left out because one of the two is in conflict, sorted.
    public let unsettled: [String]

    /// `n`, `mean`, `sd`; numbers to six significant digits.
    public var json: JSON {
        .keyed(["n": .int(n), "mean": .rounded(mean), "sd": .rounded(sd)])
    }
}
