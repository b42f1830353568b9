import Foundation
import GRDB
import Testing

extension Trouble {
    /// What a laptop says of where the data is, in the worst moments too: at the centre is what has a
    /// receipt, and nothing else.
    @Suite(.timeLimit(.minutes(5))) struct TruthfulTests {
        /// What a command prints for a person.
        private func said(_ laptop: Laptop, _ arguments: String..., exit: Int32 = 0) async throws -> String {
            let running = try laptop.trial.run(
                Program.trialsync.url(), arguments + ["--user", laptop.user],
                environment: laptop.trial.environment(user: laptop.user, store: laptop.store))
            let reply = await running.reply()
            #expect(reply.exit == exit, "\(reply.command): \(reply.out) \(reply.err)")
            return reply.out
        }

        private func path(_ trial: Trial, _ name: String) -> String {
            trial.folder.appending(path: name).path
        }

        @Test("What another laptop's bundle brought is not called safe before the centre has it")
        func carried() async throws {
            let (trial, first, second) = try await Trial.inStep()
            #expect(try await said(second, "status").contains("safe at the centre since"))
            try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
            try await first("visit", "edit", "PKU-001", "W12", "PGA.vas=40")
            try await first("bundle", "export", path(trial, "passed"))
            try await second("bundle", "import", path(trial, "passed"))
            let status = try await second("status")
            #expect(status["carried"] == 2 && status["pending"] == 0 && status["inStep"] == false)
            #expect(status["safeSince"] == .null)
            let text = try await said(second, "status")
            #expect(text.contains("2 saves of other laptops carried here, not yet at the centre"), "\(text)")
            #expect(!text.contains("safe at the centre"), "\(text)")

            let synced = try await second.sync()
            #expect(synced["passedOn"] == 2 && synced["pushed"] == 0 && synced["broughtBack"] == 0)
            let after = try await second("status")
            #expect(after["carried"] == 0 && after["inStep"] == true)
            #expect(try await said(second, "status").contains("safe at the centre since"))
            #expect(try await said(first, "status").contains("2 saves not yet at the centre"))
            try await first.sync()
            try await expectInStep(trial, [first, second])
        }

        @Test("A sync after a restore says what it brought back, and since when all is safe again")
        func broughtBack() async throws {
            let (trial, first, second) = try await Trial.inStep()
            try await trial.centre("backup", path(trial, "backup"))
            try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
            for laptop in [first, second] { try await laptop.sync() }
            try await trial.stop()
            try await trial.centre("restore", path(trial, "backup"))
            try await trial.serve()
            let text = try await said(first, "sync")
            #expect(text.contains("brought back 1 entry that the centre lacked"), "\(text)")
            #expect(text.contains("in step") && !text.contains("not in step"), "\(text)")
            #expect(try await second.sync()["broughtBack"] == 0, "the centre has it already")
            try await expectInStep(trial, [first, second])
        }

        @Test(
            "A laptop whose access was ended is not told that it is safe since a moment before its last save")
        func revoked() async throws {
            let (trial, first, _) = try await Trial.inStep()
            try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
            try await trial.centre("device", "revoke", "ward-1")
            try await first.refuses("device-revoked", "sync")
            let status = try await first("status")
            #expect(status["stoppedBy"] == "device-revoked" && status["inStep"] == false)
            #expect(status["pending"] == 0 && status["quarantined"] == 1)
            let text = try await said(first, "status")
            #expect(!text.contains("safe at the centre"), "\(text)")
            #expect(text.contains("access was ended") && text.contains("ask the coordinator"), "\(text)")
            try await trial.centre("device", "readmit", "ward-1")
            try await first.sync()
            #expect(try await first("status")["stoppedBy"] == .null)
        }

        @Test("A store that was put back says how many saves are missing in it, and calls nothing safe")
        func putBack() async throws {
            let first = try await Trial.inStep().1
            let image = try StoreImage(of: first)
            try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
            try image.restoreInPlace(marker: false)
            for command in ["status", "sync", "status"] {
                let text = try await said(first, command)
                #expect(text.contains("1 save made on this laptop is missing in its store"), "\(text)")
                #expect(!text.contains("safe at the centre"), "\(text)")
            }
            #expect(try await said(first, "status").contains("--acknowledge JOURNAL/N"))
        }

        @Test("An enrolment that is killed leaves nothing that bars the next one", arguments: ["", "-wal"])
        func killedEnrolment(end: String) async throws {
            let trial = try await Trial()
            for attempt in 1...5 {
                let laptop = Laptop(trial: trial, name: "ward-\(attempt)", user: "nurse-1")
                let link = try await trial.link(site: "PKU")
                let running = try laptop.start(["enroll", link, "--name", laptop.name])
                // If it was done before the kill came, that comes with the first file, and without a pause.
                let file = laptop.store.appending(path: "store.db" + (attempt < 3 ? end : "")).path
                try await within(seconds: 60, "the file \(end)") {
                    while running.isRunning, !FileManager.default.fileExists(atPath: file) {
                        try Task.checkCancellation()
                        if attempt == 1 { try await Task.sleep(for: .microseconds(200)) }
                        await Task.yield()
                    }
                }
                await running.end()
                let status = try await laptop.reply(["status"])
                if status.exit != 0 { return try await expectUnfinished(laptop, link, status) }
            }
            throw Failure("five enrolments were done before they were killed")
        }

        /// The link is used up, and another enrols the same laptop.
        private func expectUnfinished(_ laptop: Laptop, _ link: String, _ status: Reply) async throws {
            let trial = laptop.trial
            expectRefusal(status, "not-enrolled")
            #expect(status.err.contains("the enrolment was not finished; nothing was saved here"))
            expectRefusal(try await laptop.reply(["enroll", link, "--name", laptop.name]), "link-used")
            try await laptop("enroll", try await trial.link(site: "PKU"), "--name", laptop.name)
            let left = try FileManager.default.contentsOfDirectory(atPath: laptop.store.path)
            #expect(left.contains { $0.hasPrefix("unfinished-") }, "\(left)")
            try await laptop("participant", "add")
            try await laptop.sync()
            try await expectInStep(trial, [laptop])
        }

        @Test("An empty file in a store's place is the rest of an enrolment, and is moved aside")
        func emptyStore() async throws {
            let trial = try await Trial()
            let laptop = Laptop(trial: trial, name: "ward-1", user: "nurse-1")
            try FileManager.default.createDirectory(at: laptop.store, withIntermediateDirectories: true)
            try Data().write(to: laptop.store.appending(path: "store.db"))
            try await laptop.refuses("not-enrolled", "status")
            try await laptop("enroll", try await trial.link(site: "PKU"), "--name", "ward-1")
            try await laptop("status")
        }

        // MARK: Stores that do not open

        @Test("Of a damaged store the saves that can be read reach the centre, and the rest is counted")
        func rescue() async throws {
            let (trial, first, second) = try await Trial.inStep()
            _ = try await first.importing(VisitTable.csv(0..<60, participants: 1)).done()
            let aSave = "SELECT body FROM pending ORDER BY n LIMIT 1 OFFSET 30"
            let damaged = try StoreImage.spoil(first, pageOf: aSave)
            let refused = try await first.reply(["status"])
            expectRefusal(refused, "store-damaged")
            #expect(refused.err.contains("--rescue"), "\(refused.err)")

            let reply = try await first.reply(["bundle", "export", path(trial, "rescued"), "--rescue"])
            #expect(reply.exit == 4, "\(reply.out) \(reply.err)")
            let answer = try reply.json()
            let (own, unreadable) = (answer["own"].int, answer["unreadable"].int)
            #expect(own + unreadable == 60 && own > 30 && unreadable > 0, "\(reply.out)")
            #expect(try Data(contentsOf: first.store.appending(path: "store.db")) == damaged)
            let beside = try FileManager.default.contentsOfDirectory(atPath: trial.folder.path)
            #expect(!beside.contains { $0.hasPrefix("rescued.") }, "the copy is gone: \(beside)")

            try await second("bundle", "import", path(trial, "rescued"))
            #expect(try await second("status")["carried"].int == own)
            #expect(try await second.sync()["passedOn"].int == own)
            #expect(try await trial.digest()["entries"].int == 2 + own)
            #expect(try await trial.centre("bundle", "import", path(trial, "rescued"))["pulled"] == 0)
            try await expectInStep(trial, [second])
        }

        @Test(
            "Saves leave a laptop whose disk is full or cannot be written",
            .enabled(if: SmallDisk.isPossible, "only root can mount a small disk, on Linux"))
        func disk() async throws {
            let trial = try await Trial()
            let disk = try SmallDisk(at: trial.folder.appending(path: "ward-1"), mebibytes: 16)
            let laptop = try await trial.laptop("ward-1")
            try await laptop("participant", "add")
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try disk.fill()
            let full = try await laptop("bundle", "export", path(trial, "full"), "--rescue")
            #expect(full["own"] == 2 && full["unreadable"] == 0)
            try disk.makeRoom()
            try disk.set(readOnly: true)
            let barred = try await laptop("bundle", "export", path(trial, "barred"), "--rescue")
            #expect(barred["own"] == 2 && barred["unreadable"] == 0)
            let brought = try await trial.centre("bundle", "import", path(trial, "barred"))
            #expect(brought["pulled"] == 2)
            try disk.set(readOnly: false)
            try await laptop.sync()
            try await expectInStep(trial, [laptop])
        }

        @Test("Where a row does not open its place is named, and what was not sent comes out all the same")
        func rowThatDoesNotOpen() async throws {
            let (trial, first, second) = try await Trial.inStep()
            try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
            let queue = try DatabaseQueue(path: first.store.appending(path: "store.db").path)
            try await queue.write { db in try db.execute(sql: "UPDATE record SET state = x'FF'") }
            try queue.close()
            let refused = try await first.reply(["status"])
            expectRefusal(refused, "seal-broken")
            #expect(refused.err.contains("names the place") && refused.err.contains("--rescue"))
            let found = try await first.reply(["verify"])
            #expect(found.exit == 1)
            let problems = try found.json()["problems"].list
            #expect(
                problems.contains { $0["code"] == "seal-broken" && $0["where"].text.hasPrefix("record ") })
            let rescued = try await first("bundle", "export", path(trial, "rescued"), "--rescue")
            #expect(rescued["own"] == 1 && rescued["unreadable"] == 0)
            try await second("bundle", "import", path(trial, "rescued"))
            #expect(try await second.sync()["passedOn"] == 1)
            try await expectInStep(trial, [second])
        }

