import Foundation
import GRDB
import Testing

extension Trust {
    /// The audit trail as an inspector meets it: complete in a file, and true to the store.
    @Suite(.timeLimit(.minutes(5))) struct AuditTrailTests {
        /// A weight that was corrected, one that two people changed apart, a signature, and something that
        /// was not applied.
        private func trial() async throws -> (Trial, Laptop) {
            let trial = try await Trial()
            let (nurse, doctor) = (
                try await trial.laptop("ward-1"), try await trial.laptop("ward-2", user: "doctor-1")
            )
            try await nurse("participant", "add")
            try await nurse("visit", "edit", "PKU-001", "BL", "VS.weight=70", "PGA.vas=10")
            try await nurse.sync()
            try await doctor.sync()
            try await nurse(
                "visit", "edit", "PKU-001", "BL", "VS.weight=71.0", "--reason", "=1+1, \"read\" twice")
            try await doctor("visit", "edit", "PKU-001", "BL", "VS.weight=72", "--reason", "typing error")
            try await nurse.sync()
            try await doctor.sync()
            let conflict = try await doctor("conflicts")[0]
            try await doctor(
                "conflict", "resolve", conflict["id"].text, "--set", "VS.weight=71.5", "--reason", "asked")
            try await doctor("visit", "sign", "PKU-001", "BL", "--meaning", "reviewed")
            try await doctor.sync()
            try await trial.centre("device", "revoke", "ward-1")
            try await nurse("visit", "edit", "PKU-001", "D14", "VS.weight=69")
            _ = try await nurse.reply(["sync"])
            return (trial, doctor)
        }

        private func export(_ trial: Trial, _ name: String, _ more: String...) async throws -> (JSONNode, URL)
        {
            let file = trial.folder.appending(path: name)
            let reply = try await trial.start(["export", "audit", file.path] + more).reply().done()
            return (reply["files"][0], file)
        }

        @Test("Every save stands in the export with old and new value, who, when, why and the verdict")
        func json() async throws {
            let (trial, _) = try await trial()
            let (made, file) = try await export(trial, "audit.json", "--participant", "PKU-001")
            expectKeys(made, ["path", "rows", "sha256"])
            let entries = try JSONDecoder().decode(JSONNode.self, from: Data(contentsOf: file)).list
            #expect(made["rows"].double == Double(entries.count))
            let correction = try #require(entries.first { $0["reason"].text.hasPrefix("=1+1") })
            #expect(correction["author"] == "nurse-1" && correction["role"] == "dataEntry")
            #expect(correction["device"] == "ward-1" && correction["site"] == "PKU")
            #expect(correction["event"] == "BL" && correction["verdict"] == "applied")
            #expect(!correction["at"].text.isEmpty && !correction["receivedAt"].text.isEmpty)
            let change = correction["changes"][0]
            #expect(change["item"] == "VS.weight" && change["old"].list.map { $0["value"] } == [70])
            #expect(change["new", "value"] == 71 && change["new", "unit"] == "kg")
            let decision = try #require(entries.first { $0["kind"] == "resolve" })
            #expect(decision["changes"][0]["old"].list.count == 2 && !decision["conflict"].text.isEmpty)
            #expect(entries.contains { $0["kind"] == "sign" })
            let kept = try #require(entries.first { $0["event"] == "D14" })
            #expect(kept["verdict"] == "quarantined:device-revoked")
            let all = try await export(trial, "all.json").0["rows"].double
            #expect(all == (try await trial.centre("verify")["entries"].double), "and nothing is left out")
        }

        @Test("As a table it is RFC 4180, with a row for each item and no formula in it")
        func table() async throws {
            let (trial, _) = try await trial()
            let (made, file) = try await export(
                trial, "audit.csv", "--participant", "PKU-001", "--person", "nurse-1")
            let text = try String(contentsOf: file, encoding: .utf8)
            let lines = text.components(separatedBy: "\r\n")
            #expect(lines.last == "" && Double(lines.count - 2) == made["rows"].double)
            #expect(
                lines[0].hasPrefix("entry,change,site,participant,event,record,kind,item,old,new,reason,"))
            let correction = try #require(lines.first { $0.contains("VS.weight,70 kg,71.0 kg") })
            let ending = "nurse-1,dataEntry,asReportedByDevice,ward-1,"
            #expect(correction.contains("\"'=1+1, \"\"read\"\" twice\",\(ending)"))
            #expect(!text.contains("doctor-1"))
            #expect(lines.filter { $0.contains(",BL,") }.count == 3)
        }

