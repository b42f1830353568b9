import CCurl
import Synchronization
import TrialModel

/// The one thing that the callers and libcurl's thread share: what the thread is to do next.
///
/// Every call returns at once, so async code may use it.
final class CurlMailbox: Sendable {
    enum Command: Sendable {
        case start(CurlTask)
        case cancel(UInt64)
    }

    /// What the thread finds when it looks.
    struct Delivery: Sendable {
        var commands: [Command]
        var isClosed: Bool
    }

    /// The multi handle, for `curl_multi_wakeup` alone.
    ///
    /// Unchecked because it is a raw pointer: `curl_multi_wakeup` is the one libcurl function that may be
    /// called from any thread, and the mailbox calls it under its lock, where the thread takes the handle
    /// away before it frees it.
    struct WakeHandle: @unchecked Sendable {
        let multi: UnsafeMutableRawPointer
    }

    private struct State {
        var commands: [Command] = []
        var isClosed = false
        var wakeHandle: WakeHandle?

        func wake() {
            if let wakeHandle { curl_multi_wakeup(wakeHandle.multi) }
        }
    }

    private let state = Mutex(State())
    private let lastID = Atomic<UInt64>(0)

    /// A name for one transfer, never given twice.
    func nextID() -> UInt64 { lastID.wrappingAdd(1, ordering: .relaxed).newValue }

    /// Returns false, and takes nothing, once the mailbox is closed.
    func post(_ command: Command) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.commands.append(command)
            state.wake()
            return true
        }
    }

    /// The thread ends after it has failed what is under way.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.wake()
        }
    }

    /// For the thread: what came since it last looked.
    func take() -> Delivery {
        state.withLock { state in
            defer { state.commands = [] }
            return Delivery(commands: state.commands, isClosed: state.isClosed)
        }
    }

    /// For the thread: from now on a post wakes it. Nil before the handle is freed.
    func setWakeHandle(_ handle: WakeHandle?) {
        state.withLock { $0.wakeHandle = handle }
    }
}

/// One transfer as it is handed to the thread, and whom to tell.
struct CurlTask: Sendable {
    /// How the one who waits gets the answer.
    enum Receiver: Sendable {
        case whole(CheckedContinuation<Result<TransportResponse, Problem>, Never>)
        case chunks(AsyncThrowingStream<[UInt8], any Error>.Continuation)
    }

    let id: UInt64
    let request: TransportRequest
    let address: TransportAddress
    let receiver: Receiver

    func fail(_ problem: Problem) {
        switch receiver {
        case .whole(let continuation): continuation.resume(returning: .failure(problem))
        case .chunks(let continuation): continuation.finish(throwing: problem)
        }
    }

    /// For the task's own wish: a stream that is cancelled just ends, as `AsyncThrowingStream` has it.
    func endCancelled() {
        switch receiver {
        case .whole: fail(CurlTransport.cancelled(address))
        case .chunks(let continuation): continuation.finish()
        }
    }
}
