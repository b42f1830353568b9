import Foundation
package import TrialModel

/// Names of files that outlive a loss of power.
///
/// Flushing a file brings its bytes to the disk, and not the name that it was created under or renamed to:
/// that stands in its directory, which has to be flushed itself.
package enum DurableNames {
    /// What a file system answers that knows no such thing, and a directory that this account may not read.
    private static let unavailable = [EINVAL, ENOSYS, EOPNOTSUPP, EACCES]

    /// Waits until everything created, renamed or removed in a directory is on the disk.
    ///
    /// - Throws: `Problem(.diskFull)`, `.diskFailed`, or `.fileUnreadable`.
    package static func flush(_ directory: String) throws(Problem) {
        let file = open(directory.isEmpty ? "/" : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { return try check(directory, errno) }
        defer { _ = close(file) }
        guard fsync(file) == 0 else { return try check(directory, errno) }
    }

    /// The same for the directory in which this file stands.
    package static func flush(directoryOf path: String) throws(Problem) {
        guard let slash = path.lastIndex(of: "/") else { return try flush(".") }
        try flush(String(path[..<slash]))
    }

    private static func check(_ directory: String, _ code: Int32) throws(Problem) {
        guard !unavailable.contains(code) else { return }
        let reason = String(cString: strerror(code))
        switch code {
        case ENOSPC, EDQUOT: throw Problem(.diskFull, "\(directory) cannot be written: \(reason)")
        case EIO: throw Problem(.diskFailed, "the disk fails: \(directory): \(reason)")
        default: throw Problem(.fileUnreadable, "\(directory): \(reason)")
        }
    }
}
