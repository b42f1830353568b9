import Testing

@testable import SyncClient

@Suite struct BackoffTests {
    @Test(
        "The longest delay doubles from the base to the cap and stays there",
        arguments: [(0, 1_000), (1, 2_000), (2, 4_000), (5, 32_000), (6, 60_000), (7, 60_000), (500, 60_000)])
    func ceiling(failures: Int, milliseconds: Int) {
        var backoff = Backoff()
        var highest = Constant.highest
        for _ in 0..<failures { _ = backoff.nextDelayMilliseconds(using: &highest) }
        #expect(backoff.nextDelayMilliseconds(using: &highest) == milliseconds)
        #expect(backoff.failures == failures + 1)
    }

    @Test("The delay is drawn from the whole range down to nothing")
    func floor() {
        var backoff = Backoff()
        var lowest = Constant.lowest
        for _ in 0..<10 { #expect(backoff.nextDelayMilliseconds(using: &lowest) == 0) }
    }

    @Test("A success begins anew")
    func reset() {
        var backoff = Backoff(baseMilliseconds: 10, capMilliseconds: 100)
        var highest = Constant.highest
        for _ in 0..<9 { _ = backoff.nextDelayMilliseconds(using: &highest) }
        backoff.reset()
        #expect(backoff.nextDelayMilliseconds(using: &highest) == 10)
    }

    @Test("Senseless parameters give a sensible range", arguments: [(0, 0), (-1, -1), (5_000, 10)])
    func parameters(base: Int, cap: Int) {
        var backoff = Backoff(baseMilliseconds: base, capMilliseconds: cap)
        var highest = Constant.highest
        #expect((1...10).contains(backoff.nextDelayMilliseconds(using: &highest)))
    }

    private struct Constant: RandomNumberGenerator {
        let bits: UInt64

        /// One and not zero, which `Int.random` throws back for ever to keep the draw even.
        static let lowest = Constant(bits: 1)
        static let highest = Constant(bits: .max)

        mutating func next() -> UInt64 { bits }
    }
}
