import HTTPTypes
@testable import SyncServer
import Synchronization
import Testing
import TrialModel

@Suite("How often a laptop may ask")
struct RateLimitTests {
    /// A clock that stands still until it is moved.
    private final class Time: Sendable {
        let milliseconds = Mutex<Int64>(0)
        func pass(_ count: Int64) { milliseconds.withLock { $0 += count } }
    }

    private func limit(_ rate: Rate, capacity: Int = 10) -> (RateLimit<String>, Time) {
        let time = Time()
        return (RateLimit(rate, capacity: capacity) { time.milliseconds.withLock { $0 } }, time)
    }

    @Test("A burst passes at once, then one a second, and a rest fills the bucket again")
    func burst() {
        let (limit, time) = limit(Rate(perMinute: 60, burst: 5))
        for _ in 1...5 { #expect(limit.wait(for: "a") == nil) }
        #expect(limit.wait(for: "a") == 1000)
        time.pass(999)
        #expect(limit.wait(for: "a") == 1)
        time.pass(1)
        #expect(limit.wait(for: "a") == nil)
        #expect(limit.wait(for: "a") == 1000)
        time.pass(3_600_000)
        for _ in 1...5 { #expect(limit.wait(for: "a") == nil) }
        #expect(limit.wait(for: "a") != nil)
    }

    @Test("One laptop's haste is not another's wait")
    func apart() {
        let (limit, _) = limit(Rate(perMinute: 60, burst: 1))
        #expect(limit.wait(for: "a") == nil && limit.wait(for: "a") != nil)
        #expect(limit.wait(for: "b") == nil)
    }

    @Test("A clock that runs backwards gives nothing away")
    func backwards() {
        let (limit, time) = limit(Rate(perMinute: 60, burst: 1))
        #expect(limit.wait(for: "a") == nil)
        time.pass(-10_000)
        #expect(limit.wait(for: "a") == 1000)
        time.pass(10_000)
        #expect(limit.wait(for: "a") == 1000)
    }

    @Test("Who is over the limit is not forgotten for the sake of newcomers")
    func capacity() {
        let (limit, time) = limit(Rate(perMinute: 60, burst: 1), capacity: 2)
        #expect(limit.wait(for: "a") == nil && limit.wait(for: "b") == nil)
        #expect(limit.wait(for: "c") != nil, "there is no room yet")
        #expect(limit.wait(for: "a") != nil)
        time.pass(1000)
        #expect(limit.wait(for: "c") == nil, "those who are at rest make room")
    }

    @Test("A refusal says when to come back, in whole seconds")
    func retryAfter() {
        let (limit, _) = limit(Rate(perMinute: 7, burst: 1))
        #expect(limit.refuse("a") == nil)
        let refusal = limit.refuse("a")
        #expect(refusal?.status == 429 && refusal?.code == .tooManyRequests)
        #expect(refusal?.headers[.retryAfter] == "9")
    }

    @Test("Production lets an import of ten thousand visits and the first sync of a large site through")
    func production() throws {
        let rate = try #require(HTTPLimits().syncsPerDevice)
        #expect(rate.perMinute == 60)
        // A thousand entries an exchange, and one more each way; twice over for pages that are half full.
        #expect(rate.burst >= 2 * (10_000 / 1000) + 2)
        #expect(rate.burst * 1000 >= 500_000)
    }
}
