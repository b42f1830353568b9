import Foundation
import Testing

private enum Volume {
    static let visits = LongRun.count("TRIALSYNC_VISITS", usually: 10_000)
    static let isLong = visits > 10_000
    /// A visit has 9,999 repeats at the most: as many participants as two thousand each need.
    static let participants = max(10, visits / 2_000)
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
            let (visits, participants, part) = (Volume.visits, Volume.participants, 10_000)
            var (importing, pushing, pushed) = (Duration.zero, Duration.zero, 0)
            for number in 1...participants {
                try await laptop("participant", "add")
                // A laptop has numbers for twenty of them at a time.
                if number.isMultiple(of: 10) { pushed += try await laptop.sync()["pushed"].int }
            }
            for first in stride(from: 0, to: visits, by: part) {
                let numbers = first..<min(visits, first + part)
                let imported = try await laptop.importing(
                    VisitTable.csv(numbers, participants: participants))
                #expect(try imported.done()["saved"].int == numbers.count)
                let sync = try await laptop.reply(["sync"])
                pushed += try sync.done()["pushed"].int
                (importing, pushing) = (importing + imported.elapsed, pushing + sync.elapsed)
                if Volume.isLong { print("\(numbers.upperBound): \(imported.elapsed), \(sync.elapsed)") }
            }
            #expect(pushed == visits + participants)
            let start = ContinuousClock.now
            let fresh = try await trial.laptop("ward-2", user: "nurse-2")
            let enrolled = ContinuousClock.now - start
            let status = try await fresh.reply(["status"])
            #expect(try status.done()["pending"] == 0)
            let sizes = try [trial.data, laptop.store, fresh.store].map { try Self.size($0) }
            print("\(visits) visits of \(participants): import \(importing), sync \(pushing),")
            print("first sync \(enrolled), status \(status.elapsed); MB at centre and laptops: \(sizes)")
            let digest = try await trial.digest()
            #expect(digest["entries"].int == visits + participants)
            #expect(digest["records"].int == visits + participants)
            for one in [laptop, fresh] { #expect(try await one.digest() == digest) }
            try await expectLast(of: visits, participants, on: fresh)
        }

        /// The last visit of the last participant has come whole.
        private func expectLast(of visits: Int, _ participants: Int, on laptop: Laptop) async throws {
            let (row, number) = (visits / participants * participants - 1, String(participants))
            let participant = "PKU-" + String(repeating: "0", count: max(0, 3 - number.count)) + number
            let visit = try await laptop("visit", "show", participant, "UNS#\(visits / participants)")
            let weight = Decimal(string: "\(50 + row % 50).\(row % 10)").map { JSONNode.number($0) }
            #expect(visit["items", "VS.weight", "value"] == weight && visit["pending"] == 0)
        }

        /// Of the files in a folder, in MB.
        private static func size(_ folder: URL) throws -> Int {
            let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            let sizes = names.map { name in
                let found = try? FileManager.default.attributesOfItem(
                    atPath: folder.appending(path: name).path)
                return found?[.size] as? Int ?? 0
            }
            return sizes.reduce(0, +) / 1_000_000
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
