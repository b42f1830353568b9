import Foundation
import Testing

extension Refusals {
    /// CSV files that cannot be saved.
    @Suite(.timeLimit(.minutes(5))) struct BadImportTests {
        private func begin() async throws -> Laptop {
            let laptop = try await (try await Trial()).laptop("ward-1")
            try await laptop("participant", "add")
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            return laptop
        }

        @Test("Every wrong line is named with its number and item, and nothing is saved")
        func lines() async throws {
            let laptop = try await begin()
            let reply = try await laptop.importing(
                """
                participant,event,VS.weight,PGA.vas,LB.date
                PKU-001,UNS#1,70,10,2026-03-01
                PKU-009,UNS#1,70,10,
                PKU-001,UNS#2,"heavy",,2026-13-01
                PKU-001,W99,70,,
                PKU-001,D14,70,10,
                PKU-001,UNS#3,"70
                ",1,,9
                PKU-001,UNS#1,71,,

                """)
            expectRefusal(reply, "import-problems")
            let answer = try reply.json()
            #expect(answer["saved"] == 0)
            let found = answer["problems"].list.map { problem in
                expectKeys(problem, ["line", "item", "message"], adding: ["code"])
                return "\(problem["line"].int) \(problem["item"].text) \(problem["code"].text)"
            }
            #expect(
                found == [
                    "3  unknown-participant", "4 VS.weight wrong-type", "4 LB.date wrong-type",
                    "5  unknown-event", "5 VS.weight item-not-at-event",
                    "6 PGA.vas item-not-at-event", "7  malformed", "9  usage",
                ], "\(found)")
            #expect(try await laptop("status")["pending"] == 2)
        }

        @Test("A value that would be replaced needs a reason; with one the import goes in")
        func reason() async throws {
            let laptop = try await begin()
            let csv = "participant,event,VS.weight,PGA.vas\nPKU-001,W12,71,1\nPKU-001,BL,72,2\n"
            let reply = try await laptop.importing(csv)
            expectRefusal(reply, "import-problems")
            #expect(try reply.json()["problems"].list.map { $0["line"] } == [3])
            #expect(try await laptop("visit", "show", "PKU-001", "W12")["items", "PGA.vas", "value"] == .null)
            let file = laptop.trial.folder.appending(path: "again.csv")
            try Data(csv.utf8).write(to: file)
            #expect(try await laptop("import", file.path, "--reason", "the paper forms")["saved"] == 2)
            #expect(try await laptop("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 72)
        }

        @Test(
            "What is no table of visits is refused whole",
            arguments: [
                "", "participant,event\n", "patient,visit,VS.weight\nPKU-001,BL,70\n",
                "participant,event,VS.weight\nPKU-001,BL,\"70\n",
            ])
        func table(csv: String) async throws {
            let laptop = try await begin()
            expectRefusal(try await laptop.importing(csv), "malformed")
        }

        @Test("An unknown item of the header is named; a file that is not there is said to be so")
        func header() async throws {
            let laptop = try await begin()
            let reply = try await laptop.importing(
                "participant,event,VS.height,PGA.vas,PGA.vas\nPKU-001,BL,1,2,3\n")
            expectRefusal(reply, "import-problems")
            #expect(try reply.json()["problems"].list.prefix(2).map { $0["line"] } == [1, 1])
            try await laptop.refuses("file-unreadable", "import", "/nowhere/at/all.csv")
        }

        @Test(
            "Two lines for one repeat are one too many, however its number is written"
        )
        func spelling() async throws {
            let laptop = try await begin()
            let reply = try await laptop.importing(
                "participant,event,PGA.vas\nPKU-001,UNS#7,1\nPKU-001,UNS#07,2\n")
            expectRefusal(reply, "import-problems")
            #expect(try await laptop("conflicts").list.isEmpty)
        }
    }
}
