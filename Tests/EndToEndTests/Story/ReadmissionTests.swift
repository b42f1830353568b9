import Testing

extension Story {
    /// What was saved offline at the old site while the centre moved the participant.
    @Suite(.timeLimit(.minutes(5))) struct ReadmissionTests {
        /// PKU-001 has gone to SHA while its old site's laptop saved offline; both are in step.
        private func begin(
            _ trial: Trial, saving: (Laptop) async throws -> Void
        ) async throws -> (old: Laptop, there: Laptop) {
            let (old, _) = try await WholeStoryTests.begin(trial)
            let there = try await trial.laptop("ward-3", site: "SHA", user: "nurse-3")
            try await trial.centre(
                "participant", "transfer", "PKU-001", "--to", "SHA", "--reason", "moved house",
                user: "coordinator-1")
            try await saving(old)
            try await old.sync()
            try await there.sync()
            return (old, there)
        }

        private func admit(_ trial: Trial, _ conflict: JSONNode) async throws -> JSONNode {
            try await trial.centre(
                "conflict", "resolve", conflict["id"].text, "--take", conflict["versions"][1]["entry"].text,
                "--reason", "made before the laptop knew", user: "coordinator-1")
        }

        @Test("A held correction of a transferred participant is admitted at the new site")
        func correction() async throws {
            let trial = try await Trial()
            let (old, there) = try await begin(trial) { laptop in
                try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "typing error")
            }
            let conflict = try await trial.centre("conflicts")[0]
            #expect(conflict["kind"] == "editAfterLock" && conflict["versions"].list.count == 2)
            try await trial.refuses(
                "reason-needed", "conflict", "resolve", conflict["id"].text, "--take",
                conflict["versions"][1]["entry"].text, "--reason", " ", user: "coordinator-1")
            let resolved = try await admit(trial, conflict)
            #expect(resolved["status"] == "resolved")
            #expect(resolved["resolution", "reason"].text.contains("admitted at site SHA, PKU-001 BL"))
            try await old.sync()
            try await there.sync()
            let visit = try await there("visit", "show", "PKU-001", "BL", "--history")
            #expect(visit["items", "VS.weight", "value"] == 71 && visit["conflicts"].list.isEmpty)
            let release = try #require(visit["history"].list.last)
            #expect(release["kind"] == "release" && release["author"] == "coordinator-1")
            #expect(release["changes", "VS.weight", "old"] == 70)
            #expect(try await old("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 70)
            let query = try await there("query", "list")[0]
            #expect(query["event"] == "BL" && query["item"] == "VS.weight")
            #expect(query["messages"][0]["text"].text.contains("nurse-1 had saved at site PKU"))
            #expect(try await trial.centre("conflicts").list.isEmpty)
            try await expectInStep(trial, [old])
            try await expectInStep(trial, [there], site: "SHA")
        }

        @Test("What the new site has written meanwhile stands against it as a conflict")
        func conflict() async throws {
            let trial = try await Trial()
            let (old, there) = try await begin(trial) { laptop in
                try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "typing error")
            }
            try await there("visit", "edit", "PKU-001", "BL", "VS.weight=72", "--reason", "re-weighed")
            try await there.sync()
            _ = try await admit(trial, try await trial.centre("conflicts")[0])
            try await there.sync()
            try await old.sync()
            let open = try await there("conflicts")
            #expect(open.list.count == 1 && open[0]["kind"] == "concurrentEdit")
            #expect(Set(open[0]["versions"].list.map { $0["values", "VS.weight"] }) == [71, 72])
            #expect(try await old("conflicts").list.isEmpty)
            try await expectInStep(trial, [old])
            try await expectInStep(trial, [there], site: "SHA")
        }

        @Test("What a revoked laptop had saved on a participant who has gone is released where they are")
        func quarantined() async throws {
            let trial = try await Trial()
            let (old, there) = try await begin(trial) { laptop in
                try await trial.centre("device", "revoke", "ward-1")
                try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "typing error")
                try await laptop("visit", "edit", "PKU-001", "D14", "VS.weight=70.5")
                _ = try await laptop.reply(["sync"])
                try await trial.centre("device", "readmit", "ward-1")
            }
            let kept = try await trial.centre("quarantine", "list").list.map { $0["entry"].text }.sorted()
            try #require(kept.count == 2)
            try await trial.refuses(
                "usage", "quarantine", "release", kept[0], kept[1], "--reason", "both",
                user: "coordinator-1", exit: 2)
            for entry in kept {
                try await trial.centre(
                    "quarantine", "release", entry, "--reason", "found again", user: "coordinator-1")
            }
            #expect(try await trial.centre("quarantine", "list").list.isEmpty)
            try await there.sync()
            try await old.sync()
            let weights: [(String, JSONNode)] = [("BL", 71), ("D14", 70.5)]
            for (event, weight) in weights {
                let visit = try await there("visit", "show", "PKU-001", event)
                #expect(visit["items", "VS.weight", "value"] == weight && visit["conflicts"].list.isEmpty)
            }
            #expect(try await old("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 70)
            try await expectInStep(trial, [old])
            try await expectInStep(trial, [there], site: "SHA")
        }

        @Test("A visit and a log line that are new at the old site come whole to the new one")
        func newRecords() async throws {
            let trial = try await Trial()
            let (old, there) = try await begin(trial) { laptop in
                try await laptop("visit", "edit", "PKU-001", "UNS#1", "VS.weight=69", "SV.date=2026-04-01")
                try await laptop("visit", "edit", "PKU-001", "UNS#1", "VS.weight=68", "--reason", "slip")
                try await laptop("log", "add", "PKU-001", "AE", "AE.term=cough", "AE.start=2026-04")
            }
            let made = try await trial.centre("conflicts").list.sorted {
                $0["versions"][1]["entry"].text < $1["versions"][1]["entry"].text
            }
            try #require(made.count == 3)
            try await trial.refuses(
                "conflict-open", "conflict", "resolve", made[1]["id"].text, "--take",
                made[1]["versions"][1]["entry"].text, "--reason", "too early", user: "coordinator-1")
            for conflict in made { _ = try await admit(trial, conflict) }
            #expect(try await trial.centre("conflicts").list.isEmpty)
            try await there.sync()
            try await old.sync()
            let visit = try await there("visit", "show", "PKU-001", "UNS#1")
            #expect(visit["items", "SV.date", "value"] == "2026-04-01")
            #expect(visit["items", "VS.weight", "value"] == 68 && visit["conflicts"].list.isEmpty)
            #expect(try await there("log", "list", "PKU-001", "AE").list.count == 1)
            try await expectInStep(trial, [old])
            try await expectInStep(trial, [there], site: "SHA")
        }
    }
}
