import Foundation
import Testing

extension Story {
    /// What people do at the centre while the daemon runs, and what the daemon says of it.
    @Suite(.timeLimit(.minutes(5))) struct CentreTests {
        @Test("Sites, people, links and laptops are managed while the daemon serves")
        func administration() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            try await trial.centre("site", "add", "GZH", "Made-up hospital far south")
            let user = try await trial.centre(
                "user", "add", "nurse-9", "--role", "dataEntry", "--site", "GZH")
            var far = Laptop(trial: trial, name: "ward-9", user: "nurse-9")
            far.password = user["password"].text
            try await far("enroll", try await trial.link(site: "GZH"), "--name", "ward-9")
            #expect(try await far("participant", "add")["participant"] == "GZH-001")
            try await far.sync()
            #expect(try await trial.centre("device", "list").list.count == 2)
            let status = try await trial.centre("status")
            #expect(Set(status["sites"].list.map { $0["site"] }) == ["PKU", "SHA", "GZH"])
            #expect(status["participants"] == 1)
            try await trial.refuses("already-exists", "site", "add", "GZH", "Again")
            try await trial.refuses("name-invalid", "site", "add", "gz-h", "Lower case")
            try await trial.refuses("name-invalid", "site", "add", "*", "All")
            try await trial.refuses(
                "already-exists", "user", "add", "nurse-1", "--role", "dataEntry", "--site", "PKU")
            try await trial.refuses("usage", "user", "add", "nurse-8", "--role", "queen", exit: 2)
            try await trial.refuses("usage", "user", "add", "nurse-8", "--role", "dataEntry", exit: 2)
            try await trial.refuses("site-unknown", "invite", "--site", "XYZ")
            try await trial.refuses("usage", "invite", "--site", "PKU", "--expires", "soon", exit: 2)
            try await trial.refuses("not-found", "device", "revoke", "nobody")
            try await laptop.sync()
            try await expectInStep(trial, [laptop])
            try await expectInStep(trial, [far], site: "GZH")
        }

        @Test("What laptops made, what is here and whether they agree is reconciled, as far as they said")
        func reconcile() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop.sync()
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await laptop.sync()
            let row = try await trial.centre("report", "reconcile")[0]
            #expect(row["site"] == "PKU" && row["device"] == "ward-1")
            #expect(row["made"] == 2 && row["receipted"] == 2 && row["pending"] == 0)
            #expect(row["quarantined"] == 0 && row["digestEqual"] == true)
            #expect(!row["lastContact"].text.isEmpty)
        }

        @Test(
            "An invitation's address is HOST:PORT and nothing else",
            arguments: ["https://centre.example:8443/path", "https://centre.example:8443//", "https://a b:1"])
        func invitationAddress(url: String) async throws {
            let trial = try await Trial()
            try await trial.refuses("usage", "invite", "--site", "PKU", "--url", url, exit: 2)
        }

        @Test("Many commands at once beside the daemon and its laptops wait for one another and all succeed")
        func atOnce() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            _ = try await laptop.importing(VisitTable.csv(0..<200, participants: 1)).done()
            let sync = try laptop.start(["sync"])
            let commands = try (0..<6).map { try trial.start(["site", "add", "ST\($0)", "Made-up"]) }
            for command in commands { _ = try await command.reply().done() }
            #expect(try await sync.reply().done()["inStep"] == true)
            #expect(try await trial.centre("site", "list").list.count == 8)
            try await laptop.sync()
            try await expectInStep(trial, [laptop])
        }

        @Test("The daemon's log holds no value, no participant's number and no password after a day's work")
        func log() async throws {
            let trial = try await Trial()
            let (first, second) = try await WholeStoryTests.begin(trial)
            try await WholeStoryTests.collide(first, second)
            let wrong = Laptop(trial: trial, name: "ward-5", user: "coordinator-1")
            var stranger = wrong
            stranger.password = "made-up-wrong-word"
            let link = try await trial.link(site: "PKU")
            try await stranger.refuses("wrong-password", "enroll", link, "--name", "ward-5")
            let conflict = try await trial.centre("conflicts")[0]
            try await trial.centre(
                "conflict", "resolve", conflict["id"].text, "--set", "VS.weight=73.25", "--reason",
                "SECRET-REASON",
                user: "coordinator-1")
            for laptop in [first, second] { try await laptop.sync() }
            let log = try await trial.stop().err
            #expect(log.contains("/v1/sites/{site}/sync"), "the log was read")
            let token = try #require(link.split(separator: "#").first?.split(separator: "/").last)
            let secrets = [
                "PKU-0", "ZQXJ", "71.5", "72.5", "73.25", "SECRET-REASON", "typing error", String(token),
            ]
            for secret in secrets + ["made-up-w", "nurse-1", "ward-1"] {
                #expect(!log.contains(secret), "\(secret) stands in the daemon's log")
            }
        }
    }
}
