import Foundation
import GRDB
import Synchronization
import Testing

extension Trust {
    /// The ways back that docs/operations.md promises, by its own commands.
    @Suite(.timeLimit(.minutes(5))) struct RunbookTests {
        @Test(
            "Backup while visits come in, then restore: the centre has what laptops hold, access stays ended")
        func backupAndRestore() async throws {
            let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
            let saved = try await loaded([first, second]) {
                try await Runbook(name: "backup", trial: trial).run(at: "centre")
            }
            let held = 2 + saved
            #expect(try await trial.digest()["entries"].int == held)
            let late = try await trial.laptop("ward-3")
            try await late("visit", "edit", "PKU-001", "W12", "VS.weight=72")
            try await late.sync()
            let lost = try await trial.laptop("ward-4")
            try await trial.centre("device", "revoke", "ward-4")
            let epoch = try String(contentsOf: trial.data.appending(path: "epoch"), encoding: .utf8)

            let restore = Runbook(name: "restore", trial: trial)
            // What laptops are still to bring.
            #expect(try await restore.run(at: "centre").contains("store-rolled-back"))
            let kept = try await trial.digest()["entries"].int
            #expect(kept > 2 && kept < held, "a backup from the middle of the load: \(kept) of \(held)")
            #expect(try String(contentsOf: trial.data.appending(path: "epoch"), encoding: .utf8) != epoch)
            for laptop in [late, first, second] { try await restore.run(at: "laptop", laptop: laptop) }
            for laptop in [first, second, late] { try await laptop.sync() }
            try await lost.refuses("device-revoked", "sync")
            #expect(try await trial.digest()["entries"].int == held + 1)
            // The centre's own ending was told to nobody: it stands in `revocations`, and its entry is lost.
            let missing = try await trial.reply("verify").json()["problems"].list
            #expect(missing.map { $0["code"] } == ["store-rolled-back"], "\(missing)")
            for entry in missing { try await acknowledge(entry["where"].text, in: trial) }
            for laptop in [first, second, late] { try await laptop.sync() }
            try await expectInStep(trial, [first, second, late])
        }

        private final class Load: Sendable {
            let isOver = Mutex(false)
            let rounds = Mutex(0)

            /// Returns when a laptop has saved and synced once more.
            func goesOn() async throws {
                let before = rounds.withLock { $0 }
                try await within(seconds: 60, "the load") {
                    while self.rounds.withLock({ $0 }) == before {
                        try await Task.sleep(for: .milliseconds(5))
                    }
                }
            }
        }

        /// Does something while laptops save and sync without a break.
        ///
        /// - Returns: how many entries they saved.
        private func loaded(_ laptops: [Laptop], _ body: () async throws -> Void) async throws -> Int {
            let load = Load()
            return try await withThrowingTaskGroup(of: Int.self) { group in
                for (index, laptop) in laptops.enumerated() {
                    group.addTask {
                        var saved = 0
                        while !load.isOver.withLock({ $0 }) {
                            let first = 1_000 * index + saved
                            _ = try await laptop.importing(
                                VisitTable.csv(first..<first + 20, participants: 1)
                            ).done()
                            _ = try await laptop.reply(["sync"]).done()
                            saved += 20
                            load.rounds.withLock { $0 += 1 }
                        }
                        return saved
                    }
                }
                try await load.goesOn()
                try await body()
                // Of three rounds that end now one began when the backup was made: it is not in it.
                for _ in 1...3 { try await load.goesOn() }
                load.isOver.withLock { $0 = true }
                return try await group.reduce(0, +)
            }
        }

        @Test("Saves travel on a stick, and the centre's answer comes back on it")
        func sticks() async throws {
            let (trial, first, _) = try await Trial.inStep(isOfAnother: true)
            try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
            try await trial.stop()
            let sticks = Runbook(name: "sticks", trial: trial)
            try await sticks.run(at: "laptop", laptop: first)
            try await sticks.run(at: "centre")
            try await sticks.run(at: "laptop-again", laptop: first)
            #expect(try await first("status")["pending"] == 0)
            #expect(try await first.digest() == trial.digest())
        }

        @Test("A record that a laptop shows otherwise than the centre is found and replaced by a sync")
        func differs() async throws {
            let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
            let before = try StoreImage(of: first)
            try await first(
                "visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "weighed again")
            try await first.sync()
            try mergeAsBefore(first, before)
            #expect(try await first("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 70)
            #expect(try await first.digest() != trial.digest())
            try await first("visit", "edit", "PKU-001", "BL", "PGA.vas=40")

            let differs = Runbook(name: "differs", trial: trial)
            let printed = try await differs.run(at: "laptop", laptop: first)
            #expect(printed.contains("1 record repaired"), "\(printed)")
            try await differs.run(at: "centre")
            let items = try await first("visit", "show", "PKU-001", "BL")["items"]
            #expect(items["VS.weight", "value"] == 71 && items["PGA.vas", "value"] == 40)
            try await second.sync()
            try await expectInStep(trial, [first, second])
        }

        /// Puts the merged record and the site's digest of an older image back, and no entry: what a wrong
        /// merge, or a disk, would leave.
        private func mergeAsBefore(_ laptop: Laptop, _ image: StoreImage) throws {
            let queue = try DatabaseQueue(path: laptop.store.appending(path: "store.db").path)
            try queue.inDatabase { db in
                try db.execute(sql: "ATTACH ? AS old", arguments: [image.storeFile.path])
                try db.execute(
                    sql: """
                        UPDATE record SET (digest, state) =
                            (SELECT o.digest, o.state FROM old.record o WHERE o.key = record.key)
                        WHERE key IN (SELECT key FROM old.record);
                        UPDATE site SET digest =
                            (SELECT o.digest FROM old.site o WHERE o.code = site.code)
                        """)
                try db.execute(sql: "DETACH old")
            }
            try queue.close()
        }

        @Test("A laptop's store is built anew from the centre, with the saves that were not sent")
        func rebuild() async throws {
            let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
            try await first("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "weighed again")
            try await first("visit", "edit", "PKU-001", "W12", "PGA.vas=40")
            let rebuild = Runbook(name: "rebuild", trial: trial)
            try await rebuild.run(at: "laptop", laptop: first, ["LINK": try await trial.link(site: "PKU")])
            try await rebuild.run(at: "centre")
            let shown = try await trial.centre("visit", "show", "PKU-001", "BL", "--history")
            #expect(shown["items", "VS.weight", "value"] == 71)
            #expect(shown["history"].list.map { $0["device"].text } == ["ward-1", "ward-1"])
            let sheet = try await trial.centre("visit", "show", "PKU-001", "W12")
            #expect(sheet["items", "PGA.vas", "value"] == 40)
            let devices = try await trial.centre("device", "list").list
            #expect(devices.first { $0["name"] == "ward-1" }?["revoked"] == true)
            try await second.sync()
            try await first.sync()
            try await expectInStep(trial, [first, second])
        }

        @Test("A bundle of one laptop is read by another, whose sync takes the saves to the centre")
        func handedOn() async throws {
            let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
            try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
            let hands = Runbook(name: "hands", trial: trial)
            try await hands.run(at: "laptop", laptop: first)
            try await hands.run(at: "other-laptop", laptop: second)
            let shown = try await trial.centre("visit", "show", "PKU-001", "W12", "--history")
            #expect(shown["items", "VS.weight", "value"] == 72)
            #expect(shown["history"].list.map { $0["device"].text } == ["ward-1"])
            try await first.sync()
            try await expectInStep(trial, [first, second])
        }

        /// Copies the centre's file, as it is now, to where the runbook looks for an old one.
        func keepOldFile(_ trial: Trial) async throws {
            try await trial.stop()
            let backup = trial.folder.appending(path: "backup")
            try FileManager.default.createDirectory(at: backup, withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                at: trial.data.appending(path: "centre.db"), to: backup.appending(path: "centre.db"))
            try await trial.serve()
        }

        @Test("An old file of the centre that is put back by hand heals by the laptops' syncs")
        func oldFile() async throws {
            let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
            try await keepOldFile(trial)
            try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
            for laptop in [first, second] { try await laptop.sync() }
            let lost = try await trial.laptop("ward-4")
            try await trial.centre("device", "revoke", "ward-4")
            // What the centre writes itself comes back only from laptops that have it.
            try await second.sync()

            let old = Runbook(name: "old-file", trial: trial)
            let printed = try await old.run(at: "centre")
            #expect(printed.contains("store-rolled-back"), "\(printed)")
            #expect(try await trial.digest()["entries"].int == 2)
            for laptop in [second, first] { try await old.run(at: "laptop", laptop: laptop) }
            try await old.run(at: "centre-again")
            #expect(try await trial.digest()["entries"].int == 3)
            try await lost.refuses("device-revoked", "sync")
            try await second.sync()
            try await expectInStep(trial, [first, second])
        }

        @Test("A store that cannot be opened is set aside, and its saves come back from a colleague's laptop")
        func damaged() async throws {
            let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
            try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
            try await first("bundle", "export", trial.folder.appending(path: "passed-on").path)
            try await second("bundle", "import", trial.folder.appending(path: "passed-on").path)
            let file = first.store.appending(path: "store.db")
            var bytes = try Data(contentsOf: file)
            bytes.replaceSubrange(4_096..<16_384, with: Data(repeating: 0xA5, count: 12_288))
            try bytes.write(to: file)
            try await first.refuses("store-damaged", "status")

            let damaged = Runbook(name: "damaged", trial: trial)
            let link = ["LINK": try await trial.link(site: "PKU")]
            try await damaged.run(at: "laptop", laptop: first, link)
            let kept = trial.folder.appending(path: "ward-1-damaged/store.db")
            #expect(try Data(contentsOf: kept) == bytes, "the old file is as it was")
            try await damaged.run(at: "colleague", laptop: second)
            try await damaged.run(at: "laptop-again", laptop: first)
            let items = try await first("visit", "show", "PKU-001", "W12")["items"]
            #expect(items["VS.weight", "value"] == 72)
            try await damaged.run(at: "centre")
            let shown = try await trial.centre("visit", "show", "PKU-001", "W12", "--history")
            #expect(shown["history"].list.map { $0["device"].text } == ["ward-1"])
            try await second.sync()
            try await expectInStep(trial, [first, second])
        }

        @Test("A damaged store gives out what it had not sent, and the laptop is built anew with it")
        func rescued() async throws {
            let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
            try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
            try await first("visit", "edit", "PKU-001", "W12", "PGA.vas=40")
            let bytes = try StoreImage.spoil(first, pageOf: "SELECT state FROM record ORDER BY id LIMIT 1")
            try await first.refuses("store-damaged", "status")

            let rescue = Runbook(name: "rescue", trial: trial)
            let link = ["LINK": try await trial.link(site: "PKU")]
            let printed = try await rescue.run(at: "laptop", laptop: first, link)
            #expect(printed.contains("2 saves not known to be at the centre written to"), "\(printed)")
            let kept = trial.folder.appending(path: "ward-1-damaged/store.db")
            #expect(try Data(contentsOf: kept) == bytes, "the old file is as it was")
            try await rescue.run(at: "centre")
            let shown = try await trial.centre("visit", "show", "PKU-001", "W12", "--history")
            #expect(shown["items", "VS.weight", "value"] == 72 && shown["items", "PGA.vas", "value"] == 40)
            #expect(shown["history"].list.map { $0["device"].text } == ["ward-1", "ward-1"])
            try await second.sync()
            try await expectInStep(trial, [first, second])
        }

        @Test("A restore is undone: the centre is what it was, and gets what came in since")
        func undone() async throws {
            let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
            // As a replicator leaves one there.
            let hidden = trial.data.appending(path: ".centre.db-litestream")
            try FileManager.default.createDirectory(at: hidden, withIntermediateDirectories: false)
            try trial.own(hidden)
            try await Runbook(name: "backup", trial: trial).run(at: "centre")
            try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
            for laptop in [first, second] { try await laptop.sync() }
            try await Runbook(name: "restore", trial: trial).run(at: "centre")
            #expect(!FileManager.default.fileExists(atPath: hidden.path))
            // One of the two meets the restored centre.
            try await second("visit", "edit", "PKU-001", "W12", "PGA.vas=40")
            try await second.sync()

            let undo = Runbook(name: "undo", trial: trial)
            #expect(try await undo.run(at: "centre").contains("0 problems"))
            #expect(FileManager.default.fileExists(atPath: hidden.path))
            for laptop in [second, first] { try await undo.run(at: "laptop", laptop: laptop) }
            let items = try await trial.centre("visit", "show", "PKU-001", "W12")["items"]
            #expect(items["VS.weight", "value"] == 72 && items["PGA.vas", "value"] == 40)
            try await second.sync()
            try await expectInStep(trial, [first, second])
        }

        /// The last of this suite, whose tests run in the order of its files' names and lines.
        @Test("Every marked block of the page was run by a test of this suite")
        func allRun() throws {
            let marked = Set(try Runbook.blocks().map { "\($0.name) \($0.place)" })
            #expect(marked.count > 12)
            let run = Runbook.haveRun
            // Chosen alone it has nothing to look at.
            guard !run.isEmpty else { return }
            let isLeftOut = { (block: String) in Replicator.program == nil && block.hasPrefix("replica") }
            #expect(marked.subtracting(run).filter { !isLeftOut($0) } == [])
            print("\(run.count) of \(marked.count) blocks of the runbook were run")
        }
    }
}
