import Foundation
import Testing

extension Trouble {
    /// No network at all: sealed files go from hand to hand.
    @Suite(.timeLimit(.minutes(5))) struct BundleTests {
        private func file(_ trial: Trial, _ name: String) -> String {
            trial.folder.appending(path: name).path
        }

        /// Two laptops of PKU with one participant, in step; then the network is gone for good.
        private func cutOff() async throws -> (Trial, Laptop, Laptop) {
            let (trial, first, second) = try await Trial.inStep()
            try await trial.stop()
            return (trial, first, second)
        }

        @Test("Saves go from laptop to laptop to the centre and back, on sticks alone")
        func wholeWay() async throws {
            let (trial, first, second) = try await cutOff()
            try await first("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "typing error")
            try await second("visit", "edit", "PKU-001", "BL", "PGA.vas=40")
            let written = try await first("bundle", "export", file(trial, "a"))
            #expect(written["pushed"].int > 3 && written["bytesSent"].int > 0)

            let taken = try await second("bundle", "import", file(trial, "a"))
            #expect(taken["pulled"] == 1 && taken["inStep"] == false && taken["conflicts"] == 0)
            #expect(try await second("bundle", "import", file(trial, "a"))["pulled"] == 0, "once is enough")
            let items = try await second("visit", "show", "PKU-001", "BL")["items"]
            #expect(items["VS.weight", "value"] == 71 && items["PGA.vas", "value"] == 40)
            #expect(try await second("status")["pending"] == 1, "what another laptop lent is not our own")

            try await second("bundle", "export", file(trial, "b"))
            let brought = try await trial.centre("bundle", "import", file(trial, "b"))
            #expect(brought["pulled"] == 2 && brought["quarantined"] == 0)
            let shown = try await trial.centre("visit", "show", "PKU-001", "BL", "--history")
            #expect(shown["items", "VS.weight", "value"] == 71 && shown["items", "PGA.vas", "value"] == 40)
            #expect(
                shown["history"].list.map { $0["device"].text }.sorted() == ["ward-1", "ward-1", "ward-2"])

            try await trial.centre("bundle", "export", "--site", "PKU", file(trial, "c"))
            for laptop in [first, second] {
                let back = try await laptop("bundle", "import", file(trial, "c"))
                #expect(back["confirmed"] == 1 && back["inStep"] == true)
            }
            try await expectInStep(trial, [first, second])
            try await trial.serve()
            #expect(try await first.sync()["pushed"] == 0)
            #expect(try await second.sync()["pushed"] == 0)
        }

        @Test("Two edits of one item meet on a stick: flagged on the laptop, decided, and settled everywhere")
        func conflict() async throws {
            let (trial, first, _) = try await cutOff()
            let doctor = try await { () -> Laptop in
                try await trial.serve()
                let laptop = try await trial.laptop("office", user: "doctor-1")
                try await trial.stop()
                return laptop
            }()
            try await first("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "typing error")
            try await doctor("visit", "edit", "PKU-001", "BL", "VS.weight=72", "--reason", "re-weighed")
            try await first("bundle", "export", file(trial, "a"))
            #expect(try await doctor("bundle", "import", file(trial, "a"))["conflicts"] == 1)
            let conflict = try await doctor("conflicts")[0]
            let entry = conflict["versions"].list.first { $0["values", "VS.weight"] == 72 }?["entry"].text
            try await doctor(
                "conflict", "resolve", conflict["id"].text, "--take", entry ?? "", "--reason", "the newer one"
            )
            try await doctor("bundle", "export", file(trial, "b"))
            #expect(try await trial.centre("bundle", "import", file(trial, "b"))["conflicts"] == 0)
            #expect(
                try await trial.centre("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 72)
            try await trial.centre("bundle", "export", "--site", "PKU", file(trial, "c"))
            for laptop in [first, doctor] { try await laptop("bundle", "import", file(trial, "c")) }
            try await expectInStep(trial, [first, doctor])
        }

        @Test("After a restore sticks heal the centre and bring laptops to its new epoch")
        func restored() async throws {
            let (trial, first, second) = try await cutOff()
            try await trial.centre("backup", file(trial, "backup"))
            try await trial.serve()
            try await first("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "typing error")
            try await first.sync()
            try await second.sync()
            try await trial.centre("bundle", "export", "--site", "PKU", file(trial, "old"))
            try await trial.stop()
            try await trial.centre("restore", file(trial, "backup"))

            try await second("visit", "edit", "PKU-001", "BL", "PGA.vas=40")
            try await second("bundle", "export", file(trial, "b"))
            #expect(try await trial.centre("bundle", "import", file(trial, "b"))["pulled"] == 2)
            try await trial.centre("bundle", "export", "--site", "PKU", file(trial, "c"))
            for laptop in [first, second] {
                #expect(try await laptop("bundle", "import", file(trial, "c"))["inStep"] == true)
                let items = try await laptop("visit", "show", "PKU-001", "BL")["items"]
                #expect(items["VS.weight", "value"] == 71 && items["PGA.vas", "value"] == 40)
                try await laptop.refuses("not-in-step", "bundle", "import", file(trial, "old"))
            }
            try await expectInStep(trial, [first, second])
            try await trial.serve()
            for laptop in [first, second] { try await laptop.sync() }
            try await expectInStep(trial, [first, second])
        }

        @Test("What is no bundle of the site, or was cut or altered, is refused, and nothing changes")
        func refused() async throws {
            let trial = try await Trial()
            let first = try await trial.laptop("ward-1")
            let other = try await trial.laptop("ward-3", site: "SHA", user: "nurse-3")
            try await first("participant", "add")
            try await first("bundle", "export", file(trial, "a"))
            try await first.refuses("already-exists", "bundle", "export", file(trial, "a"))
            try await first.refuses("file-unreadable", "bundle", "import", file(trial, "nothing"))
            try await first.refuses("file-unreadable", "bundle", "export", file(trial, "no/such/folder"))
            try await other.refuses("other-site", "bundle", "import", file(trial, "a"))
            try await trial.refuses("site-unknown", "bundle", "export", "--site", "XYZ", file(trial, "x"))
            try Data("no bundle at all".utf8).write(to: URL(fileURLWithPath: file(trial, "text")))
            let whole = try Data(contentsOf: URL(fileURLWithPath: file(trial, "a")))
            #expect(whole.firstRange(of: Data("PKU-001".utf8)) == nil)
            var altered = whole
            altered[altered.count / 2] ^= 1
            try altered.write(to: URL(fileURLWithPath: file(trial, "altered")))
            let before = try await trial.digest()
            for (name, code) in [("text", "malformed"), ("altered", "seal-broken")] {
                try await first.refuses(code, "bundle", "import", file(trial, name))
                try await trial.refuses(code, "bundle", "import", file(trial, name))
            }
            for count in stride(from: 1, to: whole.count, by: 97) {
                try whole.prefix(count).write(to: URL(fileURLWithPath: file(trial, "cut")))
                let reply = try await trial.reply("bundle", "import", file(trial, "cut"))
                #expect(reply.exit == 1)
                let code = try reply.json()["error", "code"].text
                #expect(["malformed", "body-incomplete"].contains(code), "cut at \(count)")
            }
            #expect(try await trial.digest() == before)
            try await trial.centre("bundle", "import", file(trial, "a"))
            #expect(try await trial.centre("participant", "list").list.count == 1)
        }
    }
}
