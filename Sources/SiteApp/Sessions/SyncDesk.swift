import SyncClient
import SyncProtocol
import Synchronization
import TrialModel
import TrialPages

/// A person's opened store with the sync that runs on it, and who listens to both.
final class SyncDesk: Sendable {
    /// How the way to the centre is, as far as this program has tried it.
    enum Phase: Sendable {
        case idle
        case running(sent: Int, of: Int)
        /// Milliseconds since 1970 of the first attempt in vain.
        case unreachable(since: Int64)
        case stopped(Problem)
    }

    private struct State: Sendable {
        var phase = Phase.idle
        /// Since when the centre has not been reached, while another attempt runs.
        var lostSince: Int64?
        var task: Task<Void, Never>?
        /// Whether a person waits for what runs.
        var isAsked = false
        /// When a sync that a person asked for came to its end; milliseconds since 1970.
        var checkedAt: Int64?
        /// What reads the whole store once, so that pages need not.
        var reader: Task<Void, Never>?
        var reading = FirstReading()
        var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextListener = 0
    }

    let store: SiteStore
    private let state = Mutex(State())

    /// Begins to read what every page needs: at a large site that takes seconds, the first time.
    init(_ store: SiteStore) {
        self.store = store
        read {
            await SiteStore.$isActivity.withValue(false) {
                // What goes wrong with it goes wrong with the page too, which says so.
                _ = try? await store.worklist()
            }
        }
    }

    var phase: Phase { state.withLock { $0.phase } }

    /// Whether a sync runs that a person asked for; what this program does by itself it does unseen.
    var isAsked: Bool { state.withLock { $0.isAsked } }

    /// When a sync that a person asked for came to its end; `nil` if the last try did not.
    var checkedAt: Int64? { state.withLock { $0.checkedAt } }

    /// Begins a sync unless one runs.
    ///
    /// - Parameter isAsked: whether a person asked for it, and is to see that it runs.
    func sync(isAsked: Bool = false) {
        state.withLock { state in
            if isAsked { state.isAsked = true }
            guard state.task == nil else { return }
            state.task = Task { await self.run() }
        }
        tell()
    }

    /// Stops a running sync between two transactions: what was exchanged until then stays.
    func cancel() { state.withLock { $0.task }?.cancel() }

    /// Stops what runs and closes the store.
    func close() async {
        // Not under the lock: a listener that ends takes it too.
        let (task, reader, listeners) = state.withLock { state in
            defer { state.listeners = [:] }
            return (state.task, state.reader, Array(state.listeners.values))
        }
        for listener in listeners { listener.finish() }
        task?.cancel()
        reader?.cancel()
        await task?.value
        await reader?.value
        await store.close()
    }

    private func run() async {
        var phase = Phase.idle
        var isThrough = false
        do {
            let all = try await store.standing().pending
            // A look around that finds nothing to send or to fetch changes nothing of what is said.
            // Nor does an attempt to reach a centre that could not be reached, until it is.
            if all > 0, state.withLock({ $0.lostSince }) == nil { set(.running(sent: 0, of: all)) }
            for try await progress in store.sync() where !progress.isFinished {
                let sent = progress.totals.pushed
                if max(all, sent) > 0 { set(.running(sent: sent, of: max(all, sent))) }
            }
            isThrough = !Task.isCancelled
            if isThrough { state.withLock { $0.lostSince = nil } } else { phase = resting }
        } catch let problem as Problem {
            switch problem.code {
            case .cancelled: phase = resting
            case .serverUnreachable:
                let now = store.moment.milliseconds
                phase = state.withLock { state in
                    let since = state.lostSince ?? now
                    state.lostSince = since
                    return .unreachable(since: since)
                }
            default: phase = .stopped(problem)
            }
        } catch { phase = .stopped(Problem(.internalError, "the sync failed: \(error)")) }
        let now = store.moment.milliseconds
        state.withLock { [phase, isThrough] state in
            if state.isAsked || !isThrough { state.checkedAt = isThrough ? now : nil }
            (state.phase, state.task, state.isAsked) = (phase, nil, false)
        }
        tell()
    }

    /// What an attempt that was given up leaves: it has not reached the centre.
    private var resting: Phase {
        state.withLock { $0.lostSince }.map { Phase.unreachable(since: $0) } ?? .idle
    }

    private func set(_ phase: Phase) {
        state.withLock { $0.phase = phase }
        tell()
    }

    // MARK: Reading

    /// Begins what pages wait for: once for a desk, when it is made; tests put something else in its place.
    func read(_ work: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            let reading = FirstReading()
            state.reading = reading
            state.reader = Task {
                await work()
                reading.end()
            }
        }
    }

    /// Waits until it is read, but not for longer than a limit.
    ///
    /// - Returns: whether it is.
    func isRead(within limit: Duration) async -> Bool {
        await state.withLock { $0.reading }.isOver(within: limit)
    }

    // MARK: Listening

    /// One element whenever the phase has changed, several close together as one.
    func phases() -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let number = state.withLock { state in
                state.nextListener += 1
                state.listeners[state.nextListener] = continuation
                return state.nextListener
            }
            continuation.onTermination = { [weak self] _ in
                self?.state.withLock { $0.listeners[number] = nil }
            }
        }
    }

    private func tell() {
        // Not under the lock: a listener that ends takes it too.
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield() }
    }
}
