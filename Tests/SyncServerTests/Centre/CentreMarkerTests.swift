import Foundation
import Testing
import TrialModel
import TrialStore

@testable import SyncServer

@Suite("What the daemon remembers of its store outside of it", .timeLimit(.minutes(10)))
struct CentreMarkerTests {
    @Test("A note that cannot be written is told once, and is written as soon as it can be")
    func trouble() async throws {
        let made = try await CentreUnderTest()
        let (directory, log) = (made.centre.directory, LogLines())
        try? FileManager.default.removeItem(at: directory.heads)
        // A directory stands in its way, which no file replaces.
        try FileManager.default.createDirectory(
            at: directory.heads.appending(path: "in-the-way"), withIntermediateDirectories: true)
        let marker = CentreMarker(made.centre, logger: log.logger)
        var trouble: Problem?
        await marker.mark(&trouble)
        await marker.mark(&trouble)
        #expect(trouble?.code == .storeReadOnly)
        #expect(log.all.count == 1 && log.all[0].hasSuffix("code=store-read-only"))
        try FileManager.default.removeItem(at: directory.heads)
        await marker.mark(&trouble)
        #expect(trouble == nil && !directory.readHeads().isEmpty)
    }

    @Test("A directory that can be written, or is not there, is not refused")
    func writable() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "writable-\(UUID().uuidString)")
        try DataDirectory(folder.path).checkWritable()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try DataDirectory(folder.path).checkWritable()
    }
}
