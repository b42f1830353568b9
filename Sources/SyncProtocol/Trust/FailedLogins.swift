package import TrialModel

/// How often in a row a person's password was wrong: five tries are free, then one a minute.
///
/// A pure state machine: who keeps it gives the time and writes it back, whatever the answer. A clock that
/// was set back wins nothing: the minute begins anew.
package struct FailedLogins: Hashable, Sendable {
    package static let free = 5
    package static let pauseMilliseconds: Int64 = 60_000

    package private(set) var count: Int
    /// When the last of them was, in milliseconds since 1970 UTC.
    package private(set) var lastMilliseconds: Int64

    package init(count: Int = 0, lastMilliseconds: Int64 = 0) {
        (self.count, self.lastMilliseconds) = (count, lastMilliseconds)
    }

    /// Begins a try. It counts as failed until ``succeed()``, so that tries at the same time are all counted.
    ///
    /// - Returns: how long to wait, if no try is allowed now.
    package mutating func begin(at now: Int64) -> Int64? {
        if count >= Self.free {
            if now < lastMilliseconds { lastMilliseconds = now }
            let wait = lastMilliseconds + Self.pauseMilliseconds - now
            if wait > 0 { return wait }
        }
        count += 1
        lastMilliseconds = now
        return nil
    }

    package mutating func succeed() { count = 0 }
}

extension Problem {
    /// The refusal of a try that comes too early.
    package static func tooManyAttempts(_ name: String, waitMilliseconds: Int64) -> Problem {
        let seconds = (waitMilliseconds + 999) / 1000
        return Problem(
            .tooManyAttempts, "the password of \(name) was wrong \(FailedLogins.free) times or more",
            remedy: "wait \(seconds) s, then try again; or ask the coordinator for a new password")
    }
}
