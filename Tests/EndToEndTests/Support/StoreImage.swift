import Foundation
import GRDB
import Testing

/// What a disk image of a laptop would hold of its store, and of the marker beside it.
struct StoreImage {
    private let laptop: Laptop
    private let copy: URL
    var storeFile: URL { copy.appending(path: "store/store.db") }
    private var state: URL { laptop.state ?? laptop.trial.folder.appending(path: "state") }

    /// Takes an image.
    init(of laptop: Laptop) throws {
        self.laptop = laptop
        copy = laptop.trial.folder.appending(path: "image-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: laptop.store, to: copy.appending(path: "store"))
        try FileManager.default.copyItem(at: state, to: copy.appending(path: "state"))
    }

    /// Spoils the page of a laptop's store on which a value begins.
    ///
    /// - Parameter query: finds the value.
    /// - Returns: the file as it is now.
    static func spoil(_ laptop: Laptop, pageOf query: String) throws -> Data {
        let file = laptop.store.appending(path: "store.db")
        let queue = try DatabaseQueue(path: file.path)
        let value = try queue.read { db in try Data.fetchOne(db, sql: query) }
        try queue.close()
        var bytes = try Data(contentsOf: file)
        let start = try #require(value).prefix(64)
        let page = try #require(bytes.firstRange(of: start)).lowerBound / 4_096 * 4_096
        bytes.replaceSubrange(page..<page + 4_096, with: Data(repeating: 0xA5, count: 4_096))
        try bytes.write(to: file)
        return bytes
    }

    /// Puts the store's files back in new files, as `cp -r` from a backup does. The marker stays as it is.
    func restoreStore() throws {
        try FileManager.default.removeItem(at: laptop.store)
        try FileManager.default.copyItem(at: copy.appending(path: "store"), to: laptop.store)
    }

    /// Writes the old bytes into the files that are there.
    ///
    /// - Parameter marker: with the marker too nothing on the machine tells this from the original.
    func restoreInPlace(marker: Bool) throws {
        try overwrite(laptop.store, with: copy.appending(path: "store"))
        if marker { try overwrite(state, with: copy.appending(path: "state")) }
    }

    private func overwrite(_ folder: URL, with source: URL) throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: folder.path)
        where !files.fileExists(atPath: source.appending(path: name).path) {
            try files.removeItem(at: folder.appending(path: name))
        }
        for name in try files.contentsOfDirectory(atPath: source.path) {
            let target = folder.appending(path: name)
            if !files.fileExists(atPath: target.path) {
                _ = files.createFile(atPath: target.path, contents: nil)
            }
            let handle = try FileHandle(forWritingTo: target)
            try handle.truncate(atOffset: 0)
            try handle.write(contentsOf: try Data(contentsOf: source.appending(path: name)))
            try handle.close()
        }
    }
}
