import Foundation
import Testing

extension Story {
    /// Two sites, three laptops, one conflict, one decision: over real TLS, with the programs that ship.
    @Suite(.timeLimit(.minutes(5))) struct WholeStoryTests {
        /// Two laptops of one site that hold one participant with a baseline weight, in step.
        static func begin(_ trial: Trial) async throws -> (Laptop, Laptop) {
            let first = try await trial.laptop("ward-1")
            let second = try await trial.laptop("ward-2", user: "nurse-2")
            let added = try await first(
                "participant", "add", "DM.sex=F", "DM.birthYear=1961", "DM.initials=ZQXJ")
            #expect(added["participant"] == "PKU-001")
            try await first("visit", "edit", "PKU-001", "BL", "VS.weight=70.0", "SV.date=2026-03-02")
            try await first.sync()
            try await second.sync()
            return (first, second)
        }

        /// Both laptops correct the same weight while they are offline, and meet.
        static func collide(_ first: Laptop, _ second: Laptop) async throws {
            try await first("visit", "edit", "PKU-001", "BL", "VS.weight=71.5", "--reason", "typing error")
            try await second("visit", "edit", "PKU-001", "BL", "VS.weight=72.50", "--reason", "re-weighed")
            try await first.sync()
            try await second.sync()
            try await first.sync()
        }

        @Test("Edits of different items that were made offline merge without a word")
        func differentItems() async throws {
            let trial = try await Trial()
            let (first, second) = try await Self.begin(trial)
            let edit = try await first("visit", "edit", "PKU-001", "BL", "PGA.vas=42")
            #expect(edit["pending"] == 1 && edit["replaced"].keys.isEmpty)
            try await second("visit", "edit", "PKU-001", "BL", "LB.igg4=350 mg/dL", "LB.creatinine=81")
            try await first.sync()
            #expect(try await second.sync()["conflicts"] == 0)
            try await first.sync()
            for visit in [
                try await first("visit", "show", "PKU-001", "BL"),
                try await second("visit", "show", "PKU-001", "BL"),
                try await trial.centre("visit", "show", "PKU-001", "BL"),
            ] {
                #expect(visit["items", "PGA.vas", "value"] == 42)
                #expect(
                    visit["items", "LB.igg4", "value"] == 3.5 && visit["items", "LB.igg4", "unit"] == "g/L")
                #expect(visit["items", "LB.creatinine", "value"] == 81)
                #expect(visit["conflicts"].list.isEmpty && visit["pending"] == 0)
            }
            try await expectInStep(trial, [first, second])
        }

        @Test(
            "One item edited on two laptops is flagged everywhere until a coordinator decides"
        )
        func sameItem() async throws {
            let trial = try await Trial()
            let (first, second) = try await Self.begin(trial)
            try await Self.collide(first, second)
            let shown = try await expectBothValues(trial, first, second)
            #expect(await (try first.start(["sync", "--strict"])).reply().exit == 4)

            let take = shown["versions"].list.first { $0["author"] == "nurse-2" } ?? .null
            let resolved = try await trial.centre(
                "conflict", "resolve", String(shown["id"].text.prefix(10)), "--take", take["entry"].text,
                "--reason",
                "the scale was calibrated", user: "coordinator-1")
            expectKeys(resolved, Contract.conflict, adding: ["site", "resolution"])
            #expect(resolved["status"] == "resolved" && resolved["resolution", "author"] == "coordinator-1")
            for laptop in [first, second] { #expect(try await laptop.sync()["conflicts"] == 0) }
            for laptop in [first, second] {
                let reply = try await laptop.reply(["visit", "show", "PKU-001", "BL"])
                #expect(try reply.json()["items", "VS.weight", "state"] == "agreed")
                #expect(reply.out.contains(#""VS.weight":{"value":72.50,"#), "a decimal keeps its places")
                #expect(try await laptop("conflicts").list.isEmpty)
            }
            let history = try await first("visit", "show", "PKU-001", "BL", "--history")["history"].list
            expectHistory(history)
            #expect(
                try await trial.centre("visit", "show", "PKU-001", "BL", "--history")["history"].list
                    == history)
            try await expectInStep(trial, [first, second])
        }

