import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialStore

@Suite("Destroying a laptop's keys")
struct SlotDestructionTests {
    @Test("No byte of a slot is left in the store's files, and it says when that was")
    func destroyed() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "slots-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = try StoreFile.create(at: folder.appending(path: "store.db").path, kind: .laptop)
        let slots = SlotStore(file)
        let secrets = (1...3).map { Data(repeating: UInt8(0xA0 + $0), count: 93) }
        for (index, secret) in secrets.enumerated() {
            try await slots.set(
                KeySlot(bytes: secret), generation: 0, of: "nurse-\(index)",
                salt: Data(repeating: 5, count: 16))
        }
        #expect(try await slots.destroyedAt() == nil)
        #expect(try holds(secrets, folder), "they were there")
        try await slots.destroyAll(at: 7000)
        #expect(try await slots.destroyedAt() == 7000)
        #expect(try await slots.slot(of: "nurse-0") == nil)
        #expect(try !holds(secrets, folder))
        file.close()
        #expect(try !holds(secrets, folder))
    }

    private func holds(_ secrets: [Data], _ folder: URL) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).contains { name in
            let bytes = try Data(contentsOf: folder.appending(path: name))
            return secrets.contains { bytes.range(of: $0.prefix(32)) != nil }
        }
    }
}
