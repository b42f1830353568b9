import Foundation
import Testing

/// The page's ways back that are more than a restore, and its ways to a new password.
extension Trust.RunbookTests {
    @Test("A backup makes the centre on a new machine, where what was ended since is ended again")
    func newMachine() async throws {
        let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
        let gone = try await trial.laptop("ward-4")
        try await Runbook(name: "backup", trial: trial).run(at: "centre")
        try await trial.centre("device", "revoke", "ward-4")
        try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
        for laptop in [first, second] { try await laptop.sync() }
        try await trial.stop()
        try FileManager.default.moveItem(at: trial.data, to: trial.folder.appending(path: "burnt"))
        // As an installation leaves it.
        try FileManager.default.createDirectory(at: trial.data, withIntermediateDirectories: false)
        try trial.own(trial.data)

        let machine = Runbook(name: "new-machine", trial: trial)
        let printed = try await machine.run(at: "centre")
        #expect(printed.contains("whose access was ended since the backup is not known"), "\(printed)")
        #expect(printed.contains("ward-4") && printed.contains("nurse-3"), "\(printed)")
        #expect(try await machine.run(at: "centre-before").contains("0 problems"))
        try await gone.refuses("device-revoked", "sync")
        let restore = Runbook(name: "restore", trial: trial)
        for laptop in [first, second] { try await restore.run(at: "laptop", laptop: laptop) }
        #expect(try await machine.run(at: "centre-whole").contains("0 problems"))
        let backups = try FileManager.default.contentsOfDirectory(
            atPath: trial.folder.appending(path: "backup").path)
        #expect(backups.contains { $0.hasSuffix("-new.backup") })
        let items = try await trial.centre("visit", "show", "PKU-001", "W12")["items"]
        #expect(items["VS.weight", "value"] == 72)
        for laptop in [first, second] { try await laptop.sync() }
        try await expectInStep(trial, [first, second])
    }

    @Test("Every command of the page's blocks says as whom it runs, and no file is left to root")
    func accounts() throws {
        let known = [
            "sudo -u trialsync trialsyncd ", "sudo -u trialsync litestream ", "systemctl stop trialsyncd",
            "systemctl start trialsyncd", "systemctl enable --now litestream",
        ]
        for block in try Runbook.blocks() {
            for line in block.text.split(separator: "\n") {
                let rest = known.reduce(String(line)) { $0.replacingOccurrences(of: $1, with: "") }
                let isPlain = !["trialsyncd", "litestream ", "sudo", "mkdir"].contains { rest.contains($0) }
                #expect(isPlain, "\(block.name) at \(block.place): \(line)")
                let isOwned = !line.contains("install ") || line.contains(" -o trialsync -g trialsync ")
                #expect(isOwned, "\(block.name) at \(block.place): \(line)")
            }
        }
    }

