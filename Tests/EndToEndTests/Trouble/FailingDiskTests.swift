import Foundation
import Testing

#if os(Linux)
extension Trouble {
    /// Disks that answer with an error of the device, at the centre and on a laptop.
    @Suite(.timeLimit(.minutes(5))) struct FailingDiskTests {
        /// How it is named where nothing could be written, flushed or shortened.
        static let writing: Set<String> = ["disk-failed"]
        /// SQLite takes a page that cannot be read for a damaged one.
        static let reading = writing.union(["store-damaged"])

        private func error(_ reply: Reply, _ part: String) -> String {
            (try? reply.json())?["error", part].text ?? ""
        }

        /// Expects that a command was refused with one of these codes.
        func expectNamed(
            _ reply: Reply, _ codes: Set<String>, at location: SourceLocation = #_sourceLocation
        ) {
            #expect(
                codes.contains(error(reply, "code")), "\(reply.command): \(reply.exit) \(reply.err)",
                sourceLocation: location)
            expectRefusal(reply, error(reply, "code"), at: location)
        }

        /// Expects that a laptop was told that it is the centre's, which knows it by one of these codes.
        func expectNamedOfCentre(
            _ reply: Reply, _ codes: Set<String>, at location: SourceLocation = #_sourceLocation
        ) {
            let words = codes.map { code in
                code == "disk-failed"
                    ? "the centre's disk fails (\(code))"
                    : "the centre could not read or write its own store (\(code))"
            }
            #expect(
                words.contains(error(reply, "message")), "\(reply.command): \(reply.err)",
                sourceLocation: location)
            expectRefusal(reply, "server-failed", at: location)
        }

        /// The weights that the history of a visit has, the oldest first.
        func weights(_ visit: JSONNode) -> [Int] {
            visit["history"].list.map { $0["changes", "VS.weight", "new"].int }
        }

        @Test("A laptop whose disk does not write says so, keeps what it answered, and goes on when it does")
        func laptopWrites() async throws {
            let trial = try await Trial()
            var laptop = try await trial.laptop("ward-1")
            let disk = try await FailingDisk(in: trial.folder)
            laptop.disk = disk
            try await laptop("participant", "add")
            try await laptop.sync()
            var (saved, failed): ([Int], Int) = ([], 0)
            for (index, calls) in [0, 1, 2, 3, 5, 8, 11, 13, 14, 15, 16, 18, 24, 40].enumerated() {
                try disk.fail(.writes, afterCalls: calls)
                let reply = try await laptop.reply([
                    "visit", "edit", "PKU-001", "BL", "VS.weight=\(50 + index)", "--reason", "weighed",
                ])
                try disk.mend()
                if reply.exit == 0 {
                    saved.append(50 + index)
                } else {
                    expectNamed(reply, Self.writing)
                    failed += 1
                }
                // What failed may have come to the disk all the same, whole.
                let waiting = try await laptop("status")["pending"].int
                #expect(saved.count <= waiting && waiting <= index + 1, "after \(calls) calls: \(waiting)")
            }
            #expect(!saved.isEmpty && failed >= 5, "\(saved.count) saved, \(failed) failed")
            try await laptop.sync()
            let history = weights(try await trial.centre("visit", "show", "PKU-001", "BL", "--history"))
            #expect(Set(history).count == history.count && Set(history).isSuperset(of: saved), "\(history)")
            #expect(history == history.sorted(), "each save replaces the one before")
            try await expectInStep(trial, [laptop])
        }

        @Test(
            "A laptop whose disk fails in the middle of a sync, or does not read, is in step when it is well")
        func laptopSyncs() async throws {
            let trial = try await Trial()
            var laptop = try await trial.laptop("ward-1")
            let other = try await trial.laptop("ward-2", user: "nurse-2")
            let disk = try await FailingDisk(in: trial.folder)
            for _ in 1...3 { try await laptop("participant", "add") }
            try await laptop.sync()
            try await other.sync()
            laptop.disk = disk
            var named: Set<String> = []
            var (next, saves) = (0, 3)
            for kind in FailingDisk.Calls.allCases {
                for calls in [0, 3, 10, 40, 120] {
                    // Something to bring, and something to fetch.
                    for one in [laptop, other] {
                        _ = try await one.importing(VisitTable.csv(next..<next + 30, participants: 3)).done()
                        (next, saves) = (next + 30, saves + 30)
                    }
                    try await other.sync()
                    try disk.fail(kind, afterCalls: calls)
                    let reply = try await laptop.reply(["sync"])
                    try disk.mend()
                    if reply.exit != 0 {
                        expectNamed(reply, kind == .reads ? Self.reading : Self.writing)
                        named.insert("\(kind)")
                    }
                    try await laptop.sync()
                    #expect(try await trial.digest()["entries"].int == saves, "\(kind) after \(calls)")
                }
            }
            #expect(named == ["reads", "writes"], "each kind must have hit a sync")
            try await other.sync()
            try await expectInStep(trial, [laptop, other])
        }

        @Test("A centre whose disk does not write says so at the laptop, and goes on without a restart")
        func centreWrites() async throws {
            let (trial, laptop) = try await Trial.withLaptop(participants: 3)
            try await laptop.sync()
            let disk = try await FailingDisk(in: trial.folder)
            try await trial.stop()
            try await trial.serve(disk: disk)
            var (next, saves, failed) = (0, 3, 0)
            for calls in [0, 1, 2, 4, 8, 16, 30, 60, 100] {
                _ = try await laptop.importing(VisitTable.csv(next..<next + 200, participants: 3)).done()
                (next, saves) = (next + 200, saves + 200)
                let before = try await trial.digest()["entries"].int
                try disk.fail(.writes, afterCalls: calls)
                let reply = try await laptop.reply(["sync"])
                try disk.mend()
                if reply.exit != 0 {
                    expectNamedOfCentre(reply, Self.writing)
                    failed += 1
                }
                let (held, waiting) = (
                    try await trial.digest()["entries"].int, try await laptop("status")["pending"].int
                )
                #expect(held >= before && held + waiting >= saves, "\(held) held, \(waiting) waiting")
                if calls.isMultiple(of: 4) { try await laptop.sync() }
            }
            #expect(failed >= 5, "\(failed) syncs failed")
            try await laptop.sync()
            #expect(try trial.running.isRunning)
            let log = try trial.running.errors
            #expect(
                log.contains("code=disk-failed") && !log.contains("code=store-failed"), "\(log.suffix(400))")
            #expect(try await trial.digest()["entries"].int == saves)

            // Whatever the disk had of what failed, a centre that is killed then comes up with it.
            _ = try await laptop.importing(VisitTable.csv(next..<next + 200, participants: 3)).done()
            try disk.fail(.writes, afterCalls: 6)
            expectNamedOfCentre(try await laptop.reply(["sync"]), Self.writing)
            try await trial.stop(SIGKILL)
            try disk.mend()
            try await trial.serve(disk: disk)
            try await laptop.sync()
            #expect(try await trial.digest()["entries"].int == saves + 200)
            try await expectInStep(trial, [laptop])
        }

        /// A laptop with one participant, in step, the centre's daemon ended, and a disk for that one.
        private func atRest(_ trial: Trial) async throws -> (Laptop, FailingDisk) {
            let laptop = try await trial.laptop("ward-1")
            try await laptop("participant", "add")
            try await laptop.sync()
            let disk = try await FailingDisk(in: trial.folder)
            try await trial.stop()
            return (laptop, disk)
        }

        @Test("A centre whose disk does not read says so at the laptop, and goes on without a restart")
        func centreReads() async throws {
            let trial = try await Trial()
            let (laptop, disk) = try await atRest(trial)
            try await trial.serve(disk: disk)
            var failed = 0
            let counts = [0, 1, 2, 3, 5, 8, 12, 20, 40]
            for (index, calls) in counts.enumerated() {
                try await laptop(
                    "visit", "edit", "PKU-001", "BL", "VS.weight=\(50 + index)", "--reason", "weighed")
                try disk.fail(.reads, afterCalls: calls)
                let reply = try await laptop.reply(["sync"])
                if reply.exit != 0 {
                    expectNamedOfCentre(reply, Self.reading)
                    failed += 1
                }
                // The daemon looks whenever another process has written: that fails too, and is not the end.
                try disk.fail(.reads, afterCalls: 0)
                try await trial.centre("site", "add", "SX\(index)", "Made-up")
                try await within(seconds: 20, "a read that fails") {
                    while try disk.failures == 0 { await Task.yield() }
                }
                try disk.mend()
                try await laptop.sync()
            }
            #expect(failed >= 1, "\(failed) syncs failed")
            #expect(try trial.running.isRunning)
            let history = weights(try await trial.centre("visit", "show", "PKU-001", "BL", "--history"))
            #expect(history == counts.indices.map { 50 + $0 })

            // Who listens hears of what comes after all that.
            let watching = try laptop.start(["sync", "--watch"], isFollowed: true)
            try await within(seconds: 60, "a new site's name on the laptop") {
                var lines = watching.lines.makeAsyncIterator()
                _ = await lines.next()
                try await trial.centre("site", "add", "NEW", "Made-up")
                guard await lines.next() != nil else { throw Failure("it ended: \(watching.errors)") }
            }
            await watching.end(SIGTERM)
            try await expectInStep(trial, [laptop])
        }

        @Test("A centre whose disk fails does not start, says why, and starts when it is well")
        func start() async throws {
            let trial = try await Trial()
            let (laptop, disk) = try await atRest(trial)
            for kind in FailingDisk.Calls.allCases {
                for calls in [0, 1, 2] {
                    try disk.fail(kind, afterCalls: calls)
                    let daemon = try trial.run(
                        Program.trialsyncd.url(), ["serve", "--listen", "127.0.0.1:0", "--json"],
                        environment: trial.environment().merging(disk.environment) { $1 })
                    let reply = try await within(seconds: 60, "its end") { await daemon.reply() }
                    expectNamed(reply, kind == .reads ? Self.reading : Self.writing)
                    try disk.mend()
                }
            }
            try await trial.serve(disk: disk)
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            #expect(try await laptop.sync()["pushed"] == 1)
            try await expectInStep(trial, [laptop])
        }
    }
}
#endif
