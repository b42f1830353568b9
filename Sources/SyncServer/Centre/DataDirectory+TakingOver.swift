import Foundation
import TrialModel
import TrialStore

/// A restored centre takes the place of what a directory holds.
extension DataDirectory {
    /// Inside the bar: to which folder what was here is moved, and whether all of it is there (`moving` or
    /// `moved`, then the name). Hidden, so that no file of a backup bears its name.
    var replacedNote: URL { restoring.appending(path: ".replaced") }

    /// Empties the bar of a restore that was cut short, which stays until one is finished; what that one had
    /// begun to move to a folder is moved there whole.
    ///
    /// - Returns: that folder, in which the centre stands that is replaced; `nil` if it stands where it was.
    func takeUpCutShort() throws -> DataDirectory? {
        guard FileManager.default.fileExists(atPath: restoring.path) else { return nil }
        for name in try FileManager.default.contentsOfDirectory(atPath: restoring.path)
        where name != replacedNote.lastPathComponent {
            let file = restoring.appending(path: name)
            do { try FileManager.default.removeItem(at: file) } catch {
                throw Problem(.storeReadOnly, "\(file.path) cannot be removed")
            }
        }
        guard PrivateFile.exists(replacedNote.path) else { return nil }
        let words = try PrivateFile.read(replacedNote.path).split(whereSeparator: \.isWhitespace)
        guard words.count == 2 else { return nil }
        let folder = url.appending(path: String(words[1]), directoryHint: .isDirectory)
        // The note comes before the folder; or somebody put everything back by hand.
        let kept = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        guard !kept.isEmpty else { return nil }
        if words[0] == "moving" {
            try move(try names().filter { !kept.contains($0) }, from: url, to: folder)
            try noteMoved(to: folder)
        }
        return DataDirectory(folder.path)
    }

    /// Moves what is here to `replaced-TIME`, and what was staged to its place: the store last, so that half
    /// of it is never opened.
    ///
    /// - Parameters:
    ///   - earlier: where what was here stands already, see ``takeUpCutShort()``.
    ///   - isInPieces: set while some of it is moved and some is not; also when this throws, if what was
    ///     moved could not be put back.
    /// - Throws: `Problem(.storeReadOnly)`, which names what cannot be moved.
    func takeOver(
        _ staged: DataDirectory, after earlier: DataDirectory? = nil, _ isInPieces: inout Bool
    ) throws -> String? {
        let replaced: URL?
        if let earlier {
            try clearPlace(for: staged)
            replaced = earlier.url
        } else {
            replaced = try moveAway(&isInPieces)
        }
        let store = URL(fileURLWithPath: self.store).lastPathComponent
        let last = [store, replacedNote.lastPathComponent]
        let new = try FileManager.default.contentsOfDirectory(atPath: staged.url.path).filter {
            !last.contains($0)
        }
        isInPieces = true
        try move(new + [store], from: staged.url, to: url)
        // What bars a directory in pieces goes when nothing is in pieces on the disk.
        try DurableNames.flush(url.path)
        try FileManager.default.removeItem(at: staged.url)
        try DurableNames.flush(url.path)
        return replaced?.path
    }

    /// - Returns: where it is now; `nil` if there was nothing.
    private func moveAway(_ isInPieces: inout Bool) throws -> URL? {
        let old = try names()
        guard !old.isEmpty else { return nil }
        let replaced = freeFolder("replaced")
        try PrivateFile.replace(replacedNote.path, "moving \(replaced.lastPathComponent)\n")
        try createFolder(replaced)
        try DurableNames.flush(url.path)
        let wasInPieces = isInPieces
        isInPieces = true
        do {
            try move(old, from: url, to: replaced)
            try noteMoved(to: replaced)
        } catch {
            let moved = try FileManager.default.contentsOfDirectory(atPath: replaced.path)
            try move(moved, from: replaced, to: url)
            try FileManager.default.removeItem(at: replaced)
            isInPieces = wasInPieces
            throw error
        }
        return replaced
    }

    /// From here on what is in the directory itself is of the backup.
    private func noteMoved(to folder: URL) throws {
        try DurableNames.flush(folder.path)
        try DurableNames.flush(url.path)
        try PrivateFile.replace(replacedNote.path, "moved \(folder.lastPathComponent)\n")
    }

    /// Makes room where a restore that was cut short had put some of its backup in place. That is kept, for a
    /// person may have put something there since.
    private func clearPlace(for staged: DataDirectory) throws {
        let new = try FileManager.default.contentsOfDirectory(atPath: staged.url.path)
        let found = try names().filter { !$0.hasPrefix(Self.putAside) || new.contains($0) }
        guard !found.isEmpty else { return }
        let folder = freeFolder(Self.putAside)
        try createFolder(folder)
        try move(found, from: url, to: folder)
        try DurableNames.flush(folder.path)
    }

    /// What a restore replaces.
    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: url.path).filter {
            !Self.left.contains($0) && !$0.hasPrefix("replaced-")
        }
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
    func freeFolder(_ what: String) -> URL {
        let now = DeviceTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000), offsetMinutes: 0)
        let stamp = now.iso8601.filter { $0 != "-" && $0 != ":" }
        var folder = url.appending(path: "\(what)-\(stamp)")
        var number = 2
        while FileManager.default.fileExists(atPath: folder.path) {
            folder = url.appending(path: "\(what)-\(stamp)-\(number)")
            number += 1
        }
        return folder
    }
}
