import Foundation
import Testing
import TrialModel
import TrialSyncTesting

extension Trouble {
    /// Between laptop and centre lies a network as field sites have it.
    @Suite(.timeLimit(.minutes(5))) struct BadNetworkTests {
        private static let visits = 200

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

        private static let fieldBytesPerSecond = 8_000
        /// 64 kbit/s each way, and 2 s there and back: a second each way.
        private static let field = BadLink.Profile(
            latencyMilliseconds: 1_000, bytesPerSecond: fieldBytesPerSecond)

        @Test("64 kbit/s, 2 s there and back, one connection in ten lost: 200 visits arrive, each once")
        func fieldLink() async throws {
            let trial = try await Trial()
            let link = try await BadLink(to: trial, Self.field)
            let laptop = try await laptop(trial, over: link)
            var profile = Self.field
            profile.lostConnections = 0.1
            // Of this seed's first twelve connections the first is lost after 1,761 bytes, in the middle of
            // the push, and the third after 2,527.
            link.become(profile, seed: 1_164)
            let sent = link.counts.bytesFromLaptop
            var (attempts, elapsed) = (0, Duration.zero)
            while try await laptop("status")["pending"].int > 0, attempts < 10 {
                attempts += 1
                let reply = try await attempts == 1 ? cutPush(of: laptop, link) : onTerminal(laptop).reply()
                elapsed += reply.elapsed
                #expect(reply.exit == 0 || reply.exit == 3, "\(reply.out) \(reply.err)")
                if reply.exit == 0 { #expect(reply.out.contains("sending "), "\(reply.out)") }
            }
            // Of all that the laptop sent some may have come when the last command had ended.
            let bytes = link.counts.bytesFromLaptop - sent
            #expect(bytes > 5_000 && bytes < 60_000, "\(bytes)")
            let passing = Duration.milliseconds(1_000 * (bytes - 1_000) / Self.fieldBytesPerSecond)
            #expect(elapsed > .seconds(4 * 2) + passing, "handshake, challenge, session and push, one by one")
            try await laptop.sync()
            let counts = link.counts
            print("\(counts.connections) connections, \(counts.lost) lost, \(attempts) commands, \(elapsed)")
            #expect(try await trial.digest()["entries"].int == Self.visits + 5)
            try await expectInStep(trial, [laptop])
            try await link.close()
        }

        /// A sync whose first connection is lost, after a session was opened on it and before the centre had
        /// a push: what was on its way was the push.
        private func cutPush(of laptop: Laptop, _ link: BadLink) async throws -> Reply {
            let log = try laptop.trial.running
            func requests() -> [Int] {
                ["/v1/session", "/sync "].map { log.errors.components(separatedBy: $0).count }
            }
            let before = requests()
            let sync = try onTerminal(laptop)
            try await within(seconds: 100, "a lost connection") {
                while sync.isRunning, link.counts.lost == 0 { try await Task.sleep(for: .milliseconds(5)) }
            }
            #expect(link.counts.lost == 1, "\(link.counts)")
            #expect(requests() == [before[0] + 1, before[1]])
            return await sync.reply()
        }

        @Test(
            "On that link a push that is cut goes on within one page of where it stopped, and shows how far")
        func resumed() async throws {
            // Three pages: while news of the first comes back, the second may arrive.
            let (visits, page) = (2_900, 1_000)
            let trial = try await Trial()
            let link = try await BadLink(to: trial)
            let laptop = try await laptop(trial, over: link)
            try await laptop.sync()
            let before = try await trial.digest()["entries"].int
            let new = Self.visits..<Self.visits + visits
            _ = try await laptop.importing(VisitTable.csv(new, participants: 5)).done()
            link.become(Self.field)
            let log = try trial.running
            let exchanges = log.errors.components(separatedBy: "/sync ").count
            let cut = try onTerminal(laptop)
            try await within(seconds: 200, "a page at the centre, and news of it on the laptop") {
                while cut.isRunning,
                    log.errors.components(separatedBy: "/sync ").count == exchanges
                        || !cut.printed.contains("sending ")
                { try await Task.sleep(for: .milliseconds(5)) }
            }
            link.become(.init(lostConnections: 1))
            link.cut()
            let seen = await cut.reply()
            #expect(seen.exit == 3 && seen.out.contains("\(page) of \(visits)"), "\(seen.out)")
            let held = try await trial.digest()["entries"].int - before
            let pending = try await laptop("status")["pending"].int
            #expect(held >= page && held < visits, "\(held)")
            #expect(visits - held <= pending && pending <= visits - held + page, "\(held) \(pending)")

            link.become(Self.field)
            let sent = link.counts.bytesFromLaptop
            let shown = await (try onTerminal(laptop)).reply()
            #expect(shown.exit == 0 && shown.out.contains("sending "), "\(shown.out) \(shown.err)")
            #expect(shown.out.contains("\(pending) of \(pending)"), "\(shown.out)")
            let again = link.counts.bytesFromLaptop - sent
            print("cut at \(held) of \(visits), \(pending) sent in \(shown.elapsed) with \(again) bytes")
            link.become(.init())
            #expect(try await laptop("status")["pending"] == 0)
            #expect(try await trial.digest()["entries"].int == before + visits)
            try await expectInStep(trial, [laptop])
            try await link.close()
        }

        /// A sync as a person at a terminal runs it.
        private func onTerminal(_ laptop: Laptop) throws -> Running {
            let program = try Program.trialsync.url().path
            return try laptop.trial.run(
                URL(fileURLWithPath: "/usr/bin/script"),
                ["-qfec", "\(program) sync --user \(laptop.user)", "/dev/null"],
                environment: laptop.trial.environment(user: laptop.user, store: laptop.store))
        }

        @Test("A byte that is turned on the way is noticed, wherever it stands", arguments: [40, 900, 2_500])
        func corrupted(place: Int) async throws {
            let trial = try await Trial()
            let link = try await BadLink(to: trial)
            let laptop = try await laptop(trial, over: link)
            link.become(.init(there: .init(corruptedByte: place)))
            let reply = try await laptop.reply(["sync"])
            #expect(reply.exit == 3 || reply.exit == 1, "\(reply.err)")
            #expect(link.counts.corrupted >= 1)
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
            let link = try await BadLink(to: trial)
            let laptop = try await laptop(trial, over: link)
            link.become(.init(there: .init(silentAfterBytes: 6_000)))
            let reply = try await laptop.reply(["sync"])
            #expect(reply.exit == 3, "\(reply.err)")
            #expect(reply.elapsed < .seconds(120))
            #expect(try await laptop("status")["pending"].int == Self.visits + 5)
            link.become(.init())
            #expect(try await laptop.sync()["pushed"].int == Self.visits + 5)
            try await expectInStep(trial, [laptop])
            try await link.close()
        }

        /// What befalls the answer to a push: from its first byte on, or from one in its middle.
        static let answers: [BadLink.Faults] = [
            .init(cutAfterBytes: 0), .init(cutAfterBytes: 100), .init(corruptedByte: 30),
            .init(silentAfterBytes: 0),
        ]

        @Test("The centre took a push and its answer did not come: nothing counts twice", arguments: answers)
        func unanswered(fault: BadLink.Faults) async throws {
            let trial = try await Trial()
            let link = try await BadLink(to: trial)
            let laptop = try await laptop(trial, over: link)
            // Log-in and challenge need less, and 200 visits more.
            link.become(.init(back: fault, backAfterBytesThere: 5_000))
            let reply = try await laptop.reply(["sync"])
            expectRefusal(reply, "server-unreachable", 3)
            let counts = link.counts
            #expect(counts.answersLost + counts.corrupted + counts.silent >= 1, "\(counts)")
            let saves = Self.visits + 5
            #expect(try await trial.digest()["entries"].int == saves, "the centre took it")
            #expect(try await laptop("status")["pending"].int == saves, "the laptop does not know")
            link.become(.init())
            try await laptop.sync()
            let digest = try await trial.digest()
            #expect(digest["entries"].int == saves && digest["records"].int == saves)
            for index in [1, Self.visits / 5] {
                for participant in ["PKU-001", "PKU-005"] {
                    let visit = ["visit", "show", participant, "UNS#\(index)", "--history"]
                    for reply in [
                        try await laptop.reply(visit), await (try trial.start(visit)).reply(),
                    ] { #expect(try reply.done()["history"].list.count == 1) }
                }
            }
            try await expectInStep(trial, [laptop])
            try await link.close()
        }

        @Test(
            "A byte of the centre's that is turned on the way is noticed, wherever it stands",
            arguments: [40, 900, 1_500])
        func corruptedAnswer(place: Int) async throws {
            let trial = try await Trial()
            let link = try await BadLink(to: trial)
            let laptop = try await laptop(trial, over: link)
            link.become(.init(back: .init(corruptedByte: place)))
            expectRefusal(try await laptop.reply(["sync"]), "server-unreachable", 3)
            #expect(link.counts.corrupted >= 1)
            #expect(try await laptop("status")["pending"].int == Self.visits + 5)
            #expect(try await trial.digest()["entries"].int == 0)
            link.become(.init())
            try await laptop.sync()
            try await expectInStep(trial, [laptop])
            try await link.close()
        }

        // MARK: Without TLS, which notices each turned byte itself

        enum Side: CaseIterable, Sendable { case laptop, centre }

        /// A sync over plain HTTP of which this byte of what one side sends in bodies is turned.
        private func sync(
            _ laptop: Laptop, _ link: BadLink, turning place: Int, of side: Side
        ) async throws -> Reply {
            let faults = BadLink.Faults(corruptedBodyByte: place)
            link.become(side == .laptop ? .init(there: faults) : .init(back: faults))
            let reply = try await laptop.reply(["sync"])
            link.become(.init())
            return reply
        }

        /// Expects one of the catalogue's codes, and none that blames this laptop's store or its program.
        private func expectTruthful(_ reply: Reply, _ place: Int) throws {
            guard reply.exit != 0 else { return }
            let code = try reply.json()["error", "code"].text
            expectRefusal(reply, code, code == "server-unreachable" ? 3 : 1)
            #expect(ProblemCode(rawValue: code) != nil, "byte \(place): \(code)")
            let isBlame = ["store-", "disk-", "internal-"].contains { code.hasPrefix($0) }
            #expect(!isBlame, "byte \(place): \(reply.err)")
        }

        @Test(
            "What the programs read themselves may be turned too: nothing is lost, and nothing made up",
            arguments: Side.allCases)
        func turnedBodies(side: Side) async throws {
            let trial = try await Trial()
            try await trial.stop()
            try await trial.serve("--insecure-loopback")
            let link = try await BadLink(to: trial)
            let laptop = Laptop(trial: trial, name: "ward-1", user: "nurse-1")
            let invitation = try await trial.link(site: "PKU", "--url", "http://127.0.0.1:\(link.port)")
            try await laptop("enroll", invitation, "--name", "ward-1")
            let other = try await trial.laptop("ward-2", user: "nurse-2")
            for _ in 1...2 { try await laptop("participant", "add") }
            for one in [laptop, other] { try await one.sync() }
            var saved: [String: [Int]] = ["PKU-001": [], "PKU-002": []]
            func save(_ weight: Int, of participant: String, at one: Laptop) async throws {
                try await one(
                    "visit", "edit", participant, "BL", "VS.weight=\(weight)", "--reason", "weighed")
                saved[participant, default: []].append(weight)
            }

            // Nothing is turned in the first round, which says how many bytes there are.
            let random = SharedGenerator(seed: 47)
            var (bytes, refused) = (0, 0)
            for round in 0...14 {
                try await save(50 + round, of: "PKU-001", at: laptop)
                if round.isMultiple(of: 3) {
                    try await save(50 + round, of: "PKU-002", at: other)
                    try await other.sync()
                }
                let place = bytes > 0 ? random.below(bytes) : Int.max
                let reply = try await sync(laptop, link, turning: place, of: side)
                try expectTruthful(reply, place)
                if reply.exit != 0 { refused += 1 }
                if round == 0 {
                    bytes = link.counts.bodyBytes
                    #expect(reply.exit == 0 && bytes > 150, "\(bytes) \(reply.err)")
                }
                let held = try await trial.digest()["entries"].int
                let waiting = try await laptop("status")["pending"].int
                let saves = 2 + saved.values.reduce(0) { $0 + $1.count }
                #expect(held <= saves && held + waiting >= saves, "\(held), \(waiting) of \(saves)")
            }
            #expect(link.counts.corrupted >= 7 && refused >= 3, "\(link.counts), \(refused) refused")

            for one in [laptop, other] { try await one.sync() }
            for (participant, weights) in saved {
                let visit = try await trial.centre("visit", "show", participant, "BL", "--history")
                #expect(visit["history"].list.map { $0["changes", "VS.weight", "new"].int } == weights)
            }
            #expect(try await trial.centre("quarantine", "list").list.isEmpty)
            try await expectInStep(trial, [laptop, other])
            try await link.close()
        }
    }
}
