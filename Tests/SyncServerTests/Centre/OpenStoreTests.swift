import Foundation
import Testing
import TrialModel

@testable import SyncServer

@Suite("A centre's file that is no store")
struct OpenStoreTests {
    @Test("Beside the other files of a centre it is damaged or was exchanged, else the directory is wrong")
    func foreign() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "centre-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let directory = DataDirectory(folder.path)
        try Data(repeating: 0xA5, count: 8_192).write(to: URL(fileURLWithPath: directory.store))
        let wrong = #expect(throws: Problem.self) { _ = try directory.openStore() }
        #expect(wrong?.code == .storeForeign && wrong?.remedy == ProblemCode.storeForeign.remedy)
        try Data("made-up".utf8).write(to: directory.serverKey)
        let damaged = #expect(throws: Problem.self) { _ = try directory.openStore() }
        #expect(damaged?.code == .storeForeign)
        #expect(damaged?.message.contains("damaged, or was exchanged") == true)
        #expect(damaged?.remedy.contains("restore") == true)
    }
}
