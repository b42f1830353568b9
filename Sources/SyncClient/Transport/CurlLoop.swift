import CCurl
import TrialModel

/// What all transfers of one transport have in common.
struct CurlSettings: Sendable {
    let trust: ServerTrust
    let userAgent: String
}

/// The life of libcurl's thread. Made on it, used on it, gone with it.
final class CurlLoop {
    private let mailbox: CurlMailbox
    private let settings: CurlSettings
    private let clock = ContinuousClock()
    /// By the address of the easy handle, which is what libcurl's messages name.
    private var transfers: [UnsafeMutableRawPointer: CurlTransfer] = [:]

    init(mailbox: CurlMailbox, settings: CurlSettings) {
        (self.mailbox, self.settings) = (mailbox, settings)
    }

    /// Runs until the mailbox is closed.
    func run() {
        trialsync_curl_block_sigpipe()
        guard let multi = curl_multi_init() else { return drain() }
        mailbox.setWakeHandle(CurlMailbox.WakeHandle(multi: multi))
        while follow(mailbox.take(), on: multi) {
            var running: Int32 = 0
            guard curl_multi_perform(multi, &running) == CURLM_OK else { break }
            finishDone(on: multi)
            guard curl_multi_poll(multi, nil, 0, pollMilliseconds, nil) == CURLM_OK else { break }
        }
        mailbox.setWakeHandle(nil)
        drain()
        for transfer in transfers.values {
            end(transfer, on: multi) { $0.fail(CurlTransport.cancelled($0.address)) }
        }
        curl_multi_cleanup(multi)
    }

    /// Does what the callers asked for; false when it is time to end.
    private func follow(_ delivery: CurlMailbox.Delivery, on multi: UnsafeMutableRawPointer) -> Bool {
        for command in delivery.commands {
            switch command {
            case .start(let task): start(task, on: multi)
            case .cancel(let id):
                guard let transfer = transfers.values.first(where: { $0.task.id == id }) else { continue }
                end(transfer, on: multi) { $0.endCancelled() }
            }
        }
        return !delivery.isClosed
    }

    /// Nobody is left waiting for a thread that is gone.
    private func drain() {
        mailbox.close()
        for case .start(let task) in mailbox.take().commands {
            task.fail(CurlTransport.cancelled(task.address))
        }
    }

    private func start(_ task: CurlTask, on multi: UnsafeMutableRawPointer) {
        guard let transfer = CurlTransfer(task: task, settings: settings, now: clock.now),
            curl_multi_add_handle(multi, transfer.easy) == CURLM_OK
        else {
            return task.fail(Problem(.internalError, "libcurl refused the request to \(task.address.name)"))
        }
        transfers[transfer.easy] = transfer
    }

    private func finishDone(on multi: UnsafeMutableRawPointer) {
        var remaining: Int32 = 0
        while let message = curl_multi_info_read(multi, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = transfers[easy]
            else { continue }
            let code = message.pointee.data.result
            if code == CURLE_OPERATION_TIMEDOUT || transfer.isSilent { trialsync_curl_hang_up(easy) }
            end(transfer, on: multi) { _ in transfer.finish(code) }
        }
    }

    /// Tells the one who waits first: taking a transfer away may take libcurl a while.
    private func end(_ transfer: CurlTransfer, on multi: UnsafeMutableRawPointer, tell: (CurlTask) -> Void) {
        transfers[transfer.easy] = nil
        tell(transfer.task)
        // Its deinit frees the handle, which must be out of the multi handle by then.
        withExtendedLifetime(transfer) { _ = curl_multi_remove_handle(multi, transfer.easy) }
    }

    /// Until the next stream's silence is too long; libcurl shortens it to its own time limits and wakes for
    /// posts.
    private var pollMilliseconds: Int32 {
        let now = clock.now
        var wait = Duration.seconds(600)
        for transfer in transfers.values {
            if let deadline = transfer.silenceDeadline { wait = min(wait, now.duration(to: deadline)) }
        }
        return Int32(max(0, wait.components.seconds) * 1_000 + 1_000)
    }
}
