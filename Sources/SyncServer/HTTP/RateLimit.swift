import HTTPTypes
import Synchronization
import TrialModel

/// How often something may happen: a token bucket that fills steadily and holds a burst.
package struct Rate: Hashable, Sendable {
    package let perMinute: Int
    /// How much may come at once after a rest.
    package let burst: Int

    package init(perMinute: Int, burst: Int) {
        self.perMinute = max(1, perMinute)
        self.burst = max(1, burst)
    }

    /// One bucket. Time is what has passed since any fixed moment; it never runs backwards.
    struct Bucket: Hashable, Sendable {
        private(set) var milliseconds: Int64
        /// Sixty-thousandths of a request, so that nothing is rounded away.
        private var filling: Int64

        private static let request: Int64 = 60_000

        init(full rate: Rate, at milliseconds: Int64) {
            self.milliseconds = milliseconds
            filling = Int64(rate.burst) * Self.request
        }

        /// Takes one request out.
        ///
        /// - Returns: 0, or after how many milliseconds there is room for one.
        mutating func take(_ rate: Rate, at now: Int64) -> Int64 {
            filling = level(rate, at: now)
            milliseconds = max(milliseconds, now)
            guard filling < Self.request else {
                filling -= Self.request
                return 0
            }
            return (Self.request - filling + Int64(rate.perMinute) - 1) / Int64(rate.perMinute)
        }

        /// Whether it is as good as one that was never used.
        func isFull(_ rate: Rate, at now: Int64) -> Bool {
            level(rate, at: now) == Int64(rate.burst) * Self.request
        }

        private func level(_ rate: Rate, at now: Int64) -> Int64 {
            let cap = Int64(rate.burst) * Self.request
            // A day fills any bucket, and keeps the product small.
            let passed = min(max(0, now - milliseconds), 86_400_000)
            return min(cap, filling + passed * Int64(rate.perMinute))
        }
    }
}

/// A ``Rate`` for each of many: devices, or addresses.
///
/// It remembers at most ``capacity`` of them. Full buckets are forgotten first; if there are none, the
/// newcomer is refused as if its bucket were empty: nobody can make the server forget who is over the limit.
final class RateLimit<Key: Hashable & Sendable>: Sendable {
    private let rate: Rate
    private let capacity: Int
    private let now: @Sendable () -> Int64
    private let buckets = Mutex<[Key: Rate.Bucket]>([:])

    /// - Parameter now: milliseconds since any fixed moment, by a clock that never runs backwards.
    init(
        _ rate: Rate, capacity: Int = 100_000,
        now: @escaping @Sendable () -> Int64 = MonotonicTime.milliseconds
    ) {
        (self.rate, self.capacity, self.now) = (rate, capacity, now)
    }

    /// Counts one request.
    ///
    /// - Returns: `nil` if there is room, else after how many milliseconds there is.
    func wait(for key: Key) -> Int64? {
        let now = now()
        return buckets.withLock { buckets in
            if buckets[key] == nil, buckets.count >= capacity {
                buckets = buckets.filter { !$0.value.isFull(rate, at: now) }
                guard buckets.count < capacity else { return 60_000 / Int64(rate.perMinute) + 1 }
            }
            let wait = buckets[key, default: Rate.Bucket(full: rate, at: now)].take(rate, at: now)
            return wait == 0 ? nil : wait
        }
    }

    /// Counts one request, and gives the refusal if there were too many: 429, with `Retry-After` in whole
    /// seconds (RFC 6585, 4).
    func refuse(_ key: Key) -> ServerResponse? {
        guard let wait = wait(for: key) else { return nil }
        let seconds = (wait + 999) / 1000
        var response = ServerResponse.problem(
            Problem(.tooManyRequests, "too many requests came in a short time, wait \(seconds) s"))
        response.headers[.retryAfter] = String(seconds)
        return response
    }
}

/// The clock of limits.
enum MonotonicTime {
    private static let start = ContinuousClock.now

    /// Since the program first asked.
    static func milliseconds() -> Int64 {
        let passed = start.duration(to: .now).components
        return passed.seconds * 1000 + passed.attoseconds / 1_000_000_000_000_000
    }
}
