import Foundation
import Testing

extension Endurance {
    /// Either side ends without a word, in the middle of the work. Beside other programs that keep both cores
    /// busy, five minutes were not enough for the six rounds of a test.
    @Suite(.timeLimit(.minutes(15))) struct KillTests {
        private static let visits = 300

        /// A laptop with participants, in step.
        private func begin() async throws -> (Trial, Laptop) {
            let (trial, laptop) = try await Trial.withLaptop(participants: 3)
            try await laptop.sync()
            return (trial, laptop)
        }

        @Test("A server that is killed while pushes come in has kept every acknowledged one, and none twice")
        func server() async throws {
            let (trial, laptop) = try await begin()
            var saved = 3
            var exits: Set<Int32> = []
            for (round, delay) in [0, 8, 20, 45, 90, 180].enumerated() {
                let visits = round * Self.visits..<(round + 1) * Self.visits
                _ = try await laptop.importing(VisitTable.csv(visits, participants: 3)).done()
                saved += Self.visits
                let sync = try await laptop.startSession()
                try await Task.sleep(for: .milliseconds(delay))
                try await trial.stop(SIGKILL)
                let ended = await sync.reply()
                exits.insert(ended.exit)
                #expect(ended.exit == 0 || ended.exit == 3, "\(ended.err)")
                let pending = try await laptop("status")["pending"].int
                try await trial.serve()
                #expect(try await trial.digest()["entries"].int >= saved - pending, "after \(delay) ms")
                #expect(try await trial.centre("verify")["problems"].list.isEmpty)
            }
            try await laptop.sync()
            #expect(exits.contains(3), "at least one kill must have hit a sync")
            #expect(try await trial.digest()["entries"].int == saved)
            #expect(try await trial.digest()["records"].int == saved)
            try await expectInStep(trial, [laptop])
        }

        @Test("A laptop's sync that is killed at any moment is taken up where it stopped")
        func laptop() async throws {
            let (trial, laptop) = try await begin()
            let reader = try await trial.laptop("ward-2", user: "nurse-2")
            var saved = 3
            var exits: Set<Int32> = []
            for (round, delay) in [0, 10, 30, 60, 120].enumerated() {
                let visits = round * Self.visits..<(round + 1) * Self.visits
                _ = try await laptop.importing(VisitTable.csv(visits, participants: 3)).done()
                saved += Self.visits
                for one in [laptop, reader] {
                    let sync = try await one.startSession()
                    try await Task.sleep(for: .milliseconds(delay))
                    exits.insert(await sync.end(SIGKILL).exit)
                }
                #expect(try await laptop("verify")["problems"].list.isEmpty)
                #expect(try await reader("verify")["problems"].list.isEmpty)
            }
            #expect(exits.contains(-SIGKILL), "at least one kill must have met a sync: \(exits)")
            try await laptop.sync()
            try await reader.sync()
            #expect(try await laptop("status")["copied"] == false, "a kill is no copy")
            #expect(try await trial.digest()["entries"].int == saved)
            try await expectInStep(trial, [laptop, reader])
        }

        @Test("A save that was answered outlives the kill of the one after it")
        func save() async throws {
            let (trial, laptop) = try await begin()
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=71.5")
            var saved = 1
            var exits: Set<Int32> = []
            // What is killed as it is written is there whole, or not at all.
            for (round, bytes) in [1, 10_000, 40_000, 100_000].enumerated() {
                let visits = round * Self.visits..<(round + 1) * Self.visits
                let file = trial.folder.appending(path: "many-\(round).csv")
                try Data(VisitTable.csv(visits, participants: 3).utf8).write(to: file)
                let importing = try laptop.start(["import", file.path])
                try await KillMoment(log: laptop.store.appending(path: "store.db-wal"), bytes: bytes)
                    .wait(whileRunning: [importing])
                let exit = await importing.end(SIGKILL).exit
                exits.insert(exit)
                let pending = try await laptop("status")["pending"].int
                #expect(pending == saved + Self.visits || exit != 0 && pending == saved, "\(pending)")
                saved = pending
            }
            #expect(exits.contains(-SIGKILL), "at least one kill must have met an import: \(exits)")
            try await laptop.sync()
            try await expectInStep(trial, [laptop])
        }
    }
}
