import Foundation
import Testing

extension Story {
    /// Adverse events, medication and doses taken: line by line.
    @Suite(.timeLimit(.minutes(5))) struct LogTests {
        @Test("Lines are begun and corrected offline, merge item by item, and conflict like visits")
        func lines() async throws {
            let trial = try await Trial()
            let first = try await trial.laptop("ward-1")
            let second = try await trial.laptop("ward-2", user: "nurse-2")
            try await first("participant", "add")
            let line = try await first(
                "log", "add", "PKU-001", "AE", "AE.term=pneumonia", "AE.start=2026-03", "AE.serious=Y")
            let name = line["line"].text
            #expect(line["form"] == "AE" && line["participant"] == "PKU-001" && name.hasPrefix("AE-"))
            try await first.sync()
            try await second.sync()
            try await first.refuses("reason-needed", "log", "edit", "PKU-001", name, "AE.term=flu")
            try await first("log", "edit", "PKU-001", name, "AE.grade=3")
            try await second("log", "edit", "PKU-001", name, "AE.outcome=resolved")
            for _ in 0..<2 {
                try await first.sync()
                try await second.sync()
            }
            let merged = try await second("log", "show", "PKU-001", name, "--history")
            #expect(merged["items", "AE.grade", "value"] == 3)
            #expect(merged["items", "AE.outcome", "value"] == "resolved")
            #expect(merged["history"].list.count == 3 && merged["conflicts"].list.isEmpty)
            try await first("log", "edit", "PKU-001", name, "AE.grade=4", "--reason", "intensive care")
            try await second("log", "edit", "PKU-001", name, "AE.grade=2", "--reason", "misread")
            for _ in 0..<2 {
                try await first.sync()
                try await second.sync()
            }
            let conflict = try await trial.centre("conflicts")[0]
            #expect(conflict["line"].text == name && conflict["register"] == "AE.grade")
            #expect(try await trial.centre("log", "list", "PKU-001", "AE").list.count == 1)
            #expect(try await trial.centre("status")["seriousEvents"] == 1)
        }

        @Test("What cannot be is refused or found, and nothing that was entered is lost")
        func badInput() async throws {
            let laptop = try await Trial.withLaptop().laptop
            try await laptop.refuses("unknown-form", "log", "add", "PKU-001", "XX", "AE.term=x")
            try await laptop.refuses("unknown-form", "log", "add", "PKU-001", "VS", "VS.weight=70")
            try await laptop.refuses("unknown-participant", "log", "add", "PKU-002", "AE", "AE.term=x")
            try await laptop.refuses("wrong-type", "log", "add", "PKU-001", "EX", "EX.dose=2,5")
            try await laptop.refuses("item-not-at-event", "log", "add", "PKU-001", "AE", "VS.weight=70")
            try await laptop.refuses("not-found", "log", "show", "PKU-001", "AE-00000000")
            let line = try await laptop(
                "log", "add", "PKU-001", "AE", "AE.term=headache", "AE.start=2026-03-05", "AE.end=2026-03-01")
            let found = line["checks"].list.first { $0["check"] == "date-order" }
            #expect(found?["items"].list == ["AE.start", "AE.end"])
            #expect(found?["message"].text.contains("2026-03-01") == true && found?["since"] != .null)
            #expect(line["items", "AE.end", "value"] == "2026-03-01")
            #expect(try await laptop("log", "list", "PKU-001", "AE").list.count == 1)
        }
    }
}
