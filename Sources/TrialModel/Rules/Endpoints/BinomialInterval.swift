/// The exact interval of Clopper and Pearson for a probability, from `count` events among `trials`.
///
/// Both ends are those probabilities under which an outcome at least as extreme has half of what the
/// confidence leaves. (C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in
/// the case of the binomial", Biometrika 26, 1934.) Only the four operations of arithmetic are used, so the
/// result is the same on every platform.
public struct BinomialInterval: Hashable, Sendable {
    /// The lower end; 0 without any event.
    public let low: Double
    /// The upper end; 1 if all trials had the event.
    public let high: Double

    /// The interval, accurate to 1e-9.
    ///
    /// - Parameters:
    ///   - count: From 0 to `trials`.
    ///   - trials: How many there were; `nil` is returned for none.
    ///   - confidence: More than 0 and less than 1.
    /// - Complexity: O(`trials`).
    public init?(of count: Int, among trials: Int, confidence: Double) {
        guard trials > 0, (0...trials).contains(count), confidence > 0, confidence < 1 else { return nil }
        let tail = (1 - confidence) / 2
        low = Self.lowEnd(of: count, among: trials, tail: tail)
        high = 1 - Self.lowEnd(of: trials - count, among: trials, tail: tail)
    }

    /// The probability under which that many events or more have the probability `tail`, by bisection.
    private static func lowEnd(of count: Int, among trials: Int, tail: Double) -> Double {
        guard count > 0 else { return 0 }
        var (below, above) = (0.0, 1.0)
        // Bisection ends where no number lies between; the number of steps is bounded by the exponent.
        for _ in 0..<1_100 {
            let middle = below + (above - below) / 2
            guard below < middle, middle < above else { break }
            if probability(ofAtLeast: count, among: trials, each: middle) < tail {
                below = middle
            } else {
                above = middle
            }
        }
        return below + (above - below) / 2
    }

    /// The probability of `count` events or more, as the share of all outcomes.
    ///
    /// Terms are taken relative to that of exactly `count` events, each from its neighbour, so that neither
    /// factorials nor logarithms are needed; all are positive, so nothing cancels. A sum that overflows is
    /// that of the side with nearly everything on it.
    private static func probability(ofAtLeast count: Int, among trials: Int, each: Double) -> Double {
        let odds = each / (1 - each)
        var atLeast = 1.0
        var term = 1.0
        for k in count..<trials {
            term *= Double(trials - k) / Double(k + 1) * odds
            let sum = atLeast + term
            if sum == atLeast { break }
            atLeast = sum
        }
        var fewer = 0.0
        term = 1
        for k in stride(from: count, to: 0, by: -1) {
            term *= Double(k) / Double(trials - k + 1) / odds
            let sum = fewer + term
            if sum == fewer { break }
            fewer = sum
        }
        if atLeast.isInfinite { return 1 }
        if fewer.isInfinite { return 0 }
        return atLeast / (atLeast + fewer)
    }
}
