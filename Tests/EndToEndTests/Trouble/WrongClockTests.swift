import Foundation
import Testing

#if os(Linux)
extension Trouble {
    /// Clocks of real programs that are wrong, jump and run backwards: they decide nothing, and people are
    /// told.
    @Suite(.timeLimit(.minutes(5))) struct WrongClockTests {
        private static let day: Int64 = 86_400

        @Test("A laptop's clock that is set back between two saves loses nothing, and is shown at both ends")
        func laptop() async throws {
            let trial = try await Trial()
            var laptop = try await trial.laptop("ward-1")
            let other = try await trial.laptop("ward-2", user: "nurse-2")
            let clock = try await FalseClock(in: trial.folder)
            laptop.clock = clock
            try clock.set(offSeconds: 30 * Self.day)
            try await laptop("participant", "add")
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await laptop.sync()
            try await other.sync()
            let device = try #require(
                try await trial.centre("device", "list").list.first { $0["name"] == "ward-1" })
            #expect(abs(device["clockOffsetSeconds"].int - Int(30 * Self.day)) < 60)

            // What is saved last has the earliest time of all, and counts as the last.
            try clock.set(offSeconds: -Self.day / 2)
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "weighed again")
            #expect(try await laptop("status")["clockBackSeconds"].int > 30 * Int(Self.day))
            try await laptop.sync()
            try await other.sync()
            #expect(try await other("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 71)
            try await other(
                "visit", "edit", "PKU-001", "BL", "VS.weight=72", "--reason", "and once more")
            try await other.sync()
            try await laptop.sync()
            #expect(try await laptop("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 72)
            #expect(try await trial.centre("conflicts").list.isEmpty)
            let seen = try #require(
                try await trial.centre("device", "list").list.first { $0["name"] == "ward-1" })
            #expect(seen["clockRanBack"] != .null)
            try await expectInStep(trial, [laptop, other])
        }

        @Test(
            "A laptop ten years off saves all the same, says whose clock is wrong, delivers when it is set"
        )
        func years() async throws {
            let trial = try await Trial()
            var laptop = try await trial.laptop("ward-1")
            let clock = try await FalseClock(in: trial.folder)
            laptop.clock = clock
            try await laptop("participant", "add")
            for years in [10, -10] as [Int64] {
                try clock.set(offSeconds: years * 365 * Self.day)
                try await laptop(
                    "visit", "edit", "PKU-001", "BL", "VS.weight=7\(years > 0 ? 0 : 1)", "--reason", "weighed"
                )
                try await laptop.refuses("clock-wrong", "sync")
            }
            #expect(try await laptop("status")["pending"] == 3)
            try clock.set(offSeconds: 0)
            #expect(try await laptop.sync()["pushed"] == 3)
            try await expectInStep(trial, [laptop])
        }

        @Test(
            "A centre that starts ten years off takes what is saved, or its laptops say whose clock is wrong",
            arguments: [10, -10] as [Int64])
        func daemon(years: Int64) async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let other = try await trial.laptop("ward-2", user: "nurse-2")
            try await laptop("participant", "add")
            try await laptop.sync()
            let clock = try await FalseClock(in: trial.folder)
            try await trial.stop()
            try clock.set(offSeconds: years * 365 * Self.day)
            try await trial.serve(clock: clock)
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            let off = try await laptop.reply(["sync"])
            if years < 0 {
                // Its certificate and the authority begin later: they stay, and are good for the laptop.
                #expect(try off.done()["pushed"] == 1)
                let offset = try await laptop("status")["clockOffsetSeconds"].int
                #expect(abs(offset) > Int(365 * Self.day))
            } else {
                // By its clock the certificate has ended: the new one begins in ten years.
                expectRefusal(off, "clock-wrong")
                #expect(try off.json()["error", "message"].text.contains("the server's says 20"))
                #expect(try await laptop("status")["pending"] == 1)
            }

            try await trial.stop()
            try clock.set(offSeconds: 0)
            try await trial.serve(clock: clock)
            // A certificate whose days are yet to come the right clock renews again.
            #expect(try await laptop.sync()["pushed"].int == (years < 0 ? 0 : 1))
            try await other.sync()
            #expect(try await other("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 70)
            try await other("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "weighed again")
            try await other.sync()
            try await laptop.sync()
            #expect(try await laptop("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 71)
            #expect(try await trial.centre("conflicts").list.isEmpty)
            try await expectInStep(trial, [laptop, other])
        }

        @Test("The centre's clock is set back while it runs: nobody has to log in, and nothing is lost")
        func centre() async throws {
            let trial = try await Trial()
            let clock = try await FalseClock(in: trial.folder)
            try await trial.stop()
            try await trial.serve(clock: clock)
            let laptop = try await trial.laptop("ward-1")
            try await laptop("participant", "add")
            try await laptop.sync()
            for (index, seconds) in [-Self.day / 2, Self.day, -Self.day / 4].enumerated() {
                try clock.set(offSeconds: seconds)
                try await laptop(
                    "visit", "edit", "PKU-001", "BL", "VS.weight=7\(index)", "--reason", "weighed")
                #expect(try await laptop.sync()["pushed"] == 1, "off by \(seconds) s")
            }
            #expect(
                try await trial.centre("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 72)
            try await expectInStep(trial, [laptop])
        }
    }
}
#endif