        @Test("Rows that do not open are mended though the store does not open for them")
        func rowsMended() async throws {
            let (trial, first, second) = try await Trial.inStep()
            try await first("visit", "edit", "PKU-001", "W12", "VS.weight=72")
            let queue = try DatabaseQueue(path: first.store.appending(path: "store.db").path)
            try await queue.write { db in try db.execute(sql: "UPDATE record SET state = x'FF'") }
            try queue.close()
            expectRefusal(try await first.reply(["status"]), "seal-broken")
            let refused = try await first.reply(["verify", "--acknowledge", "09ab/4", "--reason", "disk"])
            expectRefusal(refused, "seal-broken")
            #expect(refused.err.contains("without --acknowledge"))
            let mended = try await first("verify", "--repair")
            #expect(mended["problems"].list.isEmpty && !mended["rebuilt"].list.isEmpty)
            #expect(try await first("status")["pending"] == 1)
            try await first.sync()
            try await second.sync()
            try await expectInStep(trial, [first, second])
        }

        // MARK: What else is said

        @Test("A file that is wrong on every line is told by its first lines; the document has all")
        func longImport() async throws {
            let (trial, first, _) = try await Trial.inStep()
            let csv = "participant,event,VS.weight\n" + (1...80).map { "PKU-9\($0),BL,70\n" }.joined()
            let file = path(trial, "wrong.csv")
            try Data(csv.utf8).write(to: URL(fileURLWithPath: file))
            let text = try await said(first, "import", file, exit: 1)
            let lines = text.split(separator: "\n")
            #expect(lines.count == 51 && lines.last?.hasPrefix("and 30 more") == true, "\(text)")
            #expect(try await first.reply(["import", file]).json()["problems"].list.count == 80)
        }

        @Test("The store is looked for in the home that the environment names")
        func home() async throws {
            let trial = try await Trial()
            let running = try trial.run(
                Program.trialsync.url(), ["status", "--user", "nurse-1", "--json"],
                environment: trial.environment(user: "nurse-1"))
            let reply = await running.reply()
            expectRefusal(reply, "not-enrolled")
            #expect(reply.err.contains(path(trial, ".local/share/trialsync")), "\(reply.err)")
        }
    }
}
