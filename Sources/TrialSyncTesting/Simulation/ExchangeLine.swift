import Foundation
import SyncProtocol
import Synchronization

/// The line between one sync of a laptop, which runs as the product runs it, and the simulated network, which
/// decides when anything goes on.
///
/// The simulation never looks at a sync in motion: it waits until the sync stands still, which is when it has
/// sent a message and has prepared the page behind it, or has ended.
final class ExchangeLine: Sendable {
    /// Nobody answered in time, or the program was ended.
    struct Lost: Error {}

    private struct State {
        var outbox: [(number: Int, body: Data)] = []
        var waiting: [Int: CheckedContinuation<Data, any Error>] = [:]
        var abandoned: Set<Int> = []
        var sent = 0
        var looked = 0
        var outcome: Result<SyncTotals, any Error>?
        var watcher: CheckedContinuation<Void, Never>?

        var isStill: Bool { outcome != nil || (waiting.count == 1 && sent == looked) }
    }

    private let state = Mutex(State())

    // MARK: The sync's side

    func send(_ body: Data) async throws -> Data {
        let number = state.withLock { state in
            state.sent += 1
            state.outbox.append((state.sent, body))
            return state.sent
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isAbandoned = change { state in
                    if state.abandoned.contains(number) { return true }
                    state.waiting[number] = continuation
                    return false
                }
                if isAbandoned { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let waiting = change { state in
                state.abandoned.insert(number)
                return state.waiting.removeValue(forKey: number)
            }
            waiting?.resume(throwing: CancellationError())
        }
    }

    /// The page behind the message that was sent last has been prepared.
    func didLookAhead() { change { $0.looked += 1 } }

    func end(_ outcome: Result<SyncTotals, any Error>) { change { $0.outcome = outcome } }

    // MARK: The simulation's side

    var outcome: Result<SyncTotals, any Error>? { state.withLock { $0.outcome } }

    /// Returns when the sync stands still.
    func settled() async {
        await withCheckedContinuation { continuation in
            let isStill = state.withLock { state in
                if !state.isStill { state.watcher = continuation }
                return state.isStill
            }
            if isStill { continuation.resume() }
        }
    }

    /// What was sent since this was asked last.
    func takeOutbox() -> [(number: Int, body: Data)] {
        state.withLock { state in
            defer { state.outbox = [] }
            return state.outbox
        }
    }

    /// - Returns: whether somebody waited for it.
    func deliver(_ answer: Result<Data, any Error>, to number: Int) -> Bool {
        guard let waiting = state.withLock({ $0.waiting.removeValue(forKey: number) }) else { return false }
        waiting.resume(with: answer)
        return true
    }

    /// Ends the sync as the end of its program would.
    func hangUp() {
        let waiting = state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(throwing: Lost()) }
    }

    @discardableResult
    private func change<Value>(_ body: (inout State) -> Value) -> Value {
        let (value, watcher) = state.withLock { state -> (Value, CheckedContinuation<Void, Never>?) in
            let value = body(&state)
            guard state.isStill, let watcher = state.watcher else { return (value, nil) }
            state.watcher = nil
            return (value, watcher)
        }
        watcher?.resume()
        return value
    }
}
