import Foundation
import Testing

private enum Volume {
    static let visits = LongRun.count("TRIALSYNC_VISITS", usually: 10_000)
    static let isLong = visits > 10_000
}

extension Endurance {
    /// As much as a large trial has. `TRIALSYNC_VISITS=1000000` makes a larger one, which takes hours and is
    /// not bound by the time and the rate that are usual.
    @Suite(.timeLimit(.minutes(2_880))) struct VolumeTests {
        @Test("Ten thousand visits go in at once, up, and down to a fresh laptop, with equal digests")
        func tenThousand() async throws {
            try await within(seconds: Volume.isLong ? 170_000 : 300, "everything in step") {
                try await all()
            }
        }

        private func all() async throws {
            let trial = try await Trial()
            if Volume.isLong {
                try await trial.stop()
                try await trial.serve("--rate-limit", "0")
            }
            let laptop = try await trial.laptop("ward-1")
            for _ in 1...10 { try await laptop("participant", "add") }
            let (visits, part) = (Volume.visits, 10_000)
            var (importing, pushing, pushed) = (Duration.zero, Duration.zero, 0)
            for first in stride(from: 0, to: visits, by: part) {
                let numbers = first..<min(visits, first + part)
                let imported = try await laptop.importing(VisitTable.csv(numbers))
                #expect(try imported.done()["saved"].int == numbers.count)
                let sync = try await laptop.reply(["sync"])
                pushed += try sync.done()["pushed"].int
                (importing, pushing) = (importing + imported.elapsed, pushing + sync.elapsed)
                if Volume.isLong { print("\(numbers.upperBound): \(imported.elapsed), \(sync.elapsed)") }
            }
            #expect(pushed == visits + 10)
            let start = ContinuousClock.now
            let fresh = try await trial.laptop("ward-2", user: "nurse-2")
            let enrolled = ContinuousClock.now - start
            print("\(visits) visits: import \(importing), push \(pushing), first sync \(enrolled)")
            let digest = try await trial.digest()
            #expect(digest["entries"].int == visits + 10 && digest["records"].int == visits + 10)
            for one in [laptop, fresh] { #expect(try await one.digest() == digest) }
            let visit = try await fresh("visit", "show", "PKU-010", "UNS#1000")
            #expect(visit["items", "VS.weight", "value"] == 99.9 && visit["pending"] == 0)
        }

        @Test("A site without any data answers every question, on its laptop and at the centre")
        func emptySite() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1", site: "SHA", user: "nurse-3")
            for command in ["status", "digest", "verify", "conflicts", "sync"] { try await laptop(command) }
            for command in [["participant", "list"], ["query", "list"]] {
                #expect(try await laptop.reply(command).done().list.isEmpty)
            }
            for report in ["endpoints", "dosing", "schedule", "reconcile"] {
                try await trial.centre("report", report)
            }
            let folder = trial.folder.path
            try await trial.centre("export", "audit", folder + "/audit.csv")
            try await laptop("bundle", "export", folder + "/stick")
            try await trial.centre("bundle", "import", folder + "/stick")
            #expect(try await trial.digest("SHA")["entries"] == 0)
            try await expectInStep(trial, [laptop], site: "SHA")
        }
    }
}
