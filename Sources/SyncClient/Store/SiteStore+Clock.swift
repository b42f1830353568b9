import Foundation
import TrialModel
import TrialStore

/// Is this laptop's clock to be trusted? It decides nothing; a person is told when it is off or ran
/// backwards.
extension SiteStore {
    private static let latestSetting = "clock-latest"
    /// Moving on by less is not worth a write.
    private static let stepMilliseconds: Int64 = 60_000

    /// The latest moment that this laptop's clock has shown while the store was open.
    private func latestClock() async throws -> Int64? {
        try await replica.setting(Self.latestSetting).flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
    }

    private func setLatestClock(_ moment: Int64) async throws {
        try await replica.set(Self.latestSetting, to: Data(String(moment).utf8))
    }

    /// Notes the clock as the store is opened.
    func noteClock() async throws {
        let now = environment.now()
        if let latest = try await latestClock(), now - latest < Self.stepMilliseconds { return }
        try await setLatestClock(now)
    }

    /// After a sync that found this clock right, what it showed before no longer counts: a clock that was
    /// ahead for a while, and was set, is a clock that was mended.
    func settleClock() async throws {
        guard let offset = try await replica.clockOffset(), abs(offset) <= ClockTolerance.milliseconds,
            try await clockBackSeconds() != nil
        else { return try await noteClock() }
        try await setLatestClock(environment.now())
    }

    /// How far the clock stands behind what it has shown before.
    func clockBackSeconds() async throws -> Int? {
        guard let latest = try await latestClock() else { return nil }
        let back = latest - environment.now()
        return back > ClockTolerance.milliseconds ? Int(back / 1000) : nil
    }
}
