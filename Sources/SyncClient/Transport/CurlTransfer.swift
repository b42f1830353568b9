import CCurl
import TrialModel

/// One transfer on libcurl's thread: its easy handle, the memory that libcurl reads from, and what has come.
///
/// libcurl's callbacks hold an unretained pointer to it; ``CurlLoop`` keeps it until its handle is out of the
/// multi handle.
final class CurlTransfer {
    let task: CurlTask
    let easy: UnsafeMutableRawPointer
    private let requestHeaders: CurlHeaderList
    /// A copy of the request's body: libcurl reads it where it lies until the handle is freed.
    private let requestBody: UnsafeMutableBufferPointer<UInt8>
    /// libcurl writes its sentence about a failure here.
    private let detail = UnsafeMutableBufferPointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private let clock = ContinuousClock()

    private var head = CurlResponseHead()
    private var body: [UInt8] = []
    private var lastByte: ContinuousClock.Instant
    /// Why a callback stopped the transfer.
    private var refusal: Problem?
    /// Whether it was a stream on which nothing came for too long.
    private(set) var isSilent = false

    /// Nil when libcurl has no memory or does not know an option.
    init?(task: CurlTask, settings: CurlSettings, now: ContinuousClock.Instant) {
        guard let easy = curl_easy_init() else { return nil }
        self.task = task
        self.easy = easy
        let bytes = task.request.body ?? []
        requestBody = .allocate(capacity: max(1, bytes.count))
        requestBody.initialize(repeating: 0)
        _ = requestBody.update(fromContentsOf: bytes)
        detail.initialize(repeating: 0)
        lastByte = now
        requestHeaders = CurlHeaderList(task.request)
        guard requestHeaders.isComplete, setOptions(settings) else { return nil }
    }

    deinit {
        curl_easy_cleanup(easy)
        requestBody.deallocate()
        detail.deallocate()
    }

    private func setOptions(_ settings: CurlSettings) -> Bool {
        var options = CurlOptions(easy)
        options.setCommon(userAgent: settings.userAgent)
        options.setTrust(settings.trust)
        options.setRequest(task.request, headers: requestHeaders, body: requestBody)
        options.setLimits(task.request.limits, isStream: isStream)
        options.setCallbacks(to: Unmanaged.passUnretained(self).toOpaque(), detail: detail)
        return options.areSet
    }

    private var isStream: Bool {
        if case .chunks = task.receiver { true } else { false }
    }

    /// When a stream's silence has lasted too long; nil for what has a least speed instead.
    var silenceDeadline: ContinuousClock.Instant? {
        guard isStream, task.request.limits.lowSpeedSeconds > 0 else { return nil }
        return lastByte.advanced(by: .seconds(task.request.limits.lowSpeedSeconds))
    }

    /// Gives the outcome to the one who waits.
    func finish(_ code: CURLcode) {
        if let refusal { return task.fail(refusal) }
        guard code == CURLE_OK else { return task.fail(failure(code)) }
        guard head.isComplete else { return task.fail(failure(CURLE_PARTIAL_FILE)) }
        switch task.receiver {
        case .chunks(let continuation):
            if let problem = statusProblem { return task.fail(problem) }
            continuation.finish()
        case .whole(let continuation):
            let response = TransportResponse(
                status: status, headers: head.fields, body: body, bytesSent: count(CURLINFO_SIZE_UPLOAD_T),
                bytesReceived: count(CURLINFO_SIZE_DOWNLOAD_T))
            continuation.resume(returning: .success(response))
        }
    }

    private func failure(_ code: CURLcode) -> Problem {
        var verifyResult = 0
        trialsync_curl_get_long(easy, CURLINFO_SSL_VERIFYRESULT, &verifyResult)
        let sentence = detail.baseAddress.map { String(cString: $0) } ?? ""
        let fallback = String(cString: curl_easy_strerror(code))
        let line = (sentence.isEmpty ? fallback : sentence).map { $0.isNewline ? " " : $0 }
        return CurlFailure(code: code, verifyResult: verifyResult, detail: String(line))
            .problem(host: task.address.name, limitBytes: task.request.limits.responseLimitBytes)
    }

    private var status: Int {
        var status = 0
        trialsync_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    /// What a stream's status means when there is no stream to read.
    private var statusProblem: Problem? {
        let status = status
        guard !(200...299).contains(status) else { return nil }
        let message = "\(task.address.name) answered with status \(status)"
        switch status {
        case 401: return Problem(.tokenInvalid, message)
        case 403: return Problem(.notAllowed, message)
        case 429: return Problem(.tooManyRequests, message)
        default: return Problem(.serverFailed, message)
        }
    }

    private func count(_ info: CURLINFO) -> Int {
        var count: curl_off_t = 0
        trialsync_curl_get_large(easy, info, &count)
        return Int(count)
    }

    // MARK: - Called by libcurl, see CurlOptions

    /// Takes one header line; false stops the transfer.
    func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        lastByte = clock.now
        guard head.take(String(decoding: line, as: UTF8.self)) else {
            refusal = Problem(
                .bodyTooLarge,
                "the headers from \(task.address.name) are larger than \(CurlResponseHead.limitBytes) bytes")
            return false
        }
        return true
    }

    /// Whether the transfer may go on. Ended from here and not by ``CurlLoop``, libcurl can still say which
    /// connection it was, so that the next request does not take the same dead link.
    func mayGoOn() -> Bool {
        guard let deadline = silenceDeadline, deadline <= clock.now else { return true }
        isSilent = true
        refusal = Problem(
            .serverUnreachable,
            "nothing came from \(task.address.name) for \(task.request.limits.lowSpeedSeconds) seconds")
        return false
    }

    /// Takes bytes of the answer's body; false stops the transfer.
    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        lastByte = clock.now
        switch task.receiver {
        case .whole:
            guard bytes.count <= task.request.limits.responseLimitBytes - body.count else {
                refusal = CurlFailure(code: CURLE_FILESIZE_EXCEEDED)
                    .problem(host: task.address.name, limitBytes: task.request.limits.responseLimitBytes)
                return false
            }
            body.append(contentsOf: bytes)
        case .chunks(let continuation):
            if let problem = statusProblem {
                refusal = problem
                return false
            }
            guard case .dropped = continuation.yield(Array(bytes)) else { return true }
            refusal = Problem(
                .bodyTooLarge, "\(task.address.name) sent more events than were read",
                remedy: "nothing is lost; connect again")
            return false
        }
        return true
    }
}
