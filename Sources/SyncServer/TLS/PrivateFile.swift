import TrialModel
import TrialStore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Small files that only the server's own account may read, written whole or not at all.
///
/// Calls block; they are made at start-up and by admin commands, never while requests are served.
enum PrivateFile {
    /// Larger than any PEM file of ours; a wrong path must not fill the memory.
    static let limitBytes = 1 << 20

    /// Creates a file with mode 0600 and flushes it to the disk.
    ///
    /// - Throws: `already-exists` if there is one, `disk-full`, or `file-unreadable`.
    static func create(_ path: String, _ text: String) throws(Problem) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw problem(path, errno) }
        defer { _ = close(file) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw problem(path, errno) }
            bytes = bytes.dropFirst(count)
        }
        guard fsync(file) == 0 else { throw problem(path, errno) }
    }

    /// Puts a new file in the place of an old one; a reader sees the one or the other.
    static func replace(_ path: String, _ text: String) throws(Problem) {
        let partial = path + ".partial"
        _ = unlink(partial)
        try create(partial, text)
        try move(partial, to: path)
    }

    /// Creates a directory with mode 0700.
    static func createDirectory(_ path: String) throws(Problem) {
        guard mkdir(path, 0o700) == 0 else { throw problem(path, errno) }
    }

    /// Renames, and flushes the directory so that the new name outlives a power cut.
    static func move(_ from: String, to path: String) throws(Problem) {
        guard rename(from, path) == 0 else { throw problem(path, errno) }
        try DurableNames.flush(directoryOf: path)
    }

    /// Reads a whole text file.
    ///
    /// - Throws: `file-unreadable` if it cannot be read, `malformed` above 1 MiB.
    static func read(_ path: String) throws(Problem) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw problem(path, errno) }
        defer { _ = close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = chunk.withUnsafeMutableBytes { Self.readOnce(file, $0) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw problem(path, errno) }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limitBytes else {
                throw Problem(.malformed, "\(path) is larger than a file of certificates can be")
            }
        }
    }

    /// Whether something of this name exists; a dangling link counts.
    static func exists(_ path: String) -> Bool {
        var target: CChar = 0
        return access(path, F_OK) == 0 || readlink(path, &target, 1) >= 0
    }

    /// Names the system's `read`, which this type's own hides.
    private static func readOnce(_ file: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.read(file, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
        Musl.read(file, buffer.baseAddress, buffer.count)
        #else
        Darwin.read(file, buffer.baseAddress, buffer.count)
        #endif
    }

    private static func problem(_ path: String, _ code: Int32) -> Problem {
        let reason = String(cString: strerror(code))
        return switch code {
        case EEXIST, ENOTEMPTY: Problem(.alreadyExists, "\(path) exists")
        case ENOSPC, EDQUOT: Problem(.diskFull, "\(path) cannot be written: \(reason)")
        case EIO: Problem(.diskFailed, "the disk fails: \(path): \(reason)")
        default: Problem(.fileUnreadable, "\(path): \(reason)")
        }
    }
}
