import Foundation
import Testing

#if os(Linux)
extension Trouble {
    /// Directories that whoever runs a program may read and not write. Root may write everywhere, so the
    /// programs run as another user.
    @Suite(
        .timeLimit(.minutes(5)),
        .enabled(if: OtherUser.isPossible, "only root can become another user, who must reach the programs"))
    struct ForbiddenFolderTests {
        private func reply(
            _ trial: Trial, _ program: Program, _ arguments: [String], _ environment: [String: String]
        ) async throws -> Reply {
            let command = OtherUser.command + [try program.url().path] + arguments + ["--json"]
            let running = try trial.run(
                URL(fileURLWithPath: command[0]), Array(command.dropFirst()), environment: environment)
            return try await within(seconds: 60, "the end of \(arguments)") { await running.reply() }
        }

        @Test(
            "A laptop's directory that cannot be written is named, and nothing is lost when it can be again")
        func laptop() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            // Not the centre's: root is refused in a centre of another account.
            for folder in [laptop.store, state(of: trial)] { try OtherUser.own(folder) }
            let environment = trial.environment(user: laptop.user, store: laptop.store)
            let edit = ["visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "weighed again"]
            let before = try laptop.files()
            try OtherUser.set(0o500, laptop.store)
            for command in [["status"], ["sync"], ["visit", "show", "PKU-001", "BL"], edit] {
                let refused = try await reply(
                    trial, .trialsync, command + ["--user", laptop.user], environment)
                expectRefusal(refused, "store-read-only")
                #expect(try laptop.files() == before, "\(command)")
            }
            // It is not taken for a directory without a store.
            try OtherUser.set(0o000, laptop.store)
            let hidden = try await reply(trial, .trialsync, ["status", "--user", laptop.user], environment)
            expectRefusal(hidden, "store-read-only")
            #expect(hidden.err.contains(laptop.store.path) && hidden.err.contains("do not enrol anew"))
            try OtherUser.set(0o700, laptop.store)
            let status = try await reply(
                trial, .trialsync, ["status", "--user", laptop.user], environment
            ).done()
            #expect(status["pending"] == 2)
            _ = try await reply(trial, .trialsync, edit + ["--user", laptop.user], environment).done()
            #expect(try await laptop.sync()["pushed"] == 3)
            try await expectInStep(trial, [laptop])
        }

        private func state(of trial: Trial) -> URL { trial.folder.appending(path: "state") }

        @Test(
            "A state directory that is barred is named, and makes no copy of a laptop",
            arguments: [0o500, 0o000])
        func state(mode: Int) async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            let state = state(of: trial)
            for folder in [laptop.store, state] { try OtherUser.own(folder) }
            let environment = trial.environment(user: laptop.user, store: laptop.store)
            try OtherUser.set(mode, state)
            for command in [["status"], ["participant", "list"]] {
                let refused = try await reply(
                    trial, .trialsync, command + ["--user", laptop.user], environment)
                expectRefusal(refused, "store-read-only")
                #expect(refused.err.contains(state.path) && !refused.err.contains(laptop.store.path))
            }
            try OtherUser.set(0o700, state)
            #expect(try await laptop.sync()["pushed"] == 1)
            let device = try #require(try await trial.centre("device", "list").list.first)
            #expect(device["copied"] == false)
            try await expectInStep(trial, [laptop])
        }

        @Test(
            "A daemon that could not write its store, or beside it, does not start, also where a log is left",
            arguments: ["centre.db", "revocations", ""])
        func leftLog(name: String) async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            // What is killed leaves its log.
            try await trial.stop(SIGKILL)
            let revocations = trial.data.appending(path: "revocations")
            if !FileManager.default.fileExists(atPath: revocations.path) { try Data().write(to: revocations) }
            try OtherUser.own(trial.data)
            let barred = name.isEmpty ? trial.data : trial.data.appending(path: name)
            try OtherUser.set(name.isEmpty ? 0o500 : 0o400, barred)
            let refused = try await reply(
                trial, .trialsyncd, ["serve", "--listen", "127.0.0.1:0"], trial.environment())
            expectRefusal(refused, "store-read-only")
            #expect(refused.err.contains(name.isEmpty ? trial.data.path : barred.path))
            try OtherUser.set(name.isEmpty ? 0o700 : 0o600, barred)
            try OtherUser.own(trial.data, by: getuid())
            try await trial.serve()
            #expect(try await laptop.sync()["pushed"] == 1)
            try await expectInStep(trial, [laptop])
        }

        @Test("A centre's directory that cannot be written is named, and it is served when it can be again")
        func centre() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop.sync()
            try await trial.stop()
            // Whoever looks last leaves one file.
            try await trial.centre("status")
            try OtherUser.own(trial.data)
            try OtherUser.set(0o500, trial.data)
            let commands = [
                ["serve", "--listen", "127.0.0.1:0"], ["status"], ["site", "add", "NEW", "Made-up"],
                ["verify"],
            ]
            for command in commands {
                expectRefusal(
                    try await reply(trial, .trialsyncd, command, trial.environment()), "store-read-only")
            }
            try OtherUser.set(0o700, trial.data)
            let added = try await reply(
                trial, .trialsyncd, ["site", "add", "NEW", "Made-up"], trial.environment()
            ).done()
            #expect(added["site"] == "NEW")
            try OtherUser.own(trial.data, by: getuid())
            try await trial.serve()
            try await laptop.sync()
            try await expectInStep(trial, [laptop])
        }

        @Test("A restore that cannot move away all that is there moves nothing, and is no unfinished one")
        func restore() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop.sync()
            let backup = trial.folder.appending(path: "one.backup")
            try await trial.centre("backup", backup.path)
            try await trial.stop()
            for place in [trial.data, backup] { try OtherUser.own(place) }
            // A folder of another account's does not go into another folder.
            try OtherUser.own(trial.data.appending(path: "tls"), by: getuid())
            func names() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: trial.data.path).sorted()
            }
            let before = try names()
            let command = ["restore", backup.path]
            let refused = try await reply(trial, .trialsyncd, command, trial.environment())
            expectRefusal(refused, "store-read-only")
            #expect(refused.err.contains(trial.data.appending(path: "tls").path))
            #expect(try names() == before)
            try OtherUser.own(trial.data)
            _ = try await reply(trial, .trialsyncd, command, trial.environment()).done()
            #expect(try names().contains { $0.hasPrefix("replaced-") })
            try OtherUser.own(trial.data, by: getuid())
            try await trial.serve()
            for _ in 0..<2 { try await laptop.sync() }
            try await expectInStep(trial, [laptop])
        }
    }
}
#endif
