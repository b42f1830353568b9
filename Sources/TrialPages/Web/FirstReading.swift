import Synchronization

/// Whether what pages show was read, for the first time since its store was opened.
package final class FirstReading: Sendable {
    private let isDone = Mutex(false)

    package init() {}

    /// Notes that it was.
    package func end() { isDone.withLock { $0 = true } }

    /// Waits until it was, but not for longer than a limit.
    ///
    /// - Returns: whether it was.
    package func isOver(within limit: Duration) async -> Bool {
        let last = ContinuousClock.now + limit
        while !isDone.withLock({ $0 }) {
            guard ContinuousClock.now < last, !Task.isCancelled else { return false }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return true
    }
}
