import Foundation
import Testing
import TrialModel
import TrialStore

@testable import SyncServer

@Suite("A centre that is made", .timeLimit(.minutes(10))) struct CreateTests {
    private func problem(_ body: () async throws -> Void) async -> Problem? {
        do { try await body() } catch { return error as? Problem }
        Issue.record("nothing was refused")
        return nil
    }

    private func create(in folder: URL, names: [String] = []) async throws {
        let made = try await Centre.create(
            in: DataDirectory(folder.path), study: try StudyDefinition.shipped(), names: names)
        made.centre.close()
    }

    private func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "create-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    @Test("Where only the store is lost nothing is made anew, and its restore is named")
    func storeLost() async throws {
        try await withFolder { folder in
            try await create(in: folder)
            let directory = DataDirectory(folder.path)
            try FileManager.default.removeItem(atPath: directory.store)
            let (key, left) = (try Data(contentsOf: directory.serverKey), try names(in: folder))
            let found = [
                await problem { try await create(in: folder) },
                await problem { _ = try Centre.open(directory) },
            ]
            for problem in found {
                #expect(problem?.code == .storeMissing)
                #expect(problem?.message.contains("server.key, tls") == true)
                #expect(problem?.remedy.contains("trialsyncd restore") == true)
            }
            #expect(try Data(contentsOf: directory.serverKey) == key)
            #expect(try names(in: folder) == left)
        }
    }

    @Test("What failed or was cut short before the centre was whole can be done again")
    func again() async throws {
        try await withFolder { folder in
            let refused = await problem { try await create(in: folder, names: ["no name"]) }
            #expect(refused?.code == .nameInvalid)
            let directory = DataDirectory(folder.path)
            let none = await problem { _ = try Centre.open(directory) }
            #expect(none?.code == .storeMissing && none?.remedy.contains("trialsyncd init") == true)
            try directory.createFolder(directory.checking)
            for file in ["server.key", "centre.db"] {
                try Data("half".utf8).write(to: directory.checking.appending(path: file))
            }
            try await create(in: folder)
            let made = try names(in: folder)
            #expect(made == ["centre.db", "daemon.lock", "epoch", "server.key", "tls"])
            let twice = await problem { try await create(in: folder) }
            #expect(twice?.code == .storeExists)
            let centre = try Centre.open(directory)
            #expect(try await centre.verify().problems.isEmpty)
            centre.close()
        }
    }

    @Test("A certificate that cannot be used is named before there is a centre")
    func certificate() async throws {
        try await withFolder { folder in
            let refused = await problem {
                _ = try await Centre.create(
                    in: DataDirectory(folder.path), study: try StudyDefinition.shipped(), names: [],
                    certificate: (chain: "/nowhere.pem", key: "/nowhere.key", authority: nil))
            }
            #expect(refused?.code == .fileUnreadable)
            #expect(!DataDirectory(folder.path).isInitialised)
            try await create(in: folder)
        }
    }
}
