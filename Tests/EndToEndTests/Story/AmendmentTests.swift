import Foundation
import Testing

extension Story {
    /// The study is data, and can be amended while laptops are away.
    @Suite(.timeLimit(.minutes(5))) struct AmendmentTests {
        @Test(
            "An amendment reaches laptops at their next sync; what is not additive is refused with the path")
        func publish() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let away = try await trial.laptop("ward-2", user: "nurse-2")
            try await laptop("participant", "add")
            try await laptop.sync()
            let file = try amendment(of: trial) { text in
                text.replacing("\"version\": 1,", with: "\"version\": 2,").replacing(
                    #"{"oid": "VS.weight","#,
                    with: #"{"oid": "VS.height", "type": "decimal", "unit": "cm", "label": "#
                        + #"{"en": "Height", "zh": "身高"}}, {"oid": "VS.weight","#)
            }
            try await trial.refuses("not-allowed", "study", "publish", file, user: "monitor-1")
            #expect(try await trial.centre("study", "check", file)["comparedWith"] == 1)
            let dry = try await trial.centre(
                "study", "publish", file, "--dry-run", user: "coordinator-1")
            #expect(dry["version"] == 2 && dry["published"] == false)
            try await laptop.refuses("unknown-item", "visit", "edit", "PKU-001", "BL", "VS.height=170")
            try await trial.centre("study", "publish", file, user: "coordinator-1")
            try await laptop.sync()
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.height=170", "VS.weight=70")
            try await laptop.sync()
            let again = try await away.sync()
            #expect(again["inStep"] == true)
            #expect(try await away("visit", "show", "PKU-001", "BL")["items", "VS.height", "value"] == 170)
            let history = try await trial.centre("visit", "show", "PKU-001", "BL", "--history")["history"]
            #expect(history[0]["studyVersion"] == 2)
            #expect(try await trial.centre("report", "endpoints")["studyVersion"] == 2)
            try await trial.refuses("amendment-refused", "study", "publish", file, user: "coordinator-1")
            let bad = try amendment(of: trial) { text in
                text.replacing("\"version\": 2,", with: "\"version\": 3,").replacing(
                    #""oid": "AE.outcome""#, with: #""oid": "AE.result""#)
            }
            try await trial.refuses("amendment-refused", "study", "publish", bad, user: "coordinator-1")
            #expect(try await trial.centre("status")["study"] == "NCT05746689")
        }

        /// The definition as it stands, changed, in a file.
        private func amendment(of trial: Trial, _ change: (String) -> String) throws -> String {
            let shown = Process()
            let pipe = Pipe()
            shown.executableURL = try Program.trialsyncd.url()
            shown.arguments = ["study", "show"]
            shown.environment = trial.environment()
            shown.standardOutput = pipe
            try shown.run()
            let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            shown.waitUntilExit()
            let changed = change(text)
            #expect(changed != text)
            let file = trial.folder.appending(path: "amendment-\(UUID().uuidString).json")
            try changed.write(to: file, atomically: true, encoding: .utf8)
            return file.path
        }

        @Test(
            "The plan of doses follows the baseline weight: open in conflict, with the plan of each version")
        func plan() async throws {
            let trial = try await Trial()
            let first = try await trial.laptop("ward-1")
            let second = try await trial.laptop("ward-2", user: "nurse-2")
            try await first("participant", "add")
            try await first("visit", "edit", "PKU-001", "BL", "SV.date=2026-03-02", "VS.weight=75")
            let plan = try await first("schedule", "PKU-001")
            #expect(plan["prednisone"][0]["dose"] == 60 && plan["prednisone"][0]["toDay"] == 13)
            #expect(plan["prednisone"].list.last?["toDay"] == 251)
            #expect(plan["sirolimus"].list.map { $0["dose"] } == [2, 1])
            try await first.sync()
            try await second.sync()
            try await first("visit", "edit", "PKU-001", "BL", "VS.weight=50", "--reason", "typing error")
            try await second("visit", "edit", "PKU-001", "BL", "VS.weight=70", "--reason", "re-weighed")
            try await first.sync()
            try await second.sync()
            let open = try await second("schedule", "PKU-001")
            #expect(open["prednisone"] == .null && open["reason"].text.contains("conflict"))
            #expect(open["prednisoneByVersion"].list.count == 2)
            let visit = try await second("visit", "show", "PKU-001", "BL")
            #expect(visit["derived", "PRED.planned"] == .null)
            #expect(visit["derivedReasons", "PRED.planned"].text.contains("conflict"))
        }
    }
}
