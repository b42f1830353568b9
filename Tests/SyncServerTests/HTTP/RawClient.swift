import Foundation

/// A client that sends bytes and reads whatever comes: for what no proper client would do.
enum RawClient {
    enum End: Sendable { case keepOpen, closeWriting }

    /// Connects to loopback, sends, and reads until the server closes (or 30 seconds have passed: then
    /// `nil`).
    static func exchange(port: Int, send bytes: [UInt8], then end: End = .keepOpen) async -> String? {
        await withCheckedContinuation { continuation in
            // Blocking calls on a thread of their own.
            Thread.detachNewThread { continuation.resume(returning: blocking(port: port, bytes, end)) }
        }
    }

    private static func blocking(port: Int, _ bytes: [UInt8], _ end: End) -> String? {
        let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { _ = close(socket) }
        var timeout = timeval(tv_sec: 30, tv_usec: 0)
        _ = setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return nil }
        _ = Foundation.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        if end == .closeWriting { _ = shutdown(socket, Int32(SHUT_WR)) }
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(socket, &chunk, chunk.count, 0)
            if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) { return nil }
            guard count > 0 else { return String(decoding: received, as: UTF8.self) }
            received.append(contentsOf: chunk[..<count])
        }
    }
}
