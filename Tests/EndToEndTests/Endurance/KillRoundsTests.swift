import Foundation
import Testing
import TrialSyncTesting

extension Endurance {
    /// Daemon and laptops die at random moments while everybody works. `TRIALSYNC_KILLS=200` goes on for
    /// longer, `TRIALSYNC_SEED` draws other moments.
    @Suite(.timeLimit(.minutes(LongRun.minutes("TRIALSYNC_KILLS", usually: 60))))
    struct KillRoundsTests {
        private static let rounds = LongRun.count("TRIALSYNC_KILLS", usually: 20)
        private static let visits = 40

        /// Whom a round kills.
        private enum Victim: String, CaseIterable, CustomStringConvertible {
            var description: String { rawValue }
            case daemon, sync, otherSync, importing, editing, deciding, everybody
        }

        /// What people were told is saved, and what was killed before it answered.
        private struct Ledger {
            var saved: Int
            var unanswered: [(laptop: Laptop, first: Int)] = []
            var next = 0
            var atCentre: Int

            init(saved: Int) { (self.saved, atCentre) = (saved, saved) }
        }

        /// What runs when somebody dies.
        private struct Work {
            let syncs: [Running]
            let importing: Running
            let edits: [SharedVisits.UnderWay]
            let decision: SharedVisits.UnderWay

            /// Those that a victim is; none of them if it is the daemon.
            func targets(of victim: Victim) -> [Running] {
                switch victim {
                case .daemon: []
                case .sync: [syncs[0]]
                case .otherSync: [syncs[1]]
                case .importing: [importing]
                case .editing: edits.map(\.program)
                case .deciding: [decision.program]
                case .everybody: syncs + [importing, decision.program] + edits.map(\.program)
                }
            }
        }

        @Test("Nothing acknowledged is lost and nothing counts twice, whoever is killed, whenever")
        func rounds() async throws {
            var random = SeededGenerator(seed: LongRun.seed)
            let trial = try await Trial()
            let laptops = [
                try await trial.laptop("ward-1"), try await trial.laptop("ward-2", user: "nurse-2"),
            ]
            var participants: [String] = []
            for number in 1...SharedVisits.participants(forRounds: Self.rounds) {
                participants.append(try await laptops[0]("participant", "add")["participant"].text)
                // A laptop has numbers for twenty of them at a time.
                if number.isMultiple(of: 10) { try await laptops[0].sync() }
            }
            var shared = try await SharedVisits(trial, laptops, participants: participants)
            for laptop in laptops { try await laptop.sync() }
            var ledger = Ledger(saved: participants.count)
            var hits: [Victim: Int] = [:]
            for round in 1...Self.rounds {
                let victim = try #require(Victim.allCases.randomElement(using: &random))
                let work = try await begin(round, trial, laptops, shared, &ledger)
                if try await play(victim, work, trial, laptops, &ledger, &random) {
                    hits[victim, default: 0] += 1
                }
                await shared.note(work.edits + [work.decision])
                if round % 5 == 0 {
                    #expect(try await trial.centre("verify")["problems"].list.isEmpty, "round \(round)")
                    for laptop in laptops {
                        #expect(try await laptop("verify")["problems"].list.isEmpty, "round \(round)")
                    }
                }
            }
            print("\(Self.rounds) rounds, seed \(LongRun.seed); killed while at work: \(hits)")
            #expect(
                hits.values.reduce(0, +) * 2 > Self.rounds, "most kills must hit someone at work: \(hits)")
            try await settle(trial, laptops, ledger, shared)
        }

        /// One round: both laptops sync and edit one visit, the second saves more at the same time, and a
        /// coordinator decides.
        private func begin(
            _ round: Int, _ trial: Trial, _ laptops: [Laptop], _ shared: SharedVisits, _ ledger: inout Ledger
        ) async throws -> Work {
            _ = try await laptops[0].importing(rows(ledger.next)).done()
            ledger.saved += Self.visits
            let first = ledger.next + Self.visits
            ledger.next += 2 * Self.visits
            ledger.unanswered.append((laptops[1], first))
            let file = trial.folder.appending(path: "more-\(first).csv")
            try Data(rows(first).utf8).write(to: file)
            let (edits, decision) = try await shared.begin(round)
            return Work(
                syncs: try laptops.map { try $0.start(["sync"]) },
                importing: try laptops[1].start(["import", file.path]), edits: edits, decision: decision)
        }

        /// Someone dies, and all see how far they came.
        ///
        /// - Returns: whether the kill hit a program at work.
        private func play(
            _ victim: Victim, _ work: Work, _ trial: Trial, _ laptops: [Laptop], _ ledger: inout Ledger,
            _ random: inout SeededGenerator
        ) async throws -> Bool {
            let killsDaemon = victim == .daemon || victim == .everybody
            let watched =
                killsDaemon || victim == .deciding ? trial.data.appending(path: "centre.db-wal") : nil
            let store = laptops[victim == .sync ? 0 : 1].store
            let isShort = victim == .editing || victim == .deciding
            let moment = KillMoment(
                log: watched ?? store.appending(path: "store.db-wal"),
                bytes: Int.random(in: 1...(isShort ? 20_000 : 60_000), using: &random))
            let targets = work.targets(of: victim)
            let running = targets.isEmpty ? work.syncs : targets
            try await moment.wait(whileRunning: running)
            let isAtWork = running.contains(where: \.isRunning)
            for target in targets { target.signal(SIGKILL) }
            if killsDaemon { try await trial.stop(SIGKILL) }

            for running in work.syncs {
                let ended = await running.reply()
                #expect([0, 3, -SIGKILL].contains(ended.exit), "\(victim): \(ended.exit) \(ended.err)")
            }
            let imported = await work.importing.reply()
            #expect([0, -SIGKILL].contains(imported.exit), "\(victim): \(imported.err)")
            if imported.exit == 0 {
                ledger.saved += Self.visits
                ledger.unanswered.removeLast()
            }
            if killsDaemon { try await trial.serve() }
            let held = try await trial.digest()["entries"].int
            #expect(held >= ledger.atCentre, "what the centre once had is still there")
            ledger.atCentre = held
            return isAtWork
        }

        private func rows(_ first: Int) -> String {
            VisitTable.csv(first..<first + Self.visits, participants: 3)
        }

        /// All sync to the end; an import that was killed is there whole or not at all.
        private func settle(
            _ trial: Trial, _ laptops: [Laptop], _ ledger: Ledger, _ shared: SharedVisits
        ) async throws {
            var expected = ledger.saved
            for laptop in laptops + laptops { try await laptop.sync() }
            for (laptop, first) in ledger.unanswered {
                let (participant, visit) = ("PKU-00\(first % 3 + 1)", "UNS#\(first / 3 + 1)")
                let shown = try await laptop.reply(["visit", "show", participant, visit, "--history"])
                if try !shown.json()["history"].list.isEmpty { expected += Self.visits }
            }
            let sum = try await shared.expectKept()
            let digest = try await trial.digest()
            #expect(digest["entries"].int == expected + sum.entries, "\(digest): \(expected) and \(sum)")
            #expect(digest["records"].int == expected + sum.records, "\(digest): \(expected) and \(sum)")
            #expect(try await laptops[0]("status")["copied"] == false, "a kill is no copy")
            try await expectInStep(trial, laptops)
        }
    }
}
