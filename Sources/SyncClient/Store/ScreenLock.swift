/// Locks a store's screen after some time without activity: a pure state machine that is told the time.
///
/// Times are milliseconds of a clock that only goes forward, sleep of the machine included.
struct ScreenLock: Hashable, Sendable {
    let limitMilliseconds: Int64
    private var lastActivity: Int64
    private var isClosed = false

    init(limitSeconds: Int, now: Int64) {
        (limitMilliseconds, lastActivity) = (Int64(limitSeconds) * 1000, now)
    }

    /// Someone wants to read or save.
    ///
    /// - Returns: whether the screen is open; then this counts as activity.
    mutating func touch(at now: Int64) -> Bool {
        guard !isLocked(at: now) else {
            isClosed = true
            return false
        }
        lastActivity = now
        return true
    }

    func isLocked(at now: Int64) -> Bool { isClosed || now - lastActivity >= limitMilliseconds }

    /// How long it stays open if nobody does anything; 0 once it is locked.
    func leftMilliseconds(at now: Int64) -> Int64 {
        isLocked(at: now) ? 0 : limitMilliseconds - (now - lastActivity)
    }

    mutating func lock() { isClosed = true }

    mutating func unlock(at now: Int64) { (isClosed, lastActivity) = (false, now) }
}
