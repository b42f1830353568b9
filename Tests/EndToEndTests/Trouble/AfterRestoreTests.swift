import Foundation
import Testing

extension Trouble {
    /// The days after the centre was put back from a backup: what came after the backup is known to laptops
    /// alone, or to nobody.
    @Suite(.timeLimit(.minutes(5))) struct AfterRestoreTests {
        private func file(_ trial: Trial) -> String { trial.folder.appending(path: "centre.backup").path }

        private func restore(_ trial: Trial, _ options: String...) async throws -> JSONNode {
            try await trial.stop()
            let restored = try await (try trial.start(["restore", file(trial)] + options)).reply().done()
            try await trial.serve()
            return restored
        }

        /// Gives a person a password at the centre.
        private func set(_ password: String, _ command: [String], _ trial: Trial) async throws -> JSONNode {
            let input = trial.folder.appending(path: "word-\(UUID().uuidString)")
            try Data((password + "\n").utf8).write(to: input)
            let running = try trial.start(command + ["--password-stdin"], input: input.path)
            return try await running.reply().done()
        }

        @Test("No participant number is given out twice, whoever comes back first", arguments: [true, false])
        func numbers(newLaptopFirst: Bool) async throws {
            let trial = try await Trial()
            let first = try await trial.laptop("ward-1")
            try await trial.centre("backup", file(trial))
            let second = try await trial.laptop("ward-2", user: "nurse-2")
            try await second("participant", "add")
            try await second.sync()
            // As if on another machine: nothing there tells what was leased since.
            try await trial.stop()
            try FileManager.default.moveItem(at: trial.data, to: trial.folder.appending(path: "burnt"))
            try await trial.centre("restore", file(trial))
            try await trial.serve()

            var third: Laptop?
            if newLaptopFirst { third = try await trial.laptop("ward-3") }
            for laptop in [first, second, first] { try await laptop.sync() }
            if third == nil { third = try await trial.laptop("ward-3") }
            let laptops = [first, second, try #require(third)]
            for laptop in laptops { for _ in 1...2 { try await laptop("participant", "add") } }
            for _ in 1...2 { for laptop in laptops { try await laptop.sync() } }
            let numbers = try await trial.centre("participant", "list").list.map { $0["participant"].text }
            #expect(numbers.count == 7 && Set(numbers).count == 7, "\(numbers)")
            #expect(try await trial.centre("conflicts").list.isEmpty)
            try await expectInStep(trial, laptops)
        }

        @Test("A laptop that was enrolled after the backup is on the list once another brings its entries")
        func latecomer() async throws {
            let trial = try await Trial()
            let first = try await trial.laptop("ward-1")
            try await trial.centre("backup", file(trial))
            let late = try await trial.laptop("ward-2", user: "nurse-2")
            try await late("participant", "add")
            for laptop in [late, first] { try await laptop.sync() }
            _ = try await restore(trial)
            #expect(try await trial.centre("device", "list").list.count == 1)
            try await first.sync()
            let devices = try await trial.centre("device", "list").list
            #expect(devices.map { $0["name"] } == ["ward-1", "ward-2"])
            #expect(devices.last?["lastSeen"] == JSONNode.null)
            #expect(try await trial.centre("verify")["problems"].list.isEmpty)
            for laptop in [late, first] { try await laptop.sync() }
            try await expectInStep(trial, [first, late])
        }

        @Test("A person who was added after the backup gets a new key, and works again")
        func lockedOut() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            try await trial.centre("backup", file(trial))
            _ = try await set(
                "made-up-first-word", ["user", "add", "nurse-9", "--role", "dataEntry", "--site", "PKU"],
                trial)
            try await laptop.sync()
            _ = try await restore(trial)
            try await laptop.sync()
            let broken = await (try trial.start(["verify"])).reply()
            #expect(broken.exit == 1)
            #expect(try broken.json()["problems"].list.map { $0["code"] } == ["person-key-missing"])
            let late = laptop.with(user: "nurse-9").with(password: "made-up-first-word")
            try await late.refuses("wrong-password", "status")
            _ = try await set("made-up-second-word", ["user", "reset-password", "nurse-9"], trial)
            try await laptop.sync()
            let back = laptop.with(user: "nurse-9").with(password: "made-up-second-word")
            try await back("participant", "add")
            try await back.sync()
            try await expectInStep(trial, [laptop])
        }

        @Test("What the centre wrote after the backup is named, and comes back from the store it replaced")
        func writtenSince() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await laptop.sync()
            try await trial.centre("backup", file(trial))
            // No laptop gets these before the restore.
            try await trial.centre(
                "query", "raise", "PKU-001", "BL", "VS.weight", "really?", user: "coordinator-1")
            try await trial.centre(
                "lock", "PKU-001", "BL", "--reason", "verified", user: "coordinator-1")
            let dry = try await trial.centre("restore", "--dry-run", file(trial))
            #expect(dry["notInBackup", "count"] == 2)
            let restored = try await restore(trial)
            #expect(restored["notInBackup", "count"] == 2 && restored["broughtIn"] == .null)
            let first = restored["notInBackup", "first"].list
            #expect(first.map { $0["kind"] } == ["query", "lock"])
            #expect(first.allSatisfy { $0["author"] == "coordinator-1" && $0["participant"] == "PKU-001" })
            #expect(try await trial.centre("query", "list").list.isEmpty)

            let status = try await trial.centre("status")
            #expect(!status["restoredAt"].text.isEmpty && status["syncedSinceRestore"] == 0)
            let before = try await trial.centre("report", "reconcile")[0]
            #expect(before["digestEqual"] == .null && before["sinceRestore"] == false)
            try await laptop.sync()
            let after = try await trial.centre("report", "reconcile")[0]
            #expect(after["digestEqual"] == true && after["sinceRestore"] == true)
            #expect(after["restoredAt"] == status["restoredAt"])

            let replaced = restored["replaced"].text
            #expect(try await trial.centre("bring-in", replaced)["broughtIn"] == 2)
            #expect(try await trial.centre("query", "list").list.count == 1)
            #expect(try await trial.centre("visit", "show", "PKU-001", "BL")["locked"] == true)
            try await laptop.sync()
            try await expectInStep(trial, [laptop])
        }

        @Test("A restore with --keep-newer loses nothing of a store that verifies")
        func keepNewer() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            try await trial.centre("backup", file(trial))
            try await laptop("participant", "add")
            try await laptop.sync()
            let digest = try await trial.digest()
            let added = try await trial.centre(
                "user", "add", "nurse-9", "--role", "dataEntry", "--site", "PKU")
            let restored = try await restore(trial, "--keep-newer")
            #expect(restored["broughtIn"].int >= 2)
            #expect(try await trial.digest()["digest"] == digest["digest"])
            try await laptop.sync()
            try await laptop.with(user: "nurse-9").with(password: added["password"].text)("status")
            try await expectInStep(trial, [laptop])
        }
    }
}
