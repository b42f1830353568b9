import Crypto
import Foundation
import TrialModel
import TrialStore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that appears whole or not at all: it is written under another name beside its place, brought to the
/// disk, and moved there.
struct ExportFile: ~Copyable {
    private let path: String
    private let temporary: String
    private let replaces: Bool
    private let handle: FileHandle
    private var buffer = Data()
    private var hash = SHA256()
    private var isFinished = false
    private static let bufferBytes = 256 << 10

    /// - Throws: `Problem(.alreadyExists)` if there is such a file and it may not be replaced;
    ///   `Problem(.fileUnreadable)`.
    init(_ path: String, replacing replaces: Bool) throws(Problem) {
        guard replaces || !FileManager.default.fileExists(atPath: path) else { throw Self.exists(path) }
        let place = URL(fileURLWithPath: path)
        let temporary = place.deletingLastPathComponent()
            .appending(path: ".\(place.lastPathComponent).\(UUID().uuidString)").path
        // What is exported is about people: for its owner alone.
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.problem(path, errno) }
        self.path = place.path
        self.temporary = temporary
        self.replaces = replaces
        handle = FileHandle(fileDescriptor: file, closeOnDealloc: false)
    }

    deinit {
        try? handle.close()
        if !isFinished { unlink(temporary) }
    }

    mutating func write(_ text: String) throws(Problem) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    private mutating func flush() throws(Problem) {
        hash.update(data: buffer)
        do { try handle.write(contentsOf: buffer) } catch {
            let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code ?? errno.asInt
            throw Self.problem(path, Int32(truncatingIfNeeded: code))
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Brings the file to the disk and to its place.
    ///
    /// - Returns: SHA-256 of its bytes, in hexadecimal.
    consuming func finish() throws(Problem) -> String {
        try flush()
        guard fsync(handle.fileDescriptor) == 0 else { throw Self.problem(path, errno) }
        if replaces {
            guard rename(temporary, path) == 0 else { throw Self.problem(path, errno) }
        } else {
            // A link is refused where somebody made such a file meanwhile.
            guard link(temporary, path) == 0 else { throw Self.problem(path, errno) }
            unlink(temporary)
        }
        isFinished = true
        try DurableNames.flush(directoryOf: path)
        return Hex.encode(hash.finalize())
    }

    private static func exists(_ path: String) -> Problem {
        Problem(.alreadyExists, "\(path) exists", remedy: "name another file, or give --force")
    }

    private static func problem(_ path: String, _ code: Int32) -> Problem {
        switch code {
        case EEXIST: exists(path)
        case ENOSPC, EDQUOT: Problem(.diskFull, "\(path) cannot be written: the disk is full")
        case EIO: Problem(.diskFailed, "the disk fails: \(path) cannot be written")
        default: Problem(.fileUnreadable, "\(path) cannot be written: \(String(cString: strerror(code)))")
        }
    }
}

extension Int32 {
    fileprivate var asInt: Int { Int(self) }
}
