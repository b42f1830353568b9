import Foundation
import TrialModel
import TrialStore

/// A restored centre takes the place of what a directory holds.
extension DataDirectory {
    /// Moves what is here to `replaced-TIME`, and what was staged to its place: the store last, so that half
    /// of it is never opened.
    ///
    /// - Parameter isInPieces: set while some of it is moved and some is not; also when this throws, if what
    ///   was moved could not be put back.
    /// - Throws: `Problem(.storeReadOnly)`, which names what cannot be moved.
    func takeOver(_ staged: DataDirectory, _ isInPieces: inout Bool) throws -> String? {
        let old = try FileManager.default.contentsOfDirectory(atPath: url.path).filter {
            !Self.left.contains($0) && !$0.hasPrefix("replaced-")
        }
        let replaced = old.isEmpty ? nil : freeFolder()
        if let replaced {
            try createFolder(replaced)
            let wasInPieces = isInPieces
            isInPieces = true
            do { try move(old, from: url, to: replaced) } catch {
                let moved = try FileManager.default.contentsOfDirectory(atPath: replaced.path)
                try move(moved, from: replaced, to: url)
                try FileManager.default.removeItem(at: replaced)
                isInPieces = wasInPieces
                throw error
            }
            try DurableNames.flush(replaced.path)
        }
        let store = URL(fileURLWithPath: self.store).lastPathComponent
        let new = try FileManager.default.contentsOfDirectory(atPath: staged.url.path).filter { $0 != store }
        isInPieces = true
        try move(new + [store], from: staged.url, to: url)
        // What bars a directory in pieces goes when nothing is in pieces on the disk.
        try DurableNames.flush(url.path)
        try FileManager.default.removeItem(at: staged.url)
        try DurableNames.flush(url.path)
        return replaced?.path
    }

    private func move(_ names: [String], from folder: URL, to other: URL) throws(Problem) {
        for name in names {
            let (old, new) = (folder.appending(path: name), other.appending(path: name))
            do { try FileManager.default.moveItem(at: old, to: new) } catch {
                throw Problem(
                    .storeReadOnly, "\(old.path) cannot be moved to \(other.path)",
                    remedy: "see whose it is and what is full; what is here belongs to the account that "
                        + "runs the daemon. Then restore again")
            }
        }
    }

    /// `replaced-20261123T024500Z`, or with a number behind it if that is taken.
    private func freeFolder() -> URL {
        let now = DeviceTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000), offsetMinutes: 0)
        let stamp = now.iso8601.filter { $0 != "-" && $0 != ":" }
        var folder = url.appending(path: "replaced-\(stamp)")
        var number = 2
        while FileManager.default.fileExists(atPath: folder.path) {
            folder = url.appending(path: "replaced-\(stamp)-\(number)")
            number += 1
        }
        return folder
    }
}
