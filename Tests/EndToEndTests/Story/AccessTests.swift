import Foundation
import Testing

extension Story {
    /// Access that ends and comes back, and passwords that are guessed.
    @Suite(.timeLimit(.minutes(5))) struct AccessTests {
        @Test("Offline, five wrong passwords make even the right one wait, in every process, and nobody else")
        func guessedOffline() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let other = laptop.with(user: "nurse-2")
            try await other("status")
            try await trial.stop()
            let wrong = laptop.with(password: "made-up-wrong")
            for _ in 1...5 { try await wrong.refuses("wrong-password", "status") }
            try await wrong.refuses("too-many-attempts", "status")
            let reply = try await laptop.reply(["status"])
            expectRefusal(reply, "too-many-attempts")
            #expect(reply.err.contains("wait "))
            try await other("status")
            for bytes in try laptop.files() {
                #expect(bytes.range(of: Data("nurse-1".utf8)) == nil)
            }
        }

        @Test("At the centre the tries of laptops and of commands are counted together, and people see them")
        func guessedAtCentre() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let wrong = laptop.with(user: "doctor-1").with(password: "made-up-wrong")
            for _ in 1...3 { try await wrong.refuses("wrong-password", "status") }
            for _ in 1...2 {
                #expect(try await command("doctor-1", "made-up-wrong", trial) == "wrong-password")
            }
            #expect(try await command("doctor-1", Trial.password("doctor-1"), trial) == "too-many-attempts")
            try await laptop.with(user: "doctor-1").refuses("too-many-attempts", "status")
            let link = try await trial.link(site: "PKU")
            let fresh = Laptop(trial: trial, name: "ward-2", user: "doctor-1")
            try await fresh.refuses("too-many-attempts", "enroll", link, "--name", "ward-2")
            let shown = try await trial.centre("user", "show", "doctor-1")
            #expect(shown["failedLogins"] == 5 && shown["refusedLogins"] == 8)
            #expect(!shown["lastRefused"].text.isEmpty)
            let listed = try await trial.centre("user", "list").list.first { $0["user"] == "doctor-1" }
            #expect(listed?["refusedLogins"] == 8)
            #expect(try await trial.centre("user", "show", "nurse-1")["refusedLogins"] == 0)
            // A reset forgives, and the link was not used up.
            let reset = try await trial.centre("user", "reset-password", "doctor-1")
            try await fresh.with(password: reset["password"].text)("enroll", link, "--name", "ward-2")
            #expect(try await trial.centre("user", "show", "doctor-1")["failedLogins"] == 0)
            let log = try await trial.stop().err
            #expect(log.contains("code=too-many-attempts") && log.contains("code=wrong-password"))
            #expect(!log.contains("doctor-1") && !log.contains("made-up"))
        }

        /// A command that needs the person's password; the code that it is refused with.
        private func command(_ user: String, _ password: String, _ trial: Trial) async throws -> String {
            var environment = trial.environment()
            environment["TRIALSYNC_PASSWORD"] = password
            let reply = await
                (try trial.run(
                    Program.trialsyncd.url(), ["query", "close", "0123", "--user", user, "--json"],
                    environment: environment)).reply()
            return try reply.json()["error", "code"].text
        }

        @Test(
            "A person whose access ends is out at the laptop's next contact; what was saved is kept; and back"
        )
        func disabled() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let leaver = laptop.with(user: "nurse-2")
            try await leaver("participant", "add")
            #expect(try await trial.centre("user", "disable", "nurse-2")["disabled"] == true)
            // The laptop has not heard of it yet.
            try await leaver("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            #expect(try await laptop("sync")["quarantined"] == 2)
            try await leaver.refuses("user-disabled", "status")
            try await trial.stop()
            try await leaver.refuses("server-unreachable", "status", exit: 3)
            try await laptop("status")
            try await trial.serve()
            let kept = try await trial.centre("quarantine", "list").list
            #expect(kept.map { $0["code"] } == ["user-disabled", "user-disabled"])
            let entries = kept.map { $0["entry"].text }
            try await trial.centre(
                "quarantine", "release", entries[0], entries[1], "--reason", "saved before",
                user: "coordinator-1")
            let reconciled = try await trial.centre("report", "reconcile")[0]
            #expect(reconciled["quarantined"] == 0 && reconciled["receipted"] == 2)
            #expect(try await trial.centre("user", "enable", "nurse-2").keys == ["user", "role", "sites"])
            try await laptop.sync()
            try await leaver("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "weighed")
            #expect(try await leaver.sync()["quarantined"] == 0)
            try await trial.stop()
            try await leaver("status")
        }

        @Test("Someone whose access ends while the own sync runs can still send, and nothing more")
        func ownSync() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await trial.centre("user", "disable", "nurse-1")
            try await laptop.refuses("user-disabled", "sync")
            #expect(try await trial.centre("quarantine", "list").list.count == 1)
            try await laptop.refuses("user-disabled", "participant", "add")
            try await trial.stop()
            try await laptop.refuses("server-unreachable", "participant", "list", exit: 3)
        }

        @Test(
            "When a person's access ends the site gets a new key; the others read and send on, by stick too")
        func newKey() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let leaver = laptop.with(user: "nurse-2")
            try await leaver("participant", "add")
            let far = try await trial.laptop("ward-2", user: "doctor-1")
            try await laptop.sync()
            let image = try StoreImage(of: laptop)
            try await trial.centre("user", "disable", "nurse-2")
            try await laptop.sync()
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await trial.stop()
            try await laptop("visit", "show", "PKU-001", "BL")
            let stick = trial.folder.appending(path: "stick").path
            try await laptop("bundle", "export", stick)
            try await far("bundle", "import", stick)
            #expect(try await far("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 70)
            try await far("visit", "edit", "PKU-001", "BL", "PGA.vas=40")
            try await trial.centre("bundle", "import", stick)
            // The image still opens for who left, and knows nothing of what came later.
            let now = try StoreImage(of: laptop)
            try image.restoreInPlace(marker: true)
            #expect(
                try await leaver("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == .null)
            try await leaver.refuses("site-key-missing", "bundle", "import", stick)
            try now.restoreInPlace(marker: true)
            try await trial.serve()
            for each in [laptop, far, laptop] { try await each.sync() }
            try await expectInStep(trial, [laptop, far])
            let audit = trial.folder.appending(path: "audit.csv").path
            try await trial.refuses("not-found", "export", "audit", audit, "--person", "nobody")
            try await trial.centre("export", "audit", audit)
            let rows = try String(contentsOfFile: audit, encoding: .utf8).split(whereSeparator: \.isNewline)
            #expect(rows.allSatisfy { $0.utf8.count < 1500 }, "no document stands in a cell")
            #expect(rows.contains { $0.contains("version 1, SHA-256 ") })
        }

        @Test("Who had which right on a given day is told from the journal")
        func onADay() async throws {
            let trial = try await Trial()
            try await trial.centre(
                "user", "grant", "nurse-2", "--role", "investigator", "--site", "SHA", "PKU")
            try await trial.centre("user", "disable", "nurse-2")
            let now = try await trial.centre("user", "show", "nurse-2")
            #expect(now["role"] == "investigator" && now["disabled"] == true)
            #expect(now["sites"].list == ["SHA", "PKU"])
            let history = now["history"].list
            #expect(history.map { $0["role"] } == ["dataEntry", "investigator", "investigator"])
            #expect(history.map { $0["disabled"] } == [false, false, true])
            #expect(history.allSatisfy { $0["by"] == "centre" && !$0["at"].text.isEmpty })
            let before = try await trial.centre("user", "show", "nurse-2", "--on", "2020-02-29")
            #expect(before["role"] == .null && before["sites"].list.isEmpty)
            let today = String(history[0]["at"].text.prefix(10))
            let then = try await trial.centre("user", "show", "nurse-2", "--on", today)
            #expect(then["disabled"] == true || today != String(history[2]["at"].text.prefix(10)))
            try await trial.refuses("usage", "user", "show", "nurse-2", "--on", "2020-02", exit: 2)
            try await trial.refuses("not-found", "user", "show", "nobody")
            try await trial.refuses("usage", "user", "grant", "nurse-2", exit: 2)
            try await trial.refuses("usage", "user", "grant", "coordinator-1", "--role", "monitor", exit: 2)
            try await trial.refuses("site-unknown", "user", "grant", "nurse-2", "--site", "XYZ")
            #expect(try await trial.centre("verify")["problems"].list.isEmpty)
        }
    }
}
