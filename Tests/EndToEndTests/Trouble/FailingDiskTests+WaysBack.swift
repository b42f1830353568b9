import Foundation
import Testing

#if os(Linux)
/// The ways that the page names for a disk that answers with errors: onto another disk, which is well.
extension Trouble.FailingDiskTests {
    private func path(_ trial: Trial, _ name: String) -> String { trial.folder.appending(path: name).path }

    /// What lies beside the stores and begins so.
    private func left(_ trial: Trial, _ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: trial.folder.path).filter { $0.hasPrefix(name) }
    }

    // MARK: A laptop's

    @Test("While a laptop's disk does not write, what was not sent leaves it, and the centre takes it")
    func rescueWhileWritesFail() async throws {
        let (trial, first) = try await Trial.withLaptop()
        try await first.sync()
        var laptop = first
        let disk = try await FailingDisk(in: trial.folder, only: laptop.store)
        laptop.disk = disk
        var saved: [Int] = []
        let counts = [1_000, 13, 14, 15, 16, 18, 24, 40]
        for (index, calls) in counts.enumerated() {
            try disk.fail(.writes, afterCalls: calls)
            let weight = "VS.weight=\(50 + index)"
            let reply = try await laptop.reply([
                "visit", "edit", "PKU-001", "BL", weight, "--reason", "weighed",
            ])
            if reply.exit == 0 { saved.append(50 + index) } else { expectNamed(reply, Self.writing) }
        }
        try disk.fail(.writes, afterCalls: 0)
        let refused = try await laptop.reply([
            "visit", "edit", "PKU-001", "BL", "VS.weight=90", "--reason", "weighed",
        ])
        if refused.exit == 0 {
            saved.append(90)
        } else {
            expectNamed(refused, Self.writing)
            #expect(refused.err.contains("--rescue"), "\(refused.err)")
        }

        let brought = try await laptop("bundle", "export", path(trial, "rescued"), "--rescue")
        let own = brought["own"].int
        #expect(!saved.isEmpty && saved.count <= own && own <= counts.count + 1, "\(saved) \(brought)")
        #expect(brought["unreadable"] == 0 && brought["unreadBlocks"] == 0, "\(brought)")
        #expect(try left(trial, "rescued") == ["rescued"], "the copy is gone")
        #expect(try await trial.centre("bundle", "import", path(trial, "rescued"))["pulled"].int == own)
        let history = weights(try await trial.centre("visit", "show", "PKU-001", "BL", "--history"))
        #expect(history.count == own && Set(history).isSuperset(of: saved), "\(history), saved \(saved)")
        try disk.mend()
        try await laptop.sync()
        try await expectInStep(trial, [laptop])
    }

    @Test("A watcher does not call a centre out of touch that answers, and cannot take anything")
    func watched() async throws {
        let (trial, laptop) = try await Trial.withLaptop()
        try await laptop.sync()
        try await trial.stop()
        let disk = try await FailingDisk(in: trial.folder)
        try await trial.serve(disk: disk)
        let watching = try laptop.start(["sync", "--watch"], isFollowed: true)
        _ = try await within(seconds: 60, "the first sync") {
            for await line in watching.lines { return line }
            throw Failure("the watcher ended")
        }
        try disk.fail(.writes, afterCalls: 0)
        try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
        try await within(seconds: 60, "word of it") {
            while !watching.errors.contains("the centre cannot take anything now: ") {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
        #expect(!watching.errors.contains("not in touch"), "\(watching.errors)")
        try disk.mend()
        await watching.end(SIGKILL)
        try await laptop.sync()
        try await expectInStep(trial, [laptop])
    }

    @Test("A stick that fails is not taken for the laptop's own disk")
    func failingStick() async throws {
        let (trial, first) = try await Trial.withLaptop()
        // The disk fails for files of such names, and a folder is one.
        let media = trial.folder.appending(path: "media")
        let stick = media.appending(path: "stick.db")
        try FileManager.default.createDirectory(at: stick, withIntermediateDirectories: true)
        var laptop = first
        let disk = try await FailingDisk(in: trial.folder, only: media)
        laptop.disk = disk
        try disk.fail(.writes, afterCalls: 0)
        let reply = try await laptop.reply(["bundle", "export", stick.appending(path: "a.bundle").path])
        #expect(try disk.failures > 0)
        expectRefusal(reply, "disk-failed")
        #expect(reply.err.contains("stick.db") && !reply.err.contains("--rescue"), "\(reply.err)")
        try disk.mend()
        try await laptop("bundle", "export", path(trial, "sound.bundle"))
    }

    @Test("Of a laptop's disk that stops reading somewhere, a rescue says what it did not give")
    func rescueWhileReadsFail() async throws {
        let (trial, first) = try await Trial.withLaptop()
        try await first.sync()
        let saves = 60
        _ = try await first.importing(VisitTable.csv(0..<saves, participants: 1)).done()
        var laptop = first
        let disk = try await FailingDisk(in: trial.folder, only: laptop.store)
        laptop.disk = disk
        let file = try Data(contentsOf: laptop.store.appending(path: "store.db"))
        let blocks = file.count / 4_096
        for calls in [0, 1, blocks / 4, blocks / 2, blocks - 1, blocks] {
            let name = "rescued-\(calls).bundle"
            try disk.fail(.reads, afterCalls: calls)
            let reply = try await laptop.reply(["bundle", "export", path(trial, name), "--rescue"])
            let failures = try disk.failures
            try disk.mend()
            #expect((failures > 0) == (calls < blocks), "\(calls) of \(blocks)")
            if reply.exit == 1 {
                expectNamed(reply, Self.writing)
                #expect(reply.err.contains("did not give"), "\(reply.err)")
                #expect(calls < blocks - 1, "all but one block were given")
                #expect(try left(trial, name).isEmpty)
                continue
            }
            let (own, unread) = (try reply.json()["own"].int, try reply.json()["unreadBlocks"].int)
            #expect(reply.exit == (calls < blocks ? 4 : 0), "\(reply.out) \(reply.err)")
            #expect((unread > 0) == (calls < blocks), "\(reply.out)")
            #expect(calls < blocks ? own <= saves : own == saves, "\(reply.out)")
            #expect(try left(trial, name) == [name], "the copy is gone")
        }
        // All but one block: nearly all of it comes out, and what came is taken.
        let most = path(trial, "rescued-\(blocks - 1).bundle")
        #expect(try await trial.centre("bundle", "import", most)["pulled"].int > saves / 2)
        #expect(try Data(contentsOf: laptop.store.appending(path: "store.db")) == file, "it was left alone")
        try await laptop.sync()
        try await expectInStep(trial, [laptop])
    }

    // MARK: The centre's

    /// A trial with a laptop in step, whose centre lies on a disk that every program has.
    private func onDisk() async throws -> (trial: Trial, laptop: Laptop, disk: FailingDisk) {
        let (trial, laptop) = try await Trial.withLaptop(participants: 3)
        try await laptop.sync()
        let disk = try await FailingDisk(in: trial.folder, only: trial.data)
        trial.setEverywhere(disk.environment)
        try await trial.stop()
        return (trial, laptop, disk)
    }

    @Test("While the centre's disk does not write, a backup on another is whole, and all goes on from it")
    func backupWhileWritesFail() async throws {
        let (trial, laptop, disk) = try await onDisk()
        try await trial.serve()
        try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
        try await laptop.sync()
        try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "weighed")
        try disk.fail(.writes, afterCalls: 0)
        expectNamedOfCentre(try await laptop.reply(["sync"]), Self.writing)
        let backup = path(trial, "centre.backup")
        #expect(try await trial.centre("backup", backup)["problems"] == 0)
        #expect(try await trial.centre("verify")["problems"].list.isEmpty)
        #expect(try left(trial, "centre.backup") == ["centre.backup"])
        try await trial.stop(SIGKILL)

        // The disk is replaced.
        try FileManager.default.moveItem(at: trial.data, to: trial.folder.appending(path: "failed"))
        try disk.mend()
        try await trial.centre("restore", backup)
        try await trial.serve()
        try await laptop.sync()
        let history = weights(try await trial.centre("visit", "show", "PKU-001", "BL", "--history"))
        #expect(history == [70, 71])
        try await expectInStep(trial, [laptop])
    }

    @Test(
        "A backup from a disk that fails at some moment is whole, or it is said why there is none",
        arguments: FailingDisk.Calls.allCases)
    func backupAtAnyMoment(kind: FailingDisk.Calls) async throws {
        let (trial, laptop, disk) = try await onDisk()
        var (whole, refused) = (0, 0)
        for calls in [0, 1, 2, 5, 20, 60, 150, 1_000_000] {
            let name = "centre-\(calls).backup"
            try disk.fail(kind, afterCalls: calls)
            let reply = try await trial.reply("backup", path(trial, name))
            try disk.mend()
            if reply.exit == 0 {
                whole += 1
                #expect(try reply.json()["problems"] == 0)
                let dry = try await trial.centre("restore", "--dry-run", path(trial, name))
                #expect(dry["problems"] == 0, "after \(calls) \(kind)")
            } else {
                refused += 1
                expectNamed(reply, kind == .reads ? Self.reading : Self.writing)
                #expect(try left(trial, name).isEmpty, "after \(calls) \(kind)")
            }
        }
        #expect(whole > 0 && refused > 0, "\(whole) whole, \(refused) refused")
        try await trial.serve()
        try await laptop.sync()
        try await expectInStep(trial, [laptop])
    }
}
#endif
