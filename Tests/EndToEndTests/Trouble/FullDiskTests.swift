import Foundation
import Testing

extension Trouble {
    /// Disks that are full, and disks that cannot be written.
    @Suite(
        .timeLimit(.minutes(5)),
        .enabled(if: SmallDisk.isPossible, "only root can mount a small disk, on Linux"))
    struct FullDiskTests {
        /// Enough for the programs to start, too little for a page of visits.
        private static let littleBytes = 200 << 10

        /// A centre on a disk of its own.
        private func trial(mebibytes: Int) async throws -> (Trial, SmallDisk) {
            let trial = try Trial(emptyIn: ())
            let disk = try SmallDisk(at: trial.data, mebibytes: mebibytes)
            let template = try await TrialTemplate.shared.data()
            for name in try FileManager.default.contentsOfDirectory(atPath: template.path) {
                try FileManager.default.copyItem(
                    at: template.appending(path: name), to: trial.data.appending(path: name))
            }
            try await trial.serve()
            return (trial, disk)
        }

        @Test(
            "A full disk at the centre is named on both sides, loses nothing, and goes by when there is room")
        func centre() async throws {
            let (trial, disk) = try await trial(mebibytes: 16)
            let laptop = try await trial.laptop("ward-1")
            for _ in 1...3 { try await laptop("participant", "add") }
            try await laptop.sync()
            let acknowledged = try await trial.digest()
            _ = try await laptop.importing(VisitTable.csv(0..<600, participants: 3)).done()
            for left in [Self.littleBytes, 0] {
                try disk.fill(leaving: left)
                try await laptop.refuses("centre-disk-full", "sync")
                #expect(try await laptop("status")["pending"].int == 600)
                #expect(try await trial.digest() == acknowledged)
                try disk.makeRoom()
            }
            #expect(try trial.running.errors.contains("code=centre-disk-full"))
            #expect(try await laptop.sync()["pushed"].int == 600, "the daemon goes on without a restart")
            try disk.fill()
            try await trial.stop(SIGKILL)
            try disk.makeRoom()
            try await trial.serve()
            try await expectInStep(trial, [laptop])
        }

        @Test("A backup and an export that find no room say so and leave nothing behind")
        func backup() async throws {
            let (trial, disk) = try await trial(mebibytes: 16)
            try disk.fill(leaving: Self.littleBytes)
            let before = try FileManager.default.contentsOfDirectory(atPath: trial.data.path).sorted()
            let target = trial.data.appending(path: "centre.backup").path
            try await trial.refuses("disk-full", "backup", target)
            #expect(try FileManager.default.contentsOfDirectory(atPath: trial.data.path).sorted() == before)
            try disk.makeRoom()
            try await trial.centre("backup", target)
        }

        @Test("A full disk on a laptop is named, keeps what was saved, and goes by when there is room")
        func laptop() async throws {
            let trial = try await Trial()
            let disk = try SmallDisk(at: trial.folder.appending(path: "ward-1"), mebibytes: 16)
            let laptop = try await trial.laptop("ward-1")
            for _ in 1...3 { try await laptop("participant", "add") }
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            let file = trial.folder.appending(path: "visits.csv")
            try Data(VisitTable.csv(0..<600, participants: 3).utf8).write(to: file)
            for left in [Self.littleBytes, 0] {
                try disk.fill(leaving: left)
                try await laptop.refuses("disk-full", "import", file.path)
                try disk.makeRoom()
                #expect(try await laptop("status")["pending"].int == 4)
            }
            try disk.fill()
            try await laptop.refuses("disk-full", "visit", "show", "PKU-001", "BL")
            try disk.makeRoom()

            // What another laptop brought does not fit either.
            let other = try await trial.laptop("ward-2", user: "nurse-2")
            try await laptop.sync()
            try await other.sync()
            _ = try await other.importing(VisitTable.csv(0..<600, participants: 3)).done()
            try await other.sync()
            try disk.fill(leaving: Self.littleBytes)
            try await laptop.refuses("disk-full", "sync")
            try disk.makeRoom()
            try await laptop.sync()
            try await expectInStep(trial, [laptop, other])
        }

        @Test("A disk that cannot be written is named, and nothing is lost when it can be again")
        func readOnly() async throws {
            let (trial, disk) = try await trial(mebibytes: 16)
            let laptopDisk = try SmallDisk(at: trial.folder.appending(path: "ward-1"), mebibytes: 16)
            let laptop = try await trial.laptop("ward-1")
            try await laptop("participant", "add")
            try laptopDisk.set(readOnly: true)
            for command in [["status"], ["sync"], ["visit", "edit", "PKU-001", "BL", "VS.weight=70"]] {
                expectRefusal(try await laptop.reply(command), "store-read-only")
            }
            try laptopDisk.set(readOnly: false)
            #expect(try await laptop("status")["pending"].int == 1)
            try await trial.stop()
            try disk.set(readOnly: true)
            for command in [["serve", "--listen", "127.0.0.1:0"], ["site", "add", "NEW", "Made-up"]] {
                expectRefusal(await (try trial.start(command)).reply(), "store-read-only")
            }
            try disk.set(readOnly: false)
            try await trial.serve()
            try await laptop.sync()
            try await expectInStep(trial, [laptop])
        }
    }
}
