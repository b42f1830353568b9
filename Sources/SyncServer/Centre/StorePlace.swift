import Foundation
import ServiceLifecycle
import TrialModel
import TrialStore

/// Ends the daemon when the file of its store is not at its place any more: what the daemon took from then on
/// would stand in a file that nobody opens again.
///
/// A file that is overwritten where it lies, by `cp` say, stays the same file: that is not noticed here.
package struct StorePlace: Service {
    private let centre: Centre
    private let opened: Found
    private static let pause = Duration.milliseconds(250)

    /// What a look finds.
    private enum Found: Equatable {
        /// The number that tells a file from another at the same path.
        case file(UInt64)
        case nothing
        /// The look failed, which says nothing of the file.
        case unknown
    }

    /// - Parameter centre: with a store that is open.
    package init(_ centre: Centre) {
        self.centre = centre
        opened = Self.look(centre.directory.store)
    }

    /// - Throws: `Problem(.storeMissing)` if the file was moved, deleted or exchanged for another.
    package func run() async throws {
        let hasGone = await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.pause)) != nil {
                if isElsewhere { return true }
            }
            return false
        }
        guard hasGone else { return }
        throw Problem(
            .storeMissing,
            "\(centre.directory.store) was moved, deleted or exchanged while the daemon ran, which has ended",
            remedy: "put the file back that was there, with its -wal, and start the daemon; laptops keep "
                + "what they have, and bring what the store lacks")
    }

    /// Copies the store where there is no file of it any more: if that was deleted, the open store is all
    /// that is left. For the daemon's end, when nobody writes any more.
    ///
    /// - Throws: `Problem(.storeMissing)` where there is none, which names the copy.
    package func keepDeleted() async throws {
        let directory = centre.directory
        guard Self.look(directory.store) == .nothing else { return }
        let what = "\(directory.store) was moved or deleted while the daemon ran, which has ended"
        let folder = directory.freeFolder(DataDirectory.putAside)
        let copy = folder.appending(path: "centre.db")
        do {
            try directory.createFolder(folder)
            try directory.writePrivate(Data(), to: copy)
            try await centre.replica.copy(to: copy.path)
            try FileDigest.flush(copy.path)
            try DurableNames.flush(folder.path)
            try DurableNames.flush(directory.url.path)
        } catch {
            let why = (error as? Problem)?.message ?? "\(copy.path) cannot be written"
            throw Problem(
                .storeMissing, "\(what), and it could not be copied: \(why)",
                remedy: "put the file back if it was moved; else `trialsyncd restore FILE`")
        }
        throw Problem(
            .storeMissing, what,
            remedy: "put the file back if it was moved, else its copy, \(copy.path), and start the daemon")
    }

    private var isElsewhere: Bool {
        guard case .file = opened else { return false }
        let found = Self.look(centre.directory.store)
        return found != .unknown && found != opened
    }

    private static func look(_ path: String) -> Found {
        do {
            let found = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? NSNumber
            return found.map { .file($0.uint64Value) } ?? .unknown
        } catch let error as CocoaError where [.fileReadNoSuchFile, .fileNoSuchFile].contains(error.code) {
            return .nothing
        } catch { return .unknown }
    }
}
