import Foundation
import GRDB
import GRDB
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// Whoever finds a laptop finds nothing in its files.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct SealedFileTests {
    /// What stands in a save, and may stand in no file of a laptop.
    static let secrets = [
        "PKU-ZEBRA-7312", "relapse quokka 谷浓度", "dr.ocelot", "reason axolotl", "item.pangolin",
    ]

    private func secretSave(on record: RecordKey, salt: UInt64) -> Change {
        let writes = [
            RegisterWrite("@number", [ItemValue("@number", .text(Self.secrets[0]))]),
            RegisterWrite(Self.secrets[4], [ItemValue(Self.secrets[4], .text(Self.secrets[1]))]),
        ]
        var change = Change(
            kind: .save, record: record, writes: writes, author: Self.secrets[2], role: .dataEntry,
            at: DeviceTime(milliseconds: 0, offsetMinutes: 0), studyVersion: 1, salt: salt)
        change.reason = Self.secrets[3]
        return change
    }

    /// The secrets that stand in the files whose names start so.
    private func found(in replicas: TestReplicas, _ name: String) throws -> [String] {
        var bytes = Data()
        for file in try FileManager.default.contentsOfDirectory(atPath: replicas.directory.path)
        where file.hasPrefix(name) {
            bytes += try Data(contentsOf: replicas.directory.appending(path: file))
        }
        try #require(!bytes.isEmpty)
        return Self.secrets.filter { bytes.range(of: Data($0.utf8)) != nil }
    }

    @Test(
        "No number, value, item, author or reason stands in a laptop's files, open or closed"
    )
    func laptopsKeepSecrets() async throws {
        let fixture = try StoreFixture()
        let replicas = fixture.replicas
        let (centre, writer) = (try await replicas.makeCentre(), try await replicas.makeLaptop("writer"))
        let (reader, carrier) = (
            try await replicas.makeLaptop("reader"), try await replicas.makeLaptop("carrier")
        )
        var random = SeededGenerator(seed: 3)
        let participant = RecordKey.participant(EnrolmentID(using: &random))
        _ = try await writer.save([secretSave(on: participant, salt: 1)], site: fixture.site, signedWith: nil)
        #expect(try found(in: replicas, "writer") == [], "pending")
        let bundle = try await writer.lend(site: fixture.site, beyond: ChangeVector())
        #expect(try await carrier.borrow(bundle, site: fixture.site) == 1)
        #expect(try found(in: replicas, "carrier") == [], "borrowed")
        try await fixture.sync(writer, centre)
        try await fixture.sync(reader, centre)
        #expect(try found(in: replicas, "writer") == [], "confirmed")
        #expect(try found(in: replicas, "reader") == [], "pulled")
        var filter = RecordFilter()
        filter.number = .participant(Self.secrets[0])
        #expect(try await reader.views(filter).count == 1, "and yet it is found by its number")
        let file = try StoreFile.open(at: replicas.path("reader"), kind: .laptop)
        let slot = KeySlot(bytes: Data([1]))
        try await SlotStore(file).set(
            slot, generation: 1, of: Self.secrets[2], salt: Data(repeating: 9, count: 16))
        #expect(try await SlotStore(file).slot(of: Self.secrets[2]) == slot)
        for store in [writer, reader, carrier] {
            try await store.closeWhole()
        }
        file.close()
        for name in ["writer", "reader", "carrier"] { #expect(try found(in: replicas, name) == [], "closed") }
        centre.close()
        #expect(
            try found(in: replicas, "centre") == Self.secrets,
            "a store that seals nothing shows that this test sees")
    }
}
