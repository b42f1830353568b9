import Foundation
import Testing

extension Trouble {
    /// Between laptop and centre lies a network as field sites have it.
    @Suite(.timeLimit(.minutes(5))) struct BadNetworkTests {
        private static let visits = 200

        private func centrePort(_ trial: Trial) throws -> Int {
            try #require(trial.address.split(separator: ":").last.flatMap { Int($0) })
        }

        /// A laptop that was enrolled through the link, with visits that wait.
        private func laptop(_ trial: Trial, over link: BadLink) async throws -> Laptop {
            let laptop = Laptop(trial: trial, name: "ward-1", user: "nurse-1")
            let invitation = try await trial.link(site: "PKU", "--url", "https://127.0.0.1:\(link.port)")
            for _ in 1...20 {
                let reply = try await laptop.reply(["enroll", invitation, "--name", "ward-1"])
                if reply.exit == 0 { break }
                #expect(reply.exit == 3, "\(reply.err)")
            }
            for _ in 1...5 { try await laptop("participant", "add") }
            _ = try await laptop.importing(VisitTable.csv(0..<Self.visits, participants: 5)).done()
            return laptop
        }

        @Test("64 kbit/s, 2 s there and back, one connection in ten lost: 200 visits arrive, each once")
        func fieldLink() async throws {
            let trial = try await Trial()
            let link = try await BadLink(
                to: try centrePort(trial),
                .init(latencyMilliseconds: 1_000, bytesPerSecond: 8_000, lostConnections: 0.1), seed: 7)
            let laptop = try await laptop(trial, over: link)
            var attempts = 0
            while try await laptop("status")["pending"].int > 0, attempts < 10 {
                attempts += 1
                let reply = try await laptop.reply(["sync"])
                #expect(reply.exit == 0 || reply.exit == 3, "\(reply.err)")
                if reply.exit == 0 { #expect(try reply.json()["bytesSent"].int < 60_000) }
            }
            try await laptop.sync()
            #expect(try await trial.digest()["entries"].int == Self.visits + 5)
            try await expectInStep(trial, [laptop])
            try await link.close()
        }

        @Test("A push that is cut is taken up within one page of where it stopped, and shows how far it is")
        func resumed() async throws {
            let (visits, page) = (3_500, 1_000)
            let trial = try await Trial()
            let link = try await BadLink(to: try centrePort(trial), .init())
            let laptop = try await laptop(trial, over: link)
            try await laptop.sync()
            let before = try await trial.digest()["entries"].int
            let new = Self.visits..<Self.visits + visits
            _ = try await laptop.importing(VisitTable.csv(new, participants: 5)).done()
            link.become(.init(bytesPerSecond: 50_000))
            let sync = try laptop.start(["sync"])
            let log = try trial.running
            try await within(seconds: 120, "two pages at the centre") {
                while sync.isRunning, log.errors.components(separatedBy: "/sync ").count < 5 {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            link.become(.init(lostConnections: 1))
            link.cut()
            #expect(await sync.reply().exit == 3)
            let held = try await trial.digest()["entries"].int - before
            let pending = try await laptop("status")["pending"].int
            #expect(held >= page && held < visits, "\(held)")
            #expect(visits - held <= pending && pending <= visits - held + page, "\(held) \(pending)")

            link.become(.init())
            let shown = try await onTerminal(laptop, "sync")
            #expect(shown.contains("sending ") && shown.contains(" of \(pending)"), "\(shown)")
            #expect(try await laptop("status")["pending"] == 0)
            #expect(try await trial.digest()["entries"].int == before + visits)
            try await expectInStep(trial, [laptop])
            try await link.close()
        }

        /// What a person at a terminal sees of a command.
        private func onTerminal(_ laptop: Laptop, _ command: String) async throws -> String {
            let program = try Program.trialsync.url().path
            let running = try laptop.trial.run(
                URL(fileURLWithPath: "/usr/bin/script"),
                ["-qec", "\(program) \(command) --user \(laptop.user)", "/dev/null"],
                environment: laptop.trial.environment(user: laptop.user, store: laptop.store))
            let reply = await running.reply()
            #expect(reply.exit == 0, "\(reply.out) \(reply.err)")
            return reply.out
        }

        @Test("A byte that is turned on the way is noticed, wherever it stands", arguments: [40, 900, 2_500])
        func corrupted(place: Int) async throws {
            let trial = try await Trial()
            let link = try await BadLink(to: try centrePort(trial), .init())
            let laptop = try await laptop(trial, over: link)
            link.become(.init(corruptedByte: place))
            let reply = try await laptop.reply(["sync"])
            #expect(reply.exit == 3 || reply.exit == 1, "\(reply.err)")
            #expect(try await laptop("status")["pending"].int == Self.visits + 5)
            #expect(try await trial.digest()["entries"].int == 0)
            link.become(.init())
            try await laptop.sync()
            try await expectInStep(trial, [laptop])
            try await link.close()
        }

        @Test("A network that falls silent in the middle of a push ends the sync in time, and loses nothing")
        func silent() async throws {
            let trial = try await Trial()
            let link = try await BadLink(to: try centrePort(trial), .init())
            let laptop = try await laptop(trial, over: link)
            link.become(.init(silentAfterBytes: 6_000))
            let reply = try await laptop.reply(["sync"])
            #expect(reply.exit == 3, "\(reply.err)")
            #expect(reply.elapsed < .seconds(120))
            #expect(try await laptop("status")["pending"].int == Self.visits + 5)
            link.become(.init())
            #expect(try await laptop.sync()["pushed"].int == Self.visits + 5)
            try await expectInStep(trial, [laptop])
            try await link.close()
        }
    }
}
