import Foundation
import Testing

extension Trouble {
    /// Programs that meet on one store, or are told to end.
    @Suite(.timeLimit(.minutes(5))) struct SideBySideTests {
        private static let visits = 300

        @Test("Several `trialsync` on one store wait for each other: every answered save is there once")
        func sameStore() async throws {
            let (trial, laptop) = try await Trial.withLaptop(participants: 3)
            var running: [Running] = []
            for part in 0..<3 {
                let file = trial.folder.appending(path: "part-\(part).csv")
                let visits = part * Self.visits..<(part + 1) * Self.visits
                try Data(VisitTable.csv(visits, participants: 3).utf8).write(to: file)
                running.append(try laptop.start(["import", file.path]))
                running.append(try laptop.start(["sync"]))
            }
            // Of edits that did not see each other two may stand side by side; who comes later is told so.
            let edits = try (60...65).map { weight in
                try laptop.start([
                    "visit", "edit", "PKU-001", "BL", "VS.weight=\(weight)", "--reason", "weighed again",
                ])
            }
            for one in running {
                let reply = await one.reply()
                #expect(reply.exit == 0, "\(reply.command): \(reply.err)")
            }
            var edited = 0
            for edit in edits {
                let reply = await edit.reply()
                if reply.exit == 0 { edited += 1 } else { expectRefusal(reply, "conflict-open") }
            }
            #expect(edited > 0)
            let saved = 3 + 3 * Self.visits + edited
            #expect(try await laptop("status")["copied"] == false)
            try await laptop.sync()
            #expect(try await trial.digest()["entries"].int == saved)
            let weight = try await laptop("visit", "show", "PKU-001", "BL", "--history")
            #expect(weight["history"].list.count == edited)
            try await expectInStep(trial, [laptop])
        }

        @Test("A second daemon and admin commands meet the first without harm")
        func sameDirectory() async throws {
            let (trial, laptop) = try await Trial.withLaptop(participants: 3)
            _ = try await laptop.importing(VisitTable.csv(0..<Self.visits, participants: 3)).done()
            let sync = try laptop.start(["sync"])
            let second = try trial.start(["serve", "--listen", "127.0.0.1:0"])
            let admins = try (1...4).map { try trial.start(["site", "add", "S\($0)", "Made-up \($0)"]) }
            expectRefusal(await second.reply(), "daemon-running")
            for admin in admins { _ = try await admin.reply().done() }
            #expect(try await sync.reply().done()["pushed"].int == Self.visits + 3)
            #expect(try await trial.centre("site", "list").list.count == 6)
            try await expectInStep(trial, [laptop])
        }

        @Test(
            "A daemon whose store is moved, deleted or exchanged ends, and takes nothing that would be lost",
            arguments: ["moved", "exchanged", "deleted"])
        func movedStore(what: String) async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop.sync()
            let daemon = try trial.running
            let store = trial.data.appending(path: "centre.db")
            let aside = trial.folder.appending(path: "aside")
            if what == "exchanged" { try FileManager.default.copyItem(at: store, to: aside) }
            let kept = trial.folder.appending(path: "kept")
            if what == "deleted" {
                try FileManager.default.removeItem(at: store)
            } else {
                try FileManager.default.moveItem(at: store, to: kept)
            }
            if what == "exchanged" { try FileManager.default.moveItem(at: aside, to: store) }
            let ended = try await within(seconds: 60, "the daemon's end") { await daemon.reply() }
            #expect(ended.exit == 1 && ended.err.contains("store-missing"), "\(ended.err)")
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await laptop.refuses("server-unreachable", "sync", exit: 3)
            // Where no file was left, the daemon copied what it had open.
            let names = try FileManager.default.contentsOfDirectory(atPath: trial.data.path)
            let folder = names.first { $0.hasPrefix("put-aside-") }
            #expect((folder == nil) == (what == "exchanged"))
            let copy = folder.map { trial.data.appending(path: "\($0)/centre.db") }
            if let copy { #expect(ended.err.contains(copy.path), "\(ended.err)") }
            // What the daemon brought into its file when it ended is in the file that was moved.
            try? FileManager.default.removeItem(at: store)
            try FileManager.default.moveItem(at: what == "deleted" ? try #require(copy) : kept, to: store)
            try await trial.serve()
            try await laptop.sync()
            try await expectInStep(trial, [laptop])
        }

        /// How a push meets the end of the daemon.
        private enum Meeting: CaseIterable {
            /// The centre writes.
            case written
            /// Half of the body has arrived, and the rest follows within the daemon's patience.
            case arriving
            /// A part of the body has arrived, and the rest never does.
            case stuck

            var link: BadLink.Profile {
                switch self {
                case .written: .init()
                case .arriving: .init(bytesPerSecond: 8_000)
                case .stuck: .init(there: .init(silentAfterBytes: 8_000))
                }
            }

            func isThere(_ counts: BadLink.Counts, since before: BadLink.Counts, hasWritten: Bool) -> Bool {
                switch self {
                case .written: hasWritten
                case .arriving: counts.bytesFromLaptop >= before.bytesFromLaptop + 10_000
                case .stuck: counts.silent > before.silent
                }
            }
        }

        @Test("A daemon that is told to end in the middle of a push ends cleanly and loses nothing")
        func terminated() async throws {
            let trial = try await Trial()
            let (link, laptop) = try await trial.laptopOverLink()
            for _ in 1...3 { try await laptop("participant", "add") }
            let log = trial.data.appending(path: "centre.db-wal")
            var saved = 3
            var (underWay, cut) = (0, 0)
            for (round, meeting) in Meeting.allCases.enumerated() {
                let visits = round * Self.visits..<(round + 1) * Self.visits
                _ = try await laptop.importing(VisitTable.csv(visits, participants: 3)).done()
                saved += Self.visits
                let before = (try? Data(contentsOf: log).count) ?? 0
                link.become(meeting.link)
                let counts = link.counts
                let sync = try laptop.start(["sync"])
                try await within(seconds: 60, "a push under way: \(meeting)") {
                    while sync.isRunning,
                        !meeting.isThere(
                            link.counts, since: counts,
                            hasWritten: (try? Data(contentsOf: log).count) ?? 0 != before)
                    { try await Task.sleep(for: .milliseconds(1)) }
                }
                if meeting != .written { #expect(sync.isRunning, "\(meeting): the push was over already") }
                underWay += sync.isRunning ? 1 : 0
                let ended = try await trial.stop(SIGTERM)
                #expect(ended.exit == 0, "\(ended.err)")
                let reply = await sync.reply()
                #expect(reply.exit == 0 || reply.exit == 3, "\(reply.err)")
                if meeting == .stuck { #expect(reply.exit == 3, "\(reply.out)") }
                cut += reply.exit == 3 ? 1 : 0
                let left = (try? Data(contentsOf: log).count) ?? 0
                #expect(left == 0, "a clean end leaves one file: \(meeting)")
                link.become(.init())
                try await trial.serve()
                let pending = try await laptop("status")["pending"].int
                #expect(try await trial.digest()["entries"].int >= saved - pending)
            }
            print("3 daemons were told to end, \(underWay) in mid-push, \(cut) pushes were cut")
            #expect(underWay >= 2 && cut >= 1)
            try await laptop.sync()
            #expect(try await trial.digest()["entries"].int == saved)
            try await expectInStep(trial, [laptop])
            try await link.close()
        }

        @Test("A laptop's sync that is told to end stops, and the next one takes it up")
        func laptopTerminated() async throws {
            let (trial, laptop) = try await Trial.withLaptop(participants: 3)
            _ = try await laptop.importing(VisitTable.csv(0..<Self.visits, participants: 3)).done()
            for signal in [SIGTERM, SIGINT, SIGHUP] {
                let sync = try await laptop.startSession("--watch")
                let reply = try await within(seconds: 60, "the end of the sync") { await sync.end(signal) }
                #expect(reply.exit == -signal || reply.exit == 0, "\(reply.exit) \(reply.err)")
            }
            try await laptop.sync()
            #expect(try await trial.digest()["entries"].int == Self.visits + 3)
            try await expectInStep(trial, [laptop])
        }
    }
}
