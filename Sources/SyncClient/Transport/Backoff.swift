/// When to try again: exponential with full jitter, so that the laptops of a site that lost its link at one
/// moment don't come back at one moment.
///
/// The delay before try n is drawn evenly from 0 to min(cap, base * 2^n) (Brooker, "Exponential Backoff And
/// Jitter", AWS Architecture Blog, 2015).
package struct Backoff: Hashable, Sendable {
    package let baseMilliseconds: Int
    package let capMilliseconds: Int
    /// Failures since the last success.
    package private(set) var failures = 0

    package init(baseMilliseconds: Int = 1_000, capMilliseconds: Int = 60_000) {
        self.capMilliseconds = max(1, capMilliseconds)
        self.baseMilliseconds = min(max(1, baseMilliseconds), self.capMilliseconds)
    }

    /// Counts one more failure and says how long to wait before the next try.
    ///
    /// - Parameter generator: the draw's randomness.
    /// - Returns: milliseconds, 0 included.
    package mutating func nextDelayMilliseconds(using generator: inout some RandomNumberGenerator) -> Int {
        defer { failures += 1 }
        return Int.random(in: 0...ceilingMilliseconds, using: &generator)
    }

    /// Begins anew after a success.
    package mutating func reset() { failures = 0 }

    /// min(cap, base * 2^failures), without overflow.
    private var ceilingMilliseconds: Int {
        var ceiling = baseMilliseconds
        for _ in 0..<failures where ceiling < capMilliseconds {
            ceiling = ceiling > capMilliseconds / 2 ? capMilliseconds : ceiling * 2
        }
        return ceiling
    }
}
