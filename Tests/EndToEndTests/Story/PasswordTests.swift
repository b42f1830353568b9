import Foundation
import Testing

extension Story {
    /// Passwords that are changed, forgotten and guessed.
    @Suite(.timeLimit(.minutes(5))) struct PasswordTests {
        private static let new = "made-up-new-word"

        /// A file with one line, for standard input.
        private func line(_ text: String, _ trial: Trial) throws -> String {
            let file = trial.folder.appending(path: "line-\(UUID().uuidString)")
            try Data((text + "\n").utf8).write(to: file)
            return file.path
        }

        /// `trialsyncd user password`: the old one in the environment, the new one on standard input.
        private func change(_ user: String, old: String, new: String, _ trial: Trial) async throws -> Reply {
            var environment = trial.environment()
            environment["TRIALSYNC_PASSWORD"] = old
            return await
                (try trial.run(
                    Program.trialsyncd.url(), ["user", "password", user, "--password-stdin", "--json"],
                    environment: environment, input: try line(new, trial))).reply()
        }

        @Test("A password changed at the centre reaches each laptop at its next contact")
        func changedAtCentre() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let old = Trial.password("nurse-1")
            expectRefusal(
                try await change("nurse-1", old: "made-up-wrong", new: Self.new, trial), "wrong-password")
            expectRefusal(try await change("nurse-1", old: old, new: "short", trial), "password-invalid")
            #expect(try await change("nurse-1", old: old, new: Self.new, trial).done()["user"] == "nurse-1")
            try await laptop("participant", "add")
            try await laptop.sync()
            try await laptop.refuses("wrong-password", "status")
            try await trial.stop()
            // The slot is gone: what opens the laptop now is a log-in with the new password.
            try await laptop.refuses("server-unreachable", "status", exit: 3)
            try await trial.serve()
            let renewed = laptop.with(password: Self.new)
            #expect(try await renewed("participant", "list").list.count == 1)
            try await trial.stop()
            try await renewed("status")
            try await laptop.refuses("wrong-password", "status")
        }

        @Test(
            "A password changed on a laptop is the new one there at once, offline too"
        )
        func changedOnLaptop() async throws {
            let trial = try await Trial()
            let (laptop, other) = (try await trial.laptop("ward-1"), try await trial.laptop("ward-2"))
            func change(_ laptop: Laptop, to new: String) async throws -> Reply {
                let arguments = ["password", "--password-stdin"]
                return await (try laptop.start(arguments, input: try line(new, trial))).reply()
            }
            expectRefusal(try await change(laptop, to: "short"), "password-invalid")
            #expect(try await change(laptop, to: Self.new).done()["user"] == "nurse-1")
            let renewed = laptop.with(password: Self.new)
            try await laptop.refuses("wrong-password", "status")
            try await other("status")
            // The other laptop lets the new password in as soon as it asks the centre.
            try await other.with(password: Self.new)("sync")
            try await other.refuses("wrong-password", "status")
            try await trial.stop()
            try await renewed("status")
            try await other.with(password: Self.new)("status")
            expectRefusal(try await change(renewed, to: "made-up-third-word"), "server-unreachable", 3)
            try await renewed("status")
        }

        /// Twenty saves and a participant that the centre does not have.
        private func unsent(_ laptop: Laptop) async throws {
            try await laptop("participant", "add")
            let csv = VisitTable.csv(0..<20, participants: 1)
            #expect(try await laptop.importing(csv).done()["saved"] == 20)
        }

        @Test("Who forgot the password and has twenty unsent saves loses none, by a reset and a log-in")
        func forgotten() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            try await unsent(laptop)
            let reset = try await trial.centre("user", "reset-password", "nurse-1")
            #expect(reset.keys == ["user", "password"])
            let renewed = laptop.with(password: reset["password"].text)
            #expect(try await renewed("status")["pending"] == 21)
            #expect(try await renewed.sync()["pushed"] == 21)
            try await laptop.refuses("wrong-password", "status")
            try await expectInStep(trial, [renewed])
            #expect(try await trial.centre("participant", "list")[0]["visits"].list.count == 20)
        }

        @Test("Who forgot the password while the laptop is offline loses nothing, by a reset and a file")
        func forgottenOffline() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let other = try await trial.laptop("ward-3", site: "SHA", user: "nurse-3")
            try await unsent(laptop)
            try await trial.stop()
            let (older, file) = (trial.folder.appending(path: "a"), trial.folder.appending(path: "b"))
            let first = try await trial.centre("user", "reset-password", "nurse-1", "--file", older.path)
            let reset = try await trial.centre("user", "reset-password", "nurse-1", "--file", file.path)
            #expect(reset.keys == ["user", "password", "file", "site"] && reset["site"] == "PKU")
            let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            #expect(!text.contains("nurse-1") && !text.contains(reset["password"].text))
            let renewed = laptop.with(password: reset["password"].text)
            try await renewed.refuses("wrong-password", "status")
            try await laptop.refuses("wrong-password", "password", "--file", file.path)
            try await renewed.with(user: "nurse-2").with(password: reset["password"].text).refuses(
                "wrong-password", "password", "--file", file.path)
            try await other.with(user: "nurse-1").with(password: reset["password"].text).refuses(
                "seal-broken", "password", "--file", file.path)
            try await renewed.refuses("malformed", "password", "--file", laptop.store.path + "/store.db")
            #expect(try await renewed("password", "--file", file.path)["user"] == "nurse-1")
            try await laptop.with(password: first["password"].text).refuses(
                "not-allowed", "password", "--file", older.path)
            #expect(try await renewed("status")["pending"] == 21)
            try await trial.serve()
            #expect(try await renewed.sync()["pushed"] == 21)
            try await expectInStep(trial, [renewed])
        }

        @Test("After a reset a person's signatures stay the person's, and new ones are taken")
        func signatures() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1", user: "doctor-1")
            try await laptop("participant", "add")
            for event in ["BL", "W12"] { try await laptop("visit", "edit", "PKU-001", event, "VS.weight=70") }
            try await laptop("visit", "sign", "PKU-001", "BL", "--meaning", "reviewed")
            try await laptop.sync()
            let reset = try await trial.centre("user", "reset-password", "doctor-1")
            let renewed = laptop.with(password: reset["password"].text)
            try await renewed("visit", "sign", "PKU-001", "W12", "--meaning", "reviewed")
            #expect(try await renewed.sync()["quarantined"] == 0)
            for event in ["BL", "W12"] {
                let signatures = try await trial.centre("visit", "show", "PKU-001", event)["signatures"].list
                #expect(signatures.map { $0["valid"] } == [true])
            }
            try await expectInStep(trial, [renewed])
        }

        @Test("A reset is refused where it would be of no use")
        func refusedReset() async throws {
            let trial = try await Trial()
            let file = trial.folder.appending(path: "slot").path
            try await trial.refuses("not-found", "user", "reset-password", "nobody")
            try await trial.refuses("usage", "user", "reset-password", "nurse-1", "--site", "PKU", exit: 2)
            try await trial.refuses(
                "not-allowed", "user", "reset-password", "nurse-1", "--file", file, "--site", "SHA")
            try await trial.refuses(
                "usage", "user", "reset-password", "coordinator-1", "--file", file, exit: 2)
            #expect(!FileManager.default.fileExists(atPath: file))
            let laptop = try await trial.laptop("ward-1")
            try await laptop("status")
        }
    }
}
