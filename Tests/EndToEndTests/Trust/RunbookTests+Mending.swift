import Foundation
import GRDB
import Testing

extension Trust.RunbookTests {
    @Test("Records that a disk altered at both sides are mended from their entries")
    func mended() async throws {
        let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
        let digest = try await trial.digest()
        for store in [trial.data.appending(path: "centre.db"), first.store.appending(path: "store.db")] {
            let queue = try DatabaseQueue(path: store.path)
            try await queue.write { try $0.execute(sql: "DELETE FROM record WHERE number IS NOT NULL") }
            try queue.close()
        }
        // What root looks at leaves nothing behind that the account cannot write.
        try trial.own(trial.data)
        #expect(try await trial.reply("verify").exit == 1)

        let repair = Runbook(name: "repair", trial: trial)
        #expect(try await repair.run(at: "centre").contains("mended from the entries"))
        #expect(try await repair.run(at: "laptop", laptop: first).contains("mended from the entries"))
        #expect(try await trial.digest() == digest)
        try await Runbook(name: "backup", trial: trial).run(at: "centre")
        try await expectInStep(trial, [first, second])
    }

    @Test("What an older store of a laptop lacks is named until somebody says that it is lost")
    func putBack() async throws {
        let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
        let image = try StoreImage(of: first)
        try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
        try image.restoreInPlace(marker: false)

        let putBack = Runbook(name: "put-back", trial: trial)
        let printed = try await putBack.run(at: "laptop", laptop: first)
        #expect(printed.contains("each line store-rolled-back is a save that is missing here"), "\(printed)")
        let found = try await first.reply(["verify"]).json()["problems"].list
        let entry = try #require(found.first, "verify names what is missing")["where"].text
        try await putBack.run(at: "laptop-again", laptop: first, ["ENTRY": entry])
        #expect(try await first("status")["missing"] == 0)
        try await expectInStep(trial, [first, second])
    }
}