        @Test("A file is not replaced unasked, and what is asked amiss is refused without one")
        func refusals() async throws {
            let trial = try await Trial()
            let (_, file) = try await export(trial, "audit.csv")
            let before = try Data(contentsOf: file)
            try await trial.refuses("already-exists", "export", "audit", file.path)
            #expect(try Data(contentsOf: file) == before)
            try await trial.centre("export", "audit", file.path, "--force")
            let other = trial.folder.appending(path: "other.csv").path
            try await trial.refuses(
                "unknown-participant", "export", "audit", other, "--participant", "PKU-999")
            try await trial.refuses("site-unknown", "export", "audit", other, "--site", "XYZ")
            try await trial.refuses("usage", "export", "audit", other, "--from", "yesterday", exit: 2)
            try await trial.refuses(
                "usage", "export", "audit", other, "--from", "2026-03-02", "--to", "2026-03-01", exit: 2)
            #expect(!FileManager.default.fileExists(atPath: other))
            let (none, _) = try await export(trial, "none.csv", "--to", "2000-01-01")
            #expect(none["rows"] == 0)
        }

        @Test("A letter altered in the centre's file is found, and where")
        func alteredFile() async throws {
            let (trial, _) = try await trial()
            try await trial.stop()
            #expect(try await trial.centre("verify")["problems"].list.isEmpty)
            let file = trial.data.appending(path: "centre.db")
            var bytes = try Data(contentsOf: file)
            let place = try #require(bytes.range(of: Data("typing error".utf8)))
            bytes.replaceSubrange(place, with: Data("typing_error".utf8))
            try bytes.write(to: file)
            let reply = try await trial.reply("verify")
            #expect(reply.exit == 1)
            let history = try await trial.centre("visit", "show", "PKU-001", "BL", "--history")["history"]
                .list
            let entry = try #require(history.first { $0["reason"].text == "typing_error" })["entry"].text
            let parts = entry.split(separator: "/")
            let problems = try reply.json()["problems"].list
            #expect(
                problems.contains { $0["where"].text == "\(parts[0].prefix(8))/\(parts[1])" }, "\(problems)")
        }

        @Test("A record that a file lacks is mended from its entries, on either side and beside the daemon")
        func mended() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop.sync()
            let digest = try await trial.digest()
            for file in [trial.data.appending(path: "centre.db"), laptop.store.appending(path: "store.db")] {
                let queue = try DatabaseQueue(path: file.path)
                try await queue.write { db in
                    try db.execute(sql: "DELETE FROM record WHERE number IS NOT NULL")
                }
                try queue.close()
            }
            #expect(try await trial.reply("verify").exit == 1)
            #expect(try await laptop.reply(["verify"]).exit == 1)
            for report in [
                try await trial.centre("verify", "--repair"), try await laptop("verify", "--repair"),
            ] {
                #expect(report["problems"].list.isEmpty && !report["rebuilt"].list.isEmpty)
            }
            #expect(try await trial.digest() == digest)
            #expect(try await trial.centre("visit", "show", "PKU-001", "BL")["participant"].text == "PKU-001")
            try await expectInStep(trial, [laptop])
        }

        @Test("A centre's file that was put back is found, until laptops have brought the entries again")
        func putBackCentre() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop.sync()
            try await trial.stop()
            let file = trial.data.appending(path: "centre.db")
            let image = try Data(contentsOf: file)
            try await trial.serve()
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await laptop.sync()
            try await trial.stop()
            try image.write(to: file)
            let found = try await trial.reply("verify")
            #expect(found.exit == 1)
            #expect(try found.json()["problems"].list.map { $0["code"] } == ["store-rolled-back"])
            try await trial.serve()
            #expect(try trial.running.errors.contains("store-rolled-back"))
            try await laptop.sync()
            #expect(try await trial.centre("verify")["problems"].list.isEmpty)
        }

        @Test("A laptop's file that was put back says what it has lost")
        func putBackLaptop() async throws {
            let laptop = try await Trial.withLaptop().laptop
            try await laptop.sync()
            let image = try StoreImage(of: laptop)
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try image.restoreInPlace(marker: false)
            for _ in 1...2 {
                let found = try await laptop.reply(["verify"])
                #expect(found.exit == 1)
                #expect(try found.json()["problems"].list.map { $0["code"] } == ["store-rolled-back"])
                let status = try await laptop("status")
                #expect(status["missing"] == 1 && status["safeSince"] == .null)
                #expect(try await laptop.sync()["missing"] == 1)
            }
            let place = try await laptop.reply(["verify"]).json()["problems"][0]["where"].text
            try await laptop.refuses("usage", "verify", "--acknowledge", place, exit: 2)
            try await laptop.refuses(
                "not-found", "verify", "--acknowledge", "00000000/1", "--reason", "made-up")
            try await laptop("verify", "--acknowledge", place, "--reason", "the disk was replaced")
            let status = try await laptop("status")
            #expect(status["missing"] == 0 && status["safeSince"] != .null)
        }
    }
}
