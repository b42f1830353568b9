import Foundation
import Testing

extension Story {
    /// Laptops that stay connected, beside a centre where people work.
    @Suite(.timeLimit(.minutes(5))) struct WatchTests {
        private func begin() async throws -> (Trial, Laptop, Laptop, Running) {
            let trial = try await Trial()
            let first = try await trial.laptop("ward-1")
            let second = try await trial.laptop("ward-2", user: "nurse-2")
            try await first("participant", "add")
            try await first.sync()
            let watching = try second.start(["sync", "--watch"], isFollowed: true)
            let daemon = try trial.running
            try await within(seconds: 60, "the event stream") {
                while try await trial.centre("device", "list").list.count == 2, watching.isRunning {
                    if try await second("participant", "list").list.count == 1 { return }
                }
                throw Failure("the watcher ended: \(watching.errors) \(daemon.errors.suffix(300))")
            }
            return (trial, first, second, watching)
        }

        private func untilWeight(_ value: JSONNode, on laptop: Laptop) async throws {
            try await within(seconds: 60, "the arrival of \(value)") {
                while try await laptop("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"]
                    != value
                {}
            }
        }

        @Test(
            "A save arrives on a watching laptop, and the watcher's own saves go up, without a command"
        )
        func watch() async throws {
            let (trial, first, second, watching) = try await begin()
            try await first("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await first.sync()
            try await untilWeight(70, on: second)
            try await second("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "weighed again")
            try await within(seconds: 60, "the watcher's own save at the centre") {
                while try await trial.centre("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"]
                    != 71
                {}
            }
            watching.signal(SIGTERM)
            let reply = try await within(seconds: 60, "the watcher's end") { await watching.reply() }
            #expect(reply.exit == -SIGTERM || reply.exit == 0, "\(reply.err)")
            try await first.sync()
            try await expectInStep(trial, [first, second])
        }

        @Test("A decision at the centre arrives on a watching laptop")
        func decision() async throws {
            let (trial, first, second, watching) = try await begin()
            try await first("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await first.sync()
            try await untilWeight(70, on: second)
            let shown = try await second("visit", "show", "PKU-001", "BL")["base"].text
            try await first("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "first")
            try await second(
                "visit", "edit", "PKU-001", "BL", "VS.weight=72", "--reason", "second", "--base", shown)
            try await first.sync()
            try await within(seconds: 60, "the conflict at the centre") {
                while try await trial.centre("conflicts").list.isEmpty {}
            }
            let conflict = try await trial.centre("conflicts")[0]
            try await trial.centre(
                "conflict", "resolve", conflict["id"].text, "--set", "VS.weight=72", "--reason",
                "weighed here",
                user: "coordinator-1")
            try await untilWeight(72, on: second)
            await watching.end(SIGKILL)
        }

        @Test(
            "A watcher prints one line after each sync, at once")
        func lines() async throws {
            let (_, first, _, watching) = try await begin()
            let line = try await within(seconds: 60, "a line") {
                for await line in watching.lines { return line }
                throw Failure("the watcher ended")
            }
            let totals = try JSONDecoder().decode(JSONNode.self, from: Data(line.utf8))
            expectKeys(totals, Contract.sync)
            try await first("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await first.sync()
            _ = try await within(seconds: 60, "the next line") {
                for await line in watching.lines { return line }
                throw Failure("the watcher ended")
            }
        }

        @Test("SIGTERM ends the daemon cleanly while laptops watch, and they find it again when it is back")
        func terminate() async throws {
            let (trial, first, second, watching) = try await begin()
            let reply = try await trial.stop(SIGTERM)
            #expect(reply.exit == 0, "\(reply.err)")
            #expect(reply.elapsed > .zero && watching.isRunning)
            let lost = "not in touch with the centre: "
            try await within(seconds: 60, "word of it") {
                while !watching.errors.contains(lost) {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
            try await trial.serve()
            try await first("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await first.sync()
            try await within(seconds: 60, "the watcher's return") {
                while try await second("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] != 70
                {}
                while !watching.errors.contains("in touch with the centre again") {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
            #expect(watching.errors.components(separatedBy: lost).count == 2, "\(watching.errors)")
            await watching.end(SIGKILL)
        }
    }
}
