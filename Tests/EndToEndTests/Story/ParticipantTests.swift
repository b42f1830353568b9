import Foundation
import Testing

extension Story {
    /// What a coordinator does with participants: numbers, moves, one person twice.
    @Suite(.timeLimit(.minutes(5))) struct ParticipantTests {
        @Test("A transferred participant is seen at the new site, and is locked at the old one")
        func transfer() async throws {
            let trial = try await Trial()
            let (first, _) = try await WholeStoryTests.begin(trial)
            let there = try await trial.laptop("ward-3", site: "SHA", user: "nurse-3")
            let command = ["participant", "transfer", "PKU-001", "--to", "SHA", "--reason", "moved house"]
            for user in ["nurse-1", "monitor-1", "doctor-1"] {
                expectRefusal(await (try trial.start(command, user: user)).reply(), "not-allowed")
            }
            try await trial.refuses(
                "site-unknown", "participant", "transfer", "PKU-001", "--to", "XYZ", "--reason", "x",
                user: "coordinator-1")
            let moved = try await (try trial.start(command, user: "coordinator-1")).reply().done()
            expectKeys(moved, Contract.participant, adding: Contract.participantToo)
            #expect(moved["participant"] == "PKU-001" && moved["site"] == "SHA")
            #expect(moved["status"] == "enrolled" && moved["visits"].list == ["SCR", "BL"])
            let status = try await trial.centre("status")
            #expect(status["participants"] == 1 && status["openConflicts"] == 0)
            #expect(
                try await trial.centre("participant", "list").list.map { $0["status"] }.count {
                    $0 == "transferred"
                }
                    == 1)
            try await there.sync()
            #expect(try await there("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 70)
            try await there("visit", "edit", "PKU-001", "W12", "VS.weight=71")
            #expect(try await there("participant", "add")["participant"] == "SHA-001")
            try await there.sync()
            try await first.sync()
            #expect(try await first("participant", "list")[0]["status"] == "transferred")
            #expect(try await first("visit", "show", "PKU-001", "BL")["locked"] == true)
            try await first.refuses("record-locked", "visit", "edit", "PKU-001", "W12", "VS.weight=72")
            try await expectInStep(trial, [first])
            try await expectInStep(trial, [there], site: "SHA")
        }

        @Test("Likely duplicates are listed on both sides, and merged or dismissed with a reason")
        func duplicates() async throws {
            let trial = try await Trial()
            let (first, _) = try await WholeStoryTests.begin(trial)
            for weight in ["71", "72"] {
                let number = try await first(
                    "participant", "add", "DM.sex=F", "DM.birthYear=1961", "DM.initials=zqxj")["participant"]
                    .text
                try await first("visit", "edit", number, "BL", "VS.weight=\(weight)")
            }
            try await first.sync()
            for pairs in [
                try await first("participant", "duplicates"),
                try await trial.centre("participant", "duplicates"),
            ] {
                #expect(pairs.list.count == 3)
                #expect(pairs[0]["participants"].list == ["PKU-001", "PKU-002"])
                #expect(pairs[0]["items", "DM.birthYear"] == 1961)
            }
            try await trial.refuses(
                "not-allowed", "participant", "merge", "PKU-002", "--into", "PKU-001", "--reason", "same",
                user: "doctor-1")
            try await trial.refuses(
                "not-allowed", "participant", "dismiss", "PKU-001", "PKU-003", "--reason", "twins",
                user: "monitor-1")
            try await trial.centre(
                "participant", "dismiss", "PKU-001", "PKU-003", "--reason", "twins", user: "coordinator-1")
            try await trial.centre(
                "participant", "merge", "PKU-002", "--into", "PKU-001", "--reason", "enrolled twice",
                user: "coordinator-1")
            try await first.sync()
            #expect(try await first("participant", "duplicates").list.isEmpty)
            let conflict = try await first("conflicts")[0]
            #expect(Set(conflict["versions"].list.map { $0["values", "VS.weight"] }) == [70, 71])
            let statuses = try await trial.centre("participant", "list").list.map { $0["status"] }
            #expect(statuses == ["enrolled", "merged", "enrolled"])
            #expect(try await trial.centre("status")["participants"] == 2)
            try await expectInStep(trial, [first])
        }

        @Test("One of two who bear one number is renumbered, and no laptop gives the new number out again")
        func renumber() async throws {
            let trial = try await Trial()
            let first = try await trial.laptop("ward-1")
            // A clone of the whole machine gives out the same number once more.
            let image = try StoreImage(of: first)
            try await first("participant", "add")
            try await first.sync()
            try image.restoreInPlace(marker: true)
            try await first("participant", "add")
            try await first.sync()
            let conflict = try await trial.centre("conflicts")[0]
            try #require(conflict["kind"] == "duplicateNumber")
            let names = try await trial.centre("participant", "list").list.map { $0["participant"].text }
            #expect(names.count == 2 && names.allSatisfy { $0.hasPrefix("PKU-001~") })
            let command = ["participant", "renumber", names[1]]
            try await trial.refuses(
                "ambiguous-number", "participant", "renumber", "PKU-001", "PKU-002", "--reason", "x",
                user: "coordinator-1")
            try await trial.refuses(
                "name-invalid", "participant", "renumber", names[1], "SHA-002", "--reason", "x",
                user: "coordinator-1")
            try await trial.refuses(
                "not-allowed", "participant", "renumber", names[1], "PKU-002", "--reason", "x",
                user: "doctor-1")
            let renumbered = try await
                (try trial.start(
                    command + ["PKU-002", "--reason", "given twice"], user: "coordinator-1")).reply().done()
            #expect(renumbered["participant"] == "PKU-002")
            #expect(try await trial.centre("conflicts").list.isEmpty)
            #expect(
                try await trial.centre("conflict", "show", conflict["id"].text)["status"] == "resolved")
            try await first.sync()
            #expect(try await first("participant", "list").list.count == 2)
            #expect(try await first("participant", "add")["participant"] == "PKU-003")
            #expect(try await first("query", "list")[0]["participant"] == "PKU-002")
            try await first.sync()
            try await expectInStep(trial, [first])
        }
    }
}
