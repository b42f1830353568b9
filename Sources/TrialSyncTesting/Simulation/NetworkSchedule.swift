/// The network's moods: the second of the two tapes.
///
/// What becomes of a message follows from the schedule's seed, the step that began the sync and the message's
/// number in it, so that a workload that was cut short meets the same weather.
struct NetworkSchedule {
    let seed: UInt64
    let loss: Double
    let cutsBodies: Bool

    /// What becomes of one request and its answer; delays in milliseconds.
    struct Fate {
        /// `nil`: the request is lost.
        var requestDelay: Int64?
        /// Arrives once more, to no avail; often long after the first.
        var repeatDelay: Int64?
        /// Only so much of the request arrives, and the connection is gone.
        var requestCut: Double?
        /// `nil`: only the answer is lost.
        var answerDelay: Int64?
        var answerCut: Double?
    }

    static let timeoutMilliseconds: Int64 = 3000
    static let longDelayMilliseconds: Int64 = 1000

    func fate(step: Int, message: Int) -> Fate {
        var random = SeededGenerator(
            seed: seed &+ UInt64(step) &* 0x1_0000_0001 &+ UInt64(message) &* 0x9E37_79B9)
        var fate = Fate(requestDelay: Self.delay(&random), answerDelay: Self.delay(&random))
        if random.chance(loss / 2) { fate.requestDelay = nil }
        if random.chance(loss / 2) { fate.answerDelay = nil }
        if random.chance(loss / 3) {
            fate.repeatDelay = Self.delay(&random) + Int64.random(in: 0...4000, using: &random)
        }
        if cutsBodies, random.chance(loss / 2) { fate.requestCut = Double.random(in: 0..<1, using: &random) }
        if cutsBodies, random.chance(loss / 2) { fate.answerCut = Double.random(in: 0..<1, using: &random) }
        return fate
    }

    /// Mostly a few hundredths of a second; now and then longer than anybody waits.
    private static func delay(_ random: inout SeededGenerator) -> Int64 {
        random.chance(0.06)
            ? Int64.random(in: longDelayMilliseconds...4500, using: &random)
            : Int64.random(in: 1...150, using: &random)
    }
}
