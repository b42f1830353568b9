import Foundation
import Synchronization

/// A directory in memory, if the machine has one, that goes with its last user, or with the program: the
/// templates of a program have no last user.
final class RunDirectory: Sendable {
    let url: URL

    private static let open = Mutex<Set<URL>>([])
    /// Registers once what the end of the program is to do.
    private static let isWatchingExit = atexit { RunDirectory.removeAll() } == 0

    init() throws {
        _ = Self.isWatchingExit
        let shared = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        let url = URL(fileURLWithPath: shared).appending(path: "trialsync-sim-\(UUID().uuidString)")
        self.url = url
        Self.open.withLock { _ = $0.insert(url) }
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { Self.remove(url) }

    func path(_ name: String) -> String { url.appending(path: name + ".db").path }

    private static func remove(_ url: URL) {
        try? FileManager.default.removeItem(at: url)
        open.withLock { _ = $0.remove(url) }
    }

    private static func removeAll() {
        for url in open.withLock({ $0 }) { remove(url) }
    }
}
