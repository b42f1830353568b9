import Foundation
package import TrialModel

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Keeps a second daemon, a restore and an `init` away from a directory that is being served. The system
/// gives it up when the process ends, however it ends.
package final class DaemonLock: Sendable {
    private let file: Int32

    /// - Throws: `Problem(.daemonRunning)`; `Problem(.storeReadOnly)`.
    package init(_ directory: DataDirectory) throws(Problem) {
        let path = directory.daemonLock.path
        file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Problem(.storeReadOnly, "\(path) cannot be written") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            _ = close(file)
            throw Problem(.daemonRunning, "a daemon serves \(directory.url.path)")
        }
    }

    deinit { _ = close(file) }
}
