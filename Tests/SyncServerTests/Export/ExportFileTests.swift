import Crypto
import Foundation
import Testing
import TrialModel

@testable import SyncServer

/// A file that is exported is whole, or is not there.
@Suite struct ExportFileTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "export-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private var path: String { folder.appending(path: "audit.csv").path }
    private var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    }

    private func write(_ text: String, replacing: Bool = false) throws -> String {
        var file = try ExportFile(path, replacing: replacing)
        try file.write(text)
        return try file.finish()
    }

    @Test("The file is there when it is finished, with the hash of its bytes, for its owner alone")
    func whole() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = String(repeating: "a,b\r\n", count: 200_000)
        let hash = try write(text)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(bytes == Data(text.utf8) && Hex.encode(SHA256.hash(data: bytes)) == hash)
        #expect(try names == ["audit.csv"])
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("What was not finished leaves nothing behind")
    func unfinished() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        func begin() throws {
            var file = try ExportFile(path, replacing: false)
            try file.write("half")
            #expect(try names.count == 1)
        }
        try begin()
        #expect(try names == [])
    }

    @Test("A file that is there is replaced on demand only, and not by one that came meanwhile either")
    func exists() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        _ = try write("first")
        #expect(throws: Problem.self) { _ = try write("second") }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "first")
        _ = try write("third", replacing: true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "third")
        try FileManager.default.removeItem(atPath: path)
        func race() throws {
            var file = try ExportFile(path, replacing: false)
            try file.write("late")
            try Data("other".utf8).write(to: URL(fileURLWithPath: path))
            _ = try file.finish()
        }
        #expect(throws: Problem.self) { try race() }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "other")
        #expect(try names == ["audit.csv"])
    }

    @Test("A folder that is not there is said")
    func noFolder() {
        defer { try? FileManager.default.removeItem(at: folder) }
        let nowhere = folder.appending(path: "none/audit.csv").path
        do {
            _ = try ExportFile(nowhere, replacing: false).finish()
            Issue.record("it was written")
        } catch { #expect(error.code == .fileUnreadable) }
    }
}
