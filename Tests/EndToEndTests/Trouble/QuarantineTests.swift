import Testing

extension Trouble {
    /// What is forbidden is kept.
    @Suite(.timeLimit(.minutes(5))) struct QuarantineTests {
        @Test(
            "What a revoked laptop still had goes into quarantine, and comes in on release"
        )
        func revoked() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let other = try await trial.laptop("ward-2", user: "nurse-2")
            try await laptop("participant", "add")
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await laptop.sync()
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "weighed again")
            let revoked = try await trial.centre("device", "revoke", "ward-1")
            #expect(revoked["revoked"] == true && revoked["name"] == "ward-1")

            let reply = try await laptop.reply(["sync"])
            #expect(reply.exit == 0 || reply.exit == 1, "\(reply.err)")
            let kept = try await trial.centre("quarantine", "list")
            #expect(kept.list.count == 1)
            expectKeys(kept[0], Contract.quarantine)
            #expect(kept[0]["code"] == "device-revoked" && kept[0]["author"] == "nurse-1")
            #expect(kept[0]["device"] == "ward-1" && kept[0]["site"] == "PKU")
            #expect(try await trial.centre("status")["quarantined"] == 1)
            try await other.sync()
            #expect(try await weight(other) == 70)

            try await release(kept[0]["entry"].text, trial)
            #expect(try await trial.centre("quarantine", "list").list.isEmpty)
            #expect(try await trial.centre("status")["quarantined"] == 0)
            try await trial.refuses(
                "not-found", "quarantine", "release", kept[0]["entry"].text, "--reason", "again",
                user: "coordinator-1")
            try await other.sync()
            #expect(try await weight(other) == 71)
            let history = try await trial.centre("visit", "show", "PKU-001", "BL", "--history")["history"]
                .list
            #expect(
                history.contains {
                    $0["verdict"] == "quarantined:device-revoked" && $0["author"] == "nurse-1"
                })
            #expect(history.contains { $0["author"] == "coordinator-1" && $0["reason"] == "found again" })

            try await trial.centre("device", "readmit", "ward-1")
            try await laptop.sync()
            #expect(try await weight(laptop) == 71)
            #expect(try await trial.centre("device", "list").list.allSatisfy { $0["revoked"] == false })
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=72", "--reason", "and again")
            try await laptop.sync()
            try await other.sync()
            #expect(try await weight(other) == 72)
            try await expectInStep(trial, [laptop, other])
        }

        @Test("A revoked laptop that watches hands in what it still had, and says why it ends")
        func watching() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await trial.centre("device", "revoke", "ward-1")
            let watching = try laptop.start(["sync", "--watch"])
            let reply = try await within(seconds: 60, "the watcher's end") { await watching.reply() }
            expectRefusal(reply, "device-revoked")
            #expect(try await trial.centre("quarantine", "list").list.count == 1)
        }

        private func release(_ entry: String, _ trial: Trial) async throws {
            try await trial.refuses(
                "not-allowed", "quarantine", "release", entry, "--reason", "mine", user: "nurse-1")
            try await trial.refuses(
                "not-found", "quarantine", "release", "00ff/1", "--reason", "none", user: "coordinator-1")
            let released = try await trial.centre(
                "quarantine", "release", entry, "--reason", "found again", user: "coordinator-1")
            #expect(released.list.count == 1)
        }

        private func weight(_ laptop: Laptop) async throws -> JSONNode {
            try await laptop("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"]
        }
    }
}
