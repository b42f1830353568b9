import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A server on 127.0.0.1 that does to each connection what its script says, bytes and all.
///
/// Every connection has a thread of its own, so a script may block. Ends with the object.
final class LoopbackServer: Sendable {
    let port: UInt16
    private let listener: Int32

    var url: String { "http://127.0.0.1:\(port)/" }

    init(_ script: @escaping @Sendable (LoopbackConnection) -> Void) throws {
        (listener, port) = try Self.listen()
        let thread = Thread { [listener] in
            while true {
                let socket = accept(listener, nil, nil)
                guard socket >= 0 else { return }
                Thread.detachNewThread {
                    script(LoopbackConnection(socket: socket))
                    close(socket)
                }
            }
        }
        thread.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// A port on which nothing listens.
    static func refusedURL() throws -> String {
        let (listener, port) = try listen()
        close(listener)
        return "http://127.0.0.1:\(port)/"
    }

    private static func listen() throws -> (Int32, UInt16) {
        #if canImport(Glibc)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let listener = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isReady = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, length) == 0 && beginListening(listener)
                    && getsockname(listener, generic, &length) == 0
            }
        }
        guard isReady else { throw CocoaError(.fileReadUnknown) }
        return (listener, UInt16(bigEndian: address.sin_port))
    }
}

/// One accepted connection, for scripts.
struct LoopbackConnection: Sendable {
    let socket: Int32

    /// Reads one request with its body; nil when the client has closed.
    func readRequest() -> String? {
        var bytes: [UInt8] = []
        let end: [UInt8] = Array("\r\n\r\n".utf8)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let head = text.range(of: String(decoding: end, as: UTF8.self)) {
                let length = text[..<head.lowerBound].split(separator: "\r\n")
                    .first { $0.lowercased().hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
                if text[head.upperBound...].utf8.count >= length ?? 0 { return text }
            }
            guard let more = read() else { return nil }
            bytes += more
        }
    }

    /// Blocks until the client has closed its side.
    func waitForClose() { while read() != nil {} }

    func write(_ text: String) {
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { send(socket, $0.baseAddress, $0.count, noSignal) }
            guard count > 0 else { return }
            start += count
        }
    }

    private func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    private var noSignal: Int32 {
        #if canImport(Glibc)
        Int32(MSG_NOSIGNAL)
        #else
        0
        #endif
    }
}

/// `listen` under a name that a method does not hide.
private func beginListening(_ socket: Int32) -> Bool { listen(socket, 64) == 0 }
