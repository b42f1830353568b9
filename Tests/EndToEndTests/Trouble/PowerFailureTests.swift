import Foundation
import Testing
import TrialSyncTesting

#if os(Linux)
extension Trouble {
    /// The power fails at a laptop, at the centre or at both. `TRIALSYNC_POWER=400` tries more moments,
    /// `TRIALSYNC_SEED` others; a record is another one each time, since programs are never twice as fast.
    @Suite(.timeLimit(.minutes(LongRun.minutes("TRIALSYNC_POWER", usually: 60))))
    struct PowerFailureTests {
        private static let moments = LongRun.count("TRIALSYNC_POWER", usually: 24)

        /// When, and at whom.
        private struct Outage: CustomStringConvertible {
            let number: Int
            let moment: Int
            let failing: Set<PowerDisk.Machine>
            /// What was answered, or begun, before.
            let deeds: [PowerStory.Deed]

            var description: String {
                let whom = failing.map { "\($0)" }.sorted().joined(separator: " and ")
                let last = deeds.last.map { "\($0)" } ?? "nothing"
                return "outage \(number) of \(whom) at \(moment) after \(last), seed \(LongRun.seed)"
            }

            var people: [String] {
                deeds.compactMap { if case .hasPerson(let name) = $0 { name } else { nil } }
            }

            var exported: [URL] {
                deeds.compactMap { if case .exported(let file) = $0 { file } else { nil } }
            }

            /// The link that nobody has used. A restore makes it void.
            var link: String? {
                let links = deeds.compactMap { if case .invited(let link) = $0 { link } else { nil } }
                return links.count < 2 || deeds.contains(.beginsRestore) ? nil : links[1]
            }

            /// How many saves have been answered since a sync was begun; a page that is open syncs when it
            /// pleases.
            var waiting: Int {
                let last = deeds.last { [.beginsSync, .synced, .opensPage].contains($0) }
                guard last != .opensPage else { return 0 }
                return deeds.reduce(0) { count, deed in
                    switch deed {
                    case .beginsSync: 0
                    case .addedParticipant, .saved: count + 1
                    default: count
                    }
                }
            }
        }

        @Test("What was answered outlives a loss of power of laptop, centre or both, at any moment")
        func outages() async throws {
            let scratch = try Trial.makeFolder()
            defer { try? FileManager.default.removeItem(at: scratch) }
            let trial = try Trial(emptyIn: ())
            var story = try await PowerStory(trial, in: scratch)
            try await story.play()
            let entries = try story.record.entries()
            let disk = try PowerDisk(
                entries, in: story.record.root, folders: [PowerStory.backups, PowerStory.stick],
                machine: PowerStory.machine)
            let rebuilding = try PowerRebuilding(
                disk, kept: scratch.appending(path: "kept"), leaving: ["printed"])
            // Whatever the record had missed would not be lost in any outage.
            #expect(try rebuilding.differences() == [])

            var random = SeededGenerator(seed: LongRun.seed)
            for outage in try Self.outages(in: entries, of: story, &random) {
                try rebuilding.build(
                    disk.state(at: outage.moment, failing: outage.failing, random: &random))
                do { try await expectKept(story, outage) } catch { Issue.record("\(outage): \(error)") }
                _ = try? await trial.stop()
            }
        }

        /// Two of three directly after an answer, when nothing has yet been flushed by what came next.
        private static func outages(
            in entries: [PowerRecord.Entry], of story: PowerStory, _ random: inout SeededGenerator
        ) throws -> [Outage] {
            let notes = entries.filter { $0.kind == .noted }
            let first = try #require(notes.first).position
            let later = entries.filter { $0.position > first }
            let kinds: [Set<PowerDisk.Machine>] = [[.laptop], [.centre], [.laptop, .centre]]
            var waiting: [PowerRecord.Entry] = []
            return try (1...moments).map { number in
                if waiting.isEmpty { waiting = notes.shuffled(using: &random) }
                let entry =
                    number.isMultiple(of: 3)
                    ? try #require(later.randomElement(using: &random)) : waiting.removeLast()
                let past = notes.filter { $0.position <= entry.position }
                return Outage(
                    number: number, moment: entry.position + 1,
                    failing: try #require(kinds.randomElement(using: &random)),
                    deeds: past.map { story.deeds[Int($0.number)] })
            }
        }

        // MARK: Afterwards

        private func expectKept(_ story: PowerStory, _ outage: Outage) async throws {
            let trial = story.trial
            try await expectCentre(story, outage)
            guard outage.deeds.contains(.hasSite), outage.people.contains(story.laptop.user) else { return }
            var laptops = [try await expectLaptop(story, outage)]
            if let link = outage.link {
                let second = Laptop(trial: trial, name: "ward-2", user: story.laptop.user)
                try await second("enroll", link, "--name", second.name)
                laptops.append(second)
            }
            for laptop in laptops { try await laptop.sync() }
            try await expectInStep(trial, laptops)
            for laptop in laptops { expectSaves(outage, try await shown { try await laptop.reply($0) }) }
            expectSaves(outage, try await shown { await (try trial.start($0)).reply() })
            try await expectOnce(trial, outage)
            for file in outage.exported where file.lastPathComponent == "ward-1.bundle" {
                try await trial.centre("bundle", "import", file.path)
            }
        }

