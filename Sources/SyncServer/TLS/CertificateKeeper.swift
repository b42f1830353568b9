package import Foundation
package import Logging
package import ServiceLifecycle
import TrialModel

/// Keeps the server's certificate good while the daemon runs: renews it when its end is near, and takes up
/// what `trialsyncd tls` or another program has put into the directory.
package struct CertificateKeeper: Service {
    private let directory: URL
    private let live: LiveCertificate
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Date

    /// How soon a file that was put there is noticed.
    static let look: Duration = .seconds(2)
    /// How many looks lie between two attempts at a renewal: an hour.
    private static let looksBetweenRenewals = 1_800

    /// - Parameters:
    ///   - clock: measures the pauses.
    ///   - now: what the certificate's end is compared with.
    package init(
        directory: URL, live: LiveCertificate, logger: Logger, clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        (self.directory, self.live, self.logger) = (directory, live, logger)
        (self.clock, self.now) = (clock, now)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            // Nothing is taken as seen: a file may have changed since it was loaded.
            var seen: [String] = []
            var looks = 0
            while (try? await clock.sleep(for: Self.look)) != nil {
                if looks % Self.looksBetweenRenewals == 0 { renew() }
                looks += 1
                let found = marks()
                guard found != seen else { continue }
                seen = found
                takeUp()
            }
        }
    }

    /// Signs the certificate anew if its end is near, or it begins later than now: a laptop takes neither.
    /// The changed file is then taken up like any other.
    private func renew() {
        let files = live.files
        guard files.endsSoon(now()) || files.beginsLater(now()) else { return }
        guard !files.isOwn else {
            return logger.warning(
                "the certificate ends soon, and its authority is not here: install a new one")
        }
        do throws(Problem) {
            try TLSFiles.renew(in: directory, now: now())
            logger.notice("the certificate was renewed")
        } catch {
            logger.error("the certificate could not be renewed", metadata: ["code": "\(error.code.rawValue)"])
        }
    }

    private func takeUp() {
        do throws(Problem) {
            let (files, shown) = (try TLSFiles.load(from: directory), live.files)
            guard files.chainPEM != shown.chainPEM || files.authorityPEM != shown.authorityPEM else { return }
            try live.show(files)
            logger.notice("a new certificate is shown to new connections")
        } catch {
            // Of several files one may have come and not yet the other; the next change is looked at again.
            logger.error("the new certificate cannot be used", metadata: ["code": "\(error.code.rawValue)"])
        }
    }

    /// What tells a changed file: when it was written, how long it is, and which file it is.
    private func marks() -> [String] {
        TLSFiles.Paths(directory).served.map { path in
            guard let found = try? FileManager.default.attributesOfItem(atPath: path) else { return "-" }
            let written = (found[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
            return "\(written) \(found[.size] ?? 0) \(found[.systemFileNumber] ?? 0)"
        }
    }
}
