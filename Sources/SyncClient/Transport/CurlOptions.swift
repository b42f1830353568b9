import CCurl

/// Sets the options of one easy handle and remembers whether libcurl took them all.
struct CurlOptions {
    private let easy: UnsafeMutableRawPointer
    private(set) var areSet = true

    init(_ easy: UnsafeMutableRawPointer) { self.easy = easy }

    /// What is the same for every request.
    mutating func setCommon(userAgent: String) {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_USERAGENT, userAgent)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        set(CURLOPT_PIPEWAIT, 1)  // one handshake for requests that start together
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TCP_KEEPIDLE, 30)
        set(CURLOPT_TCP_KEEPINTVL, 10)
        note(trialsync_curl_leave_resolver(easy))
    }

    mutating func setTrust(_ trust: ServerTrust) {
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        note(trialsync_curl_set_schemes(easy, trust == .loopbackPlain ? 0 : 1))
        switch trust {
        case .system: break
        case .pinned(let caPEM):
            // Without these two, libcurl would ask the system's authorities as well.
            set(CURLOPT_CAINFO, nil)
            set(CURLOPT_CAPATH, nil)
            note(
                caPEM.withUnsafeBytes {
                    trialsync_curl_set_blob(easy, CURLOPT_CAINFO_BLOB, $0.baseAddress, $0.count)
                })
        case .bootstrap:
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        case .loopbackPlain:
            set(CURLOPT_NOPROXY, "*")
        }
    }

    mutating func setRequest(
        _ request: TransportRequest, headers: CurlHeaderList, body: UnsafeMutableBufferPointer<UInt8>
    ) {
        set(CURLOPT_URL, request.url)
        if request.method == "POST" {
            set(CURLOPT_POST, 1)
            setLarge(CURLOPT_POSTFIELDSIZE_LARGE, request.body?.count ?? 0)
            note(trialsync_curl_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress))
        } else {
            set(CURLOPT_HTTPGET, 1)
        }
        note(trialsync_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headers.first))
    }

    /// A stream is quiet by nature: ``CurlLoop`` watches its silence, and no limit is set on its size.
    mutating func setLimits(_ limits: TransportLimits, isStream: Bool) {
        set(CURLOPT_CONNECTTIMEOUT, Self.clamped(limits.connectTimeoutSeconds))
        set(CURLOPT_TIMEOUT, Self.clamped(limits.totalTimeoutSeconds ?? 0))
        // Of the connection, which later requests with other limits share.
        let giveUpSeconds = limits.lowSpeedSeconds > 0 ? max(30, limits.lowSpeedSeconds) : 60
        note(trialsync_curl_tune_sockets(easy, Self.clamped(giveUpSeconds)))
        guard !isStream else { return }
        set(CURLOPT_LOW_SPEED_LIMIT, Self.clamped(limits.lowSpeedBytesPerSecond))
        set(CURLOPT_LOW_SPEED_TIME, Self.clamped(limits.lowSpeedSeconds))
        setLarge(CURLOPT_MAXFILESIZE_LARGE, max(1, limits.responseLimitBytes))
    }

    /// - Parameters:
    ///   - transfer: an unretained ``CurlTransfer``.
    ///   - detail: CURL_ERROR_SIZE bytes that live as long as the handle.
    mutating func setCallbacks(
        to transfer: UnsafeMutableRawPointer, detail: UnsafeMutableBufferPointer<CChar>
    ) {
        note(trialsync_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, detail.baseAddress))
        note(trialsync_curl_set_pointer(easy, CURLOPT_WRITEDATA, transfer))
        note(trialsync_curl_set_pointer(easy, CURLOPT_HEADERDATA, transfer))
        note(
            trialsync_curl_set_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, _, count, transfer in
                CurlOptions.pass(bytes, count, to: transfer) { $0.receiveBody($1) }
            })
        note(
            trialsync_curl_set_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, transfer in
                CurlOptions.pass(bytes, size * count, to: transfer) { $0.receiveHeader($1) }
            })
        let progress: curl_xferinfo_callback = { transfer, _, _, _, _ in
            guard let transfer else { return 1 }
            return Unmanaged<CurlTransfer>.fromOpaque(transfer).takeUnretainedValue().mayGoOn() ? 0 : 1
        }
        note(trialsync_curl_set_progress(easy, progress, transfer))
    }

    /// Returns how many bytes were taken; any other number than `count` stops the transfer.
    private static func pass(
        _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, to transfer: UnsafeMutableRawPointer?,
        _ receive: (CurlTransfer, UnsafeRawBufferPointer) -> Bool
    ) -> Int {
        guard let transfer else { return 0 }
        let buffer = UnsafeRawBufferPointer(start: bytes, count: count)
        let isTaken = receive(Unmanaged<CurlTransfer>.fromOpaque(transfer).takeUnretainedValue(), buffer)
        return isTaken ? count : count + 1
    }

    private mutating func set(_ option: CURLoption, _ value: Int) {
        note(trialsync_curl_set_long(easy, option, value))
    }

    private mutating func setLarge(_ option: CURLoption, _ value: Int) {
        note(trialsync_curl_set_large(easy, option, curl_off_t(value)))
    }

    private mutating func set(_ option: CURLoption, _ value: String?) {
        note(trialsync_curl_set_text(easy, option, value))
    }

    private mutating func note(_ code: CURLcode) {
        if code != CURLE_OK { areSet = false }
    }

    /// libcurl counts in milliseconds in 32 bits.
    private static func clamped(_ number: Int) -> Int { min(max(0, number), 1_000_000) }
}

/// The header lines of a request in libcurl's list; freed with this object.
final class CurlHeaderList {
    private(set) var first: UnsafeMutablePointer<curl_slist>?
    /// False when memory ran out.
    private(set) var isComplete = true

    /// The caller's headers, and none of those that libcurl adds to a `POST` by itself: `Expect`, which costs
    /// a round trip, and a `Content-Type` that would be wrong.
    init(_ request: TransportRequest) {
        append("Expect:")
        if !request.headers.contains(where: { $0.0.lowercased() == "content-type" }) {
            append("Content-Type:")
        }
        for (name, value) in request.headers { append(value.isEmpty ? "\(name);" : "\(name): \(value)") }
    }

    deinit { curl_slist_free_all(first) }

    private func append(_ line: String) {
        guard let list = curl_slist_append(first, line) else {
            isComplete = false
            return
        }
        first = list
    }
}
