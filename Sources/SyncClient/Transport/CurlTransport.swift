import CCurl
import Foundation
package import TrialModel

/// HTTP over libcurl, on one thread of its own (`curl_multi_poll`): async code never blocks.
///
/// - HTTP/2 over TLS 1.2 or newer, HTTP/1.1 where the server has no HTTP/2. Connections are kept and used
///   again, and shared by requests under way at one time. No redirects, cookies, cache or compression.
/// - Proxies are taken from the environment as libcurl does (`https_proxy`, `all_proxy`, `no_proxy`, in
///   either case). The proxy only forwards: TLS is between this program and the server, and a proxy that
///   opens it fails the trust check. Loopback never goes through a proxy.
/// - A link that went silent is given up by keepalive probes and the limits of each request.
///
/// The thread ends with ``close()`` or with the transport itself; what is under way then fails with
/// `cancelled`.
package final class CurlTransport: Transport {
    private let mailbox = CurlMailbox()
    private let trust: ServerTrust

    /// Chunks of a stream that may wait for their reader; 16 KiB each at most.
    static let unreadChunkLimit = 1_024

    /// `curl_global_init`, once in the process.
    private static let libraryIsReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// - Parameters:
    ///   - trust: for every request of this transport.
    ///   - userAgent: the `User-Agent` header: program and version, nothing about the person.
    package init(trust: ServerTrust, userAgent: String) {
        self.trust = trust
        guard Self.libraryIsReady else {
            mailbox.close()
            return
        }
        let thread = Thread { [mailbox] in
            CurlLoop(mailbox: mailbox, settings: CurlSettings(trust: trust, userAgent: userAgent)).run()
        }
        thread.name = "trialsync-curl"
        thread.start()
    }

    deinit { mailbox.close() }

    /// Ends the thread; requests under way, and all that come later, fail with `cancelled`. Returns at once.
    package func close() { mailbox.close() }

    package func send(_ request: TransportRequest) async throws(Problem) -> TransportResponse {
        let address = try request.checked(under: trust)
        let cancelled = Self.cancelled(address)
        guard !Task.isCancelled else { throw cancelled }
        let id = mailbox.nextID()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let task = CurlTask(
                    id: id, request: request, address: address, receiver: .whole(continuation))
                guard mailbox.post(.start(task)) else { return task.fail(cancelled) }
                // A cancellation that came before the start found nothing to cancel.
                if Task.isCancelled { _ = mailbox.post(.cancel(id)) }
            }
        } onCancel: {
            _ = mailbox.post(.cancel(id))
        }
        return try result.get()
    }

    package func stream(_ request: TransportRequest) -> AsyncThrowingStream<[UInt8], any Error> {
        let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(Self.unreadChunkLimit))
        do throws(Problem) {
            let address = try request.checked(under: trust)
            let id = mailbox.nextID()
            let task = CurlTask(id: id, request: request, address: address, receiver: .chunks(continuation))
            continuation.onTermination = { [mailbox] reason in
                if case .cancelled = reason { _ = mailbox.post(.cancel(id)) }
            }
            if !mailbox.post(.start(task)) { task.fail(Self.cancelled(address)) }
        } catch {
            continuation.finish(throwing: error)
        }
        return stream
    }

    static func cancelled(_ address: TransportAddress) -> Problem {
        Problem(.cancelled, "the request to \(address.name) was cancelled")
    }
}