        /// It starts, and has what it has said.
        private func expectCentre(_ story: PowerStory, _ outage: Outage) async throws {
            let trial = story.trial
            let restoring = trial.data.appending(path: "restoring").path
            if FileManager.default.fileExists(atPath: restoring) {
                #expect(!outage.deeds.contains(.restored), "\(outage): it is barred")
                try await trial.refuses("restore-unfinished", "verify")
                try await trial.centre("restore", story.backup.path)
            }
            try await trial.serve()
            // What a restored centre lacks of the one that was replaced is named until laptops bring it.
            let lacks: JSONNode = "store-rolled-back"
            let problems = try await trial.reply("verify").json()["problems"].list.filter {
                !outage.deeds.contains(.beginsRestore) || $0["code"] != lacks
            }
            #expect(problems.isEmpty, "\(outage): \(problems)")
            let people = try await trial.centre("user", "list").list
            #expect(Set(people.map { $0["user"].text }).isSuperset(of: outage.people), "\(outage)")
            let ended = try? String(contentsOf: trial.data.appending(path: "revocations"), encoding: .utf8)
            if outage.deeds.contains(.enrolled) {
                #expect(ended?.contains("link ") == true, "\(outage): a link is open again")
            }
            if outage.deeds.contains(.ended(person: "nurse-2")) {
                #expect(ended?.contains("person nurse-2 disabled") == true, "\(outage)")
                #expect(people.contains { $0["user"] == "nurse-2" && $0["disabled"] == true }, "\(outage)")
            }
            if outage.deeds.contains(.locked) {
                let (participant, event) = (PowerStory.locked[0], PowerStory.locked[1])
                let visit = try await trial.centre("visit", "show", participant, event)
                #expect(visit["locked"] == true, "\(outage)")
            }
            if outage.deeds.contains(.backedUp) {
                try await trial.centre("restore", "--dry-run", story.backup.path)
            }
            for file in outage.exported {
                let bytes = (try? Data(contentsOf: file)) ?? Data()
                #expect(!bytes.isEmpty, "\(outage): \(file.lastPathComponent)")
            }
        }

        /// It opens as what it is, with every save; one that had not joined joins now.
        private func expectLaptop(_ story: PowerStory, _ outage: Outage) async throws -> Laptop {
            let laptop = story.laptop
            let status = try await laptop.reply(["status"])
            guard status.exit == 0 else {
                #expect(!outage.deeds.contains(.enrolled), "\(outage): \(status.err)")
                expectRefusal(status, "not-enrolled")
                let link = try await story.trial.link(site: "PKU")
                try await laptop("enroll", link, "--name", "\(laptop.name)-again")
                return laptop
            }
            let found = try status.json()
            #expect(found["copied"] == false, "\(outage): a loss of power is no copy")
            #expect(found["pending"].int >= outage.waiting, "\(outage): \(found["pending"])")
            let problems = try await laptop("verify")["problems"].list
            #expect(problems.isEmpty, "\(outage): \(problems)")
            expectSaves(outage, try await shown { try await laptop.reply($0) })
            return laptop
        }

        /// The history of the visit that was edited, as a program tells it.
        private func shown(_ run: ([String]) async throws -> Reply) async throws -> [JSONNode] {
            let reply = try await run(["visit", "show"] + PowerStory.visit + ["--history"])
            return reply.exit == 0 ? try reply.json()["history"].list : []
        }

        /// Expects each save that was answered to stand once among all entries that the centre applied: a
        /// history tells of each change once, wherever it stands.
        private func expectOnce(_ trial: Trial, _ outage: Outage) async throws {
            let file = FileManager.default.temporaryDirectory.appending(path: "audit-\(UUID()).json")
            defer { try? FileManager.default.removeItem(at: file) }
            try await trial.centre("export", "audit", file.path)
            let entries = try JSONDecoder().decode(JSONNode.self, from: Data(contentsOf: file)).list
            for case .saved(let item, let value) in outage.deeds {
                let count = entries.count { entry in
                    entry["event"].text == PowerStory.visit[1] && entry["verdict"] == "applied"
                        && entry["changes"].list.contains {
                            $0["item"].text == item && $0["new", "value"].int == value
                        }
                }
                #expect(count == 1, "\(outage): \(item)=\(value) took effect \(count) times")
            }
        }

        /// Expects each save that was answered.
        private func expectSaves(_ outage: Outage, _ history: [JSONNode]) {
            for case .saved(let item, let value) in outage.deeds {
                let count = history.filter { $0["changes", item, "new"].int == value }.count
                #expect(count == 1, "\(outage): \(item)=\(value) is there \(count) times")
            }
        }
    }
}
#endif