        /// - Returns: the conflict, as the centre shows it.
        private func expectBothValues(_ trial: Trial, _ first: Laptop, _ second: Laptop) async throws
            -> JSONNode
        {
            let conflicts = [
                try await first("conflicts"), try await second("conflicts"),
                try await trial.centre("conflicts"),
            ].map { $0[0] }
            for conflict in conflicts {
                expectKeys(conflict, Contract.conflict, adding: ["site"])
                #expect(conflict["id"] == conflicts[0]["id"] && conflict["kind"] == "concurrentEdit")
                #expect(conflict["register"] == "VS.weight" && conflict["status"] == "open")
                let values = Set(conflict["versions"].list.map { $0["values", "VS.weight"] })
                #expect(values == [71.5, 72.5])
                for version in conflict["versions"].list {
                    expectKeys(version, Contract.version, adding: Contract.stampToo.union(["details"]))
                    #expect(!version["receivedAt"].text.isEmpty)
                }
            }
            for visit in [
                try await first("visit", "show", "PKU-001", "BL"),
                try await trial.centre("visit", "show", "PKU-001", "BL"),
            ] {
                let weight = visit["items", "VS.weight"]
                #expect(weight["state"] == "conflict" && weight["value"] == .null)
                #expect(weight["versions"].list.count == 2 && visit["conflicts"].list == [conflicts[0]["id"]])
            }
            #expect(
                try await trial.centre("conflict", "show", conflicts[0]["id"].text)["id"]
                    == conflicts[0]["id"])
            #expect(try await second("conflict", "show", conflicts[0]["id"].text)["id"] == conflicts[0]["id"])
            #expect(try await trial.centre("conflicts", "--site", "SHA").list.isEmpty)
            return conflicts[2]
        }

        private func expectHistory(_ history: [JSONNode]) {
            for entry in history {
                expectKeys(entry, Contract.history, adding: Contract.stampToo.union(["details"]))
                #expect(entry["verdict"] == "applied" && !entry["receivedAt"].text.isEmpty)
            }
            let weights = history.map { $0["changes", "VS.weight"] }.filter { $0 != .null }
            #expect(weights.map { $0["new"] }.first == 70 && weights.count == 4)
            let corrections = history.filter {
                !$0["reason"].text.isEmpty && $0["author"].text.hasPrefix("nurse")
            }
            #expect(Set(corrections.map { $0["author"].text }) == ["nurse-1", "nurse-2"])
            #expect(Set(corrections.map { $0["device"].text }) == ["ward-1", "ward-2"])
            #expect(corrections.allSatisfy { $0["changes", "VS.weight", "old"] == 70 })
            let decision = history.first { $0["author"] == "coordinator-1" } ?? .null
            #expect(decision["role"] == "coordinator" && decision["reason"] == "the scale was calibrated")
            #expect(Set(decision["changes", "VS.weight", "old"].list) == [71.5, 72.5])
            #expect(decision["changes", "VS.weight", "new"] == 72.5)
        }

        @Test("An investigator settles a conflict on a laptop with a value of their own")
        func investigator() async throws {
            let trial = try await Trial()
            let (first, second) = try await Self.begin(trial)
            try await Self.collide(first, second)
            let doctor = try await trial.laptop("office", user: "doctor-1")
            let id = try await doctor("conflicts")[0]["id"].text
            let resolved = try await doctor(
                "conflict", "resolve", id, "--set", "VS.weight=72", "--reason", "weighed again today")
            #expect(resolved["resolution", "values", "VS.weight"] == 72)
            let decided = try await doctor("conflict", "show", id)
            #expect(decided["status"] == "resolved", "before it is at the centre, too")
            #expect(decided["versions"].list.count == 2)
            for laptop in [doctor, first, second] { try await laptop.sync() }
            #expect(try await first("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 72)
            #expect(try await trial.centre("conflicts").list.isEmpty)
            try await expectInStep(trial, [first, second, doctor])
        }

        @Test("Two decisions made apart are a new conflict, and no value is lost")
        func twoDecisions() async throws {
            let trial = try await Trial()
            let (first, second) = try await Self.begin(trial)
            try await Self.collide(first, second)
            let doctor = try await trial.laptop("office", user: "doctor-1")
            let id = try await doctor("conflicts")[0]["id"].text
            try await doctor("conflict", "resolve", id, "--set", "VS.weight=73", "--reason", "by the chart")
            try await trial.centre(
                "conflict", "resolve", id, "--set", "VS.weight=74", "--reason", "by the letter",
                user: "coordinator-1")
            #expect(try await doctor.sync()["conflicts"] == 1)
            let open = try await trial.centre("conflicts")
            #expect(Set(open[0]["versions"].list.map { $0["values", "VS.weight"] }) == [73, 74])
            #expect(open[0]["id"].text != id)
            try await trial.refuses(
                "conflict-not-current", "conflict", "resolve", id, "--set", "VS.weight=75", "--reason",
                "again",
                user: "coordinator-1")
        }
    }
}
