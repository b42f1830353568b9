import Foundation
import Testing

extension Story {
    /// The made-up trial of Examples/MadeUpTrial: 20 participants, two sites, 48 weeks.
    ///
    /// What is expected was counted by the program that drew the data, from the scores it drew, before any
    /// of this was written; it shares no code with the product.
    @Suite(.timeLimit(.minutes(5))) struct MadeUpTrialTests {
        @Test("A year of the trial, entered offline at two sites, ends in the endpoints that were drawn")
        func endpoints() async throws {
            let trial = try await Trial()
            try await enter(trial)
            let report = try await trial.centre("report", "endpoints")
            let (response, relapse) = (report["response"], report["relapse"])
            #expect(response["n"] == 15 && response["N"] == 20)
            #expect(response["missing"].list == ["PKU-008", "PKU-022", "SHA-008"])
            #expect(response["worst", "n"] == 15 && response["best", "n"] == 18)
            #expect(relapse["n"] == 2 && relapse["N"] == 15 && relapse["missing"].list == ["PKU-010"])
            #expect(relapse["worst", "n"] == 3 && relapse["best", "n"] == 2)
            #expect(report["remission", "n"] == 9 && report["remission", "N"] == 20)
            #expect(report["pga", "n"] == 17)
            #expect(abs(report["pga", "mean"].double - 34.23529411764706) < 0.001)
            #expect(abs(report["pga", "sd"].double - 5.142098450106555) < 0.0001)
            // Clopper and Pearson for 15 of 20: scipy.stats.beta.ppf gives 0.508954 and 0.913428.
            #expect(abs(response["low"].double - 0.508954) < 1e-5)
            #expect(abs(response["high"].double - 0.913428) < 1e-5)
            #expect(report["studyVersion"] == 1 && !report["toBeConfirmed"].list.isEmpty)
            let status = try await trial.centre("status")
            #expect(status["seriousEvents"] == 1 && status["participants"] == 20)
            #expect(status["seriousEventList"][0]["participant"] == "SHA-004")
            let deviations = try await trial.centre("report", "dosing").list.filter {
                $0["explained"] == false
            }
            #expect(deviations.map { $0["day"] } == [33, 34, 35])
            #expect(deviations.allSatisfy { $0["participant"] == "PKU-002" && $0["taken"] == 0 })
            try await findings(trial)
            try await schedule(trial)
            #expect(try await trial.centre("verify")["problems"].list.isEmpty)
        }

        private func enter(_ trial: Trial) async throws {
            let first = try await trial.laptop("ward-1")
            let second = try await trial.laptop("ward-2", user: "nurse-2")
            let third = try await trial.laptop("ward-3", site: "SHA", user: "nurse-3")
            for (laptop, count) in [(first, 10), (second, 2), (third, 8)] {
                for _ in 0..<count { try await laptop("participant", "add") }
                try await laptop.sync()
            }
            try await first.sync()
            try await first(
                "visit", "edit", "PKU-001", "BL", "SV.date=2024-03-04", "VS.weight=72.5", "PGA.vas=42")
            for (laptop, site) in [(first, "PKU"), (third, "SHA")] {
                for part in ["visits", "logs"] {
                    let file = Self.folder.appending(path: "\(site)-\(part).csv").path
                    #expect(try await laptop("import", file)["problems"].list.isEmpty)
                }
                try await laptop.sync()
            }
        }

        private func findings(_ trial: Trial) async throws {
            func checks(_ participant: String, _ event: String) async throws -> [JSONNode] {
                try await trial.centre("visit", "show", participant, event)["checks"].list.map { $0["check"] }
            }
            #expect(try await checks("PKU-003", "D14") == ["pk-window"])
            #expect(try await checks("SHA-006", "D14") == ["pk-window"])
            #expect(try await checks("PKU-005", "D14") == ["window"])
            #expect(try await checks("PKU-004", "D14") == [])
            #expect(try await checks("PKU-008", "W12").contains("required"))
            #expect(try await checks("PKU-022", "EOS").contains("sequence"))
            let total = try await trial.centre("visit", "show", "PKU-008", "W12")["derived"]
            #expect(total["RI.total"] == .null)
            let baseline = try await trial.centre("visit", "show", "PKU-001", "BL")["derived"]
            // 0.8 mg/kg x 72.5 kg = 58 mg, to the nearest 2.5: 57.5.
            #expect(baseline["PRED.planned"].double == 57.5 && baseline["SRL.planned"] == 2)
            #expect(
                try await trial.centre("visit", "show", "PKU-001", "SCR")["derived", "IE.eligible"] == true)
        }

        private func schedule(_ trial: Trial) async throws {
            let rows = try await trial.centre("report", "schedule").list
            func status(_ participant: String, _ event: String) -> JSONNode? {
                rows.first { $0["participant"].text == participant && $0["event"].text == event }?["status"]
            }
            #expect(status("PKU-001", "W48") == "done")
            #expect(status("PKU-004", "UNS#1") == "done")
            #expect(status("PKU-010", "W48") == "late" || status("PKU-010", "W48") == "missed")
            #expect(status("SHA-008", "W48") == "notPlanned")
        }

        private static let folder = URL(fileURLWithPath: #filePath)
            .appending(path: "../../../../Examples/MadeUpTrial").standardized
    }
}
