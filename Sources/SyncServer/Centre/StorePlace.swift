import Foundation
import ServiceLifecycle
import TrialModel

/// Ends the daemon when the file of its store is not at its place any more: what the daemon took from then on
/// would stand in a file that nobody opens again.
package struct StorePlace: Service {
    private let path: String
    private let opened: UInt64?
    private let clock: any Clock<Duration>
    private static let look = Duration.milliseconds(250)

    /// - Parameters:
    ///   - directory: of a store that is open.
    ///   - clock: measures the pauses between two looks.
    package init(_ directory: DataDirectory, clock: any Clock<Duration> = ContinuousClock()) {
        (path, self.clock) = (directory.store, clock)
        opened = Self.number(of: directory.store)
    }

    /// - Throws: `Problem(.storeMissing)` if the file was moved, deleted or exchanged for another.
    package func run() async throws {
        let isElsewhere = await cancelWhenGracefulShutdown {
            while (try? await clock.sleep(for: Self.look)) != nil {
                if Self.number(of: path) != opened { return true }
            }
            return false
        }
        guard isElsewhere else { return }
        throw Problem(
            .storeMissing, "\(path) was moved, deleted or exchanged while the daemon ran, which has ended",
            remedy: "put the file back that was there, with its -wal, and start the daemon; laptops keep "
                + "what they have, and bring what the store lacks")
    }

    /// What tells a file from another at the same path; `nil` if there is none.
    private static func number(of path: String) -> UInt64? {
        let found = try? FileManager.default.attributesOfItem(atPath: path)
        return (found?[.systemFileNumber] as? NSNumber)?.uint64Value
    }
}
