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