    @Test("Pasted into a shell, a bad backup replaces nothing, and without a restore nothing is undone")
    func nothingReplaced() async throws {
        let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
        let backup = trial.folder.appending(path: "backup")
        try FileManager.default.createDirectory(at: backup, withIntermediateDirectories: true)
        try Data("no backup".utf8).write(to: backup.appending(path: "centre-2026-01-01.backup"))
        let (daemon, epoch) = (try trial.running, trial.data.appending(path: "epoch"))
        let before = try Data(contentsOf: epoch)
        for (name, says) in [("restore", "error: store-foreign"), ("undo", "replaced-*")] {
            let failure = await #expect(throws: Failure.self, "\(name) must say that it failed") {
                try await Runbook(name: name, trial: trial).run(at: "centre", isPasted: true)
            }
            #expect(failure?.description.contains(says) == true, "\(failure?.description ?? "")")
            #expect(daemon.isRunning, "\(name)")
        }
        #expect(try Data(contentsOf: epoch) == before)
        let names = try FileManager.default.contentsOfDirectory(atPath: trial.data.path)
        #expect(names.contains("centre.db") && !names.contains { $0.hasPrefix("replaced-") })
        try await expectInStep(trial, [first, second])
    }

    @Test("Pasted into a shell, nothing is put in place of a store whose daemon does not stop")
    func notStopped() async throws {
        let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
        for name in ["backup", "restore"] { try await Runbook(name: name, trial: trial).run(at: "centre") }
        try await keepOldFile(trial)
        for laptop in [first, second, first] { try await laptop.sync() }
        func names(_ folder: URL) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        }
        let (daemon, before) = (try trial.running, try names(trial.data))
        let blocks = try Runbook.blocks().filter { $0.text.contains("systemctl stop") }
        #expect(blocks.map { $0.name } == ["restore", "keep-newer", "undo", "old-file", "replica"])
        for block in blocks {
            let failure = await #expect(throws: Failure.self, "\(block.name) must say that it failed") {
                try await Runbook(name: block.name, trial: trial, isObeyed: false)
                    .run(at: block.place, isPasted: true)
            }
            #expect(
                failure?.description.contains("Access denied") == true, "\(failure?.description ?? "")")
            #expect(daemon.isRunning, "\(block.name)")
            #expect(try names(trial.data) == before, "\(block.name)")
        }
        try await expectInStep(trial, [first, second])
    }

    @Test("Pasted into a shell, a stick that cannot be written leaves the old store where it is")
    func notRebuilt() async throws {
        let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
        try FileManager.default.createDirectory(
            at: trial.folder.appending(path: "stick/rescue.bundle"), withIntermediateDirectories: true)
        let link = try await trial.link(site: "PKU")
        for name in ["rebuild", "rescue"] {
            let failure = await #expect(throws: Failure.self, "\(name) must say that it failed") {
                try await Runbook(name: name, trial: trial)
                    .run(at: "laptop", laptop: first, isPasted: true, ["LINK": link])
            }
            #expect(
                failure?.description.contains("error: already-exists") == true,
                "\(failure?.description ?? "")")
            for kept in ["-old", "-damaged"] {
                #expect(!FileManager.default.fileExists(atPath: first.store.path + kept), "\(name)")
            }
        }
        try await first.sync()
        try await expectInStep(trial, [first, second])
    }

    /// A trial with a backup, after which the centre wrote what no laptop got.
    private func beginWithNewer() async throws -> (Trial, [Laptop]) {
        let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
        try await Runbook(name: "backup", trial: trial).run(at: "centre")
        try await trial.centre(
            "query", "raise", "PKU-001", "BL", "VS.weight", "really?", user: "coordinator-1")
        return (trial, [first, second])
    }

    @Test("A restore that keeps what is newer brings in what only the replaced store holds")
    func keepNewer() async throws {
        let (trial, laptops) = try await beginWithNewer()
        let printed = try await Runbook(name: "keep-newer", trial: trial).run(at: "centre")
        #expect(printed.contains("brought in 1 ") && printed.contains("0 problems"), "\(printed)")
        #expect(try await trial.centre("query", "list").list.count == 1)
        for laptop in laptops { try await laptop.sync() }
        try await expectInStep(trial, laptops)
    }

    @Test("What a restore replaced is brought in afterwards, while the daemon runs")
    func bringIn() async throws {
        let (trial, laptops) = try await beginWithNewer()
        let restored = try await Runbook(name: "restore", trial: trial).run(at: "centre")
        #expect(restored.contains("1 entry that the centre itself wrote after the backup"), "\(restored)")
        #expect(try await trial.centre("query", "list").list.isEmpty)
        let printed = try await Runbook(name: "bring-in", trial: trial).run(at: "centre")
        #expect(printed.contains("brought in 1 entry") && printed.contains("0 problems"), "\(printed)")
        #expect(try await trial.centre("query", "list").list.count == 1)
        for laptop in laptops { try await laptop.sync() }
        try await expectInStep(trial, laptops)
    }

    @Test("An entry that an old file lacks and no laptop has is acknowledged as lost, with a reason")
    func acknowledged() async throws {
        let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
        let gone = try await trial.laptop("ward-4")
        try await keepOldFile(trial)
        // The centre's own entry, which no laptop gets.
        try await trial.centre("device", "revoke", "ward-4")
        let old = Runbook(name: "old-file", trial: trial)
        try await old.run(at: "centre")
        for laptop in [first, second] { try await old.run(at: "laptop", laptop: laptop) }
        let found = try await trial.reply("verify").json()["problems"].list
        #expect(found.map { $0["code"] } == ["store-rolled-back"])

        try await acknowledge(try #require(found.first)["where"].text, in: trial)
        try await gone.refuses("device-revoked", "sync")
        for laptop in [first, second] { try await laptop.sync() }
        try await expectInStep(trial, [first, second])
    }

    /// Somebody says that an entry is lost, which was the last that `verify` named.
    func acknowledge(_ entry: String, in trial: Trial) async throws {
        let person = [
            "PERSON": "admin-1", "TRIALSYNC_PASSWORD": Trial.password("admin-1"), "ENTRY": entry,
        ]
        let printed = try await Runbook(name: "acknowledge", trial: trial).run(at: "centre", person)
        #expect(printed.contains("0 problems"), "\(printed)")
    }

    /// The password that a command printed.
    private func password(in printed: String) throws -> String {
        let label = "password (shown once): "
        let line = try #require(printed.split(separator: "\n").first { $0.hasPrefix(label) })
        return String(line.dropFirst(label.count))
    }

    @Test("Who forgot the password works on with a new one, and what waited is sent")
    func resetPassword() async throws {
        let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
        try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
        let printed = try await Runbook(name: "reset-password", trial: trial).run(at: "centre")
        let renewed = first.with(password: try password(in: printed))
        #expect(try await renewed.sync()["pushed"] == 1)
        try await first.refuses("wrong-password", "status")
        try await second.sync()
        try await expectInStep(trial, [renewed, second])
    }

    @Test("A laptop without a connection takes a new password from a file")
    func resetOffline() async throws {
        let (trial, first, second) = try await Trial.inStep(isOfAnother: true)
        try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
        try await trial.stop()
        let reset = Runbook(name: "reset-offline", trial: trial)
        let word = try password(in: try await reset.run(at: "centre"))
        let told = try await reset.run(at: "laptop", laptop: first, ["TRIALSYNC_PASSWORD": word])
        #expect(told.contains("1 save not yet at the centre"), "\(told)")
        try await trial.serve()
        let renewed = first.with(password: word)
        #expect(try await renewed.sync()["pushed"] == 1)
        try await second.sync()
        try await expectInStep(trial, [renewed, second])
    }
}
