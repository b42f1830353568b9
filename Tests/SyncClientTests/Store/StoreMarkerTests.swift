import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialStore

@testable import SyncClient

/// The note that tells a copied store.
final class StoreMarkerTests {
    private let folder: URL
    private let state: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "marker-\(UUID().uuidString)")
        state = folder.appending(path: "state/trialsync")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func file(_ name: String) throws -> String {
        let path = folder.appending(path: name).path
        try Data(name.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test("What was written is read back, in a directory of its own that only its owner may enter")
    func roundTrip() throws {
        let path = try file("store.db")
        #expect(StoreMarker.read(path, in: state) == nil)
        var marker = StoreMarker.here(path)
        (marker.journal, marker.n, marker.hash) = (Data([1, 2]), 7, Data([3]))
        try marker.write(in: state)
        #expect(StoreMarker.read(path, in: state) == marker)
        let mode =
            try FileManager.default.attributesOfItem(atPath: state.path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o700)
        marker.n = 8
        try marker.write(in: state)
        #expect(StoreMarker.read(path, in: state)?.n == 8)
    }

    @Test("Another file is another place, at another path and at the same one")
    func place() throws {
        let path = try file("store.db")
        let marker = StoreMarker.here(path)
        #expect(marker.isSamePlace(as: .here(path)))
        #expect(!marker.isSamePlace(as: .here(try file("copy.db"))))
        // The new file is there before the old one goes, so it cannot get its number.
        let other = try file("other.db")
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: other, toPath: path)
        #expect(!marker.isSamePlace(as: .here(path)))
    }

    @Test("Bytes that are written into the same file, and how far it has come, do not make another place")
    func sameFile() throws {
        let path = try file("store.db")
        var marker = StoreMarker.here(path)
        marker.n = 12
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.write(contentsOf: Data("more".utf8))
        try handle.close()
        #expect(marker.isSamePlace(as: .here(path)))
    }

    @Test("It remembers how far each journal had come; what an earlier version noted of one is read, too")
    func heads() throws {
        let journal = try #require(JournalID(bytes: Data(repeating: 5, count: 16)))
        let hash = try #require(ChainHash(Data(repeating: 1, count: 32)))
        let path = try file("store.db")
        var marker = StoreMarker.here(path)
        #expect(marker.knownHeads == [])
        (marker.journal, marker.n, marker.hash) = (Data(journal.bytes), 7, hash.data)
        try marker.write(in: state)
        let head = KnownHead(journal: journal, n: 7, hash: hash)
        #expect(StoreMarker.read(path, in: state)?.knownHeads == [head])
        let others = [8, 9].map { KnownHead(journal: journal, n: $0, hash: hash) }
        marker.heads = others.map(\.bytes)
        try marker.write(in: state)
        #expect(StoreMarker.read(path, in: state)?.knownHeads == others)
    }

    @Test("A symbolic link is the file it leads to")
    func symbolicLink() throws {
        let path = try file("store.db")
        let link = folder.appending(path: "link.db").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        try StoreMarker.here(path).write(in: state)
        #expect(StoreMarker.read(link, in: state) == StoreMarker.here(path))
    }

    @Test("A marker that cannot be read counts as none; one that cannot be written is a problem")
    func unsound() throws {
        let path = try file("store.db")
        try StoreMarker.here(path).write(in: state)
        let written = try #require(try FileManager.default.contentsOfDirectory(atPath: state.path).first)
        try Data("{".utf8).write(to: state.appending(path: written))
        #expect(StoreMarker.read(path, in: state) == nil)
        let blocked = URL(fileURLWithPath: try file("blocked"))
        let problem = #expect(throws: Problem.self) {
            try StoreMarker.here(path).write(in: blocked.appending(path: "state"))
        }
        #expect(problem?.code == .storeReadOnly)
        // It is not the store's directory that is to be mended.
        #expect(problem?.message.contains("blocked/state") == true)
        #expect(problem?.remedy.contains("TRIALSYNC_STATE") == true)
        try StoreMarker.checkReadable(path, in: state)
        try StoreMarker.checkReadable(path, in: folder.appending(path: "none"))
    }
}
