import Foundation
import GRDB
import Testing

extension Trouble {
    /// Laptops and links that are taken back, and a centre that is put back.
    @Suite(.timeLimit(.minutes(5))) struct LostLaptopTests {
        @Test("A lost laptop hands in what it still has, destroys its keys, and says so ever after")
        func lost() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop.sync()
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=71")
            let revoked = try await trial.centre("device", "revoke", "ward-1", "--lost")
            #expect(revoked["lost"] == true && revoked["revoked"] == true)

            // Until it reaches the centre it can be read: nothing else could be.
            #expect(try await laptop("status")["pending"] == 1)
            try await laptop.refuses("device-lost", "sync")
            #expect(try await trial.centre("quarantine", "list").list.count == 1)
            for _ in 1...2 { try await laptop.refuses("device-lost", "status") }
            try await laptop.refuses("device-lost", "visit", "show", "PKU-001", "BL")

            try await trial.centre("device", "readmit", "ward-1")
            try await laptop.refuses("device-lost", "sync")
            let again = try await trial.laptop("ward-1-again")
            try await again("visit", "show", "PKU-001", "BL")
        }

        @Test("A revoked laptop's unsent saves stay readable on it, and its watcher ends at once")
        func revoked() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            let watching = try laptop.start(["sync", "--watch"])
            try await within(seconds: 60, "the first sync") {
                while try await trial.centre("participant", "list").list.isEmpty {}
            }
            try await trial.centre("device", "revoke", "ward-1")
            let end = try await within(seconds: 60, "the watcher's end") { await watching.reply() }
            #expect(end.exit == 1 && end.err.hasPrefix("error: device-revoked: "), "\(end.err)")
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=71")
            try await laptop.refuses("device-revoked", "sync")
            #expect(
                try await laptop("visit", "show", "PKU-001", "BL", "--history")["history"].list.count == 1)
            #expect(try trial.running.errors.contains("quarantined=1"), "the log counts what was kept")
        }

        @Test("A laptop that is reported lost while it watches hands in, destroys its keys, and stops")
        func lostWhileWatching() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            let watching = try laptop.start(["sync", "--watch"])
            try await within(seconds: 60, "the first sync") {
                while try await trial.centre("participant", "list").list.isEmpty {}
            }
            try await trial.centre("device", "revoke", "ward-1", "--lost")
            let end = try await within(seconds: 60, "the watcher's end") { await watching.reply() }
            #expect(end.exit == 1 && end.err.hasPrefix("error: device-"), "\(end.err)")
            try await laptop.refuses("device-lost", "status")
            let back = try await trial.centre("device", "readmit", "ward-1")
            #expect(back["was"] == "lost" && back["revoked"] == false)
            #expect(try await trial.centre("device", "readmit", "ward-1")["was"] == "admitted")
            let said = await
                (try trial.run(
                    Program.trialsyncd.url(), ["device", "readmit", "ward-1"],
                    environment: trial.environment())).reply().out
            #expect(said.contains("nothing was to do"), "\(said)")
        }

        @Test("A laptop that was enrolled after the backup syncs on after the centre was put back")
        func putBack() async throws {
            let (trial, first) = try await Trial.withLaptop()
            try await first.sync()
            try await trial.stop()
            let backup = trial.folder.appending(path: "backup.db")
            let store = trial.data.appending(path: "centre.db")
            try FileManager.default.copyItem(at: store, to: backup)
            try await trial.serve()
            let late = try await trial.laptop("ward-2", user: "nurse-2")
            try await late("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await late.sync()
            let gone = try await trial.laptop("ward-3", user: "nurse-2")
            try await trial.centre("device", "revoke", "ward-3")
            let unused = try await trial.link(site: "PKU")
            try await trial.stop()
            try FileManager.default.removeItem(at: store)
            try FileManager.default.moveItem(at: backup, to: store)
            try await trial.serve()

            #expect(try await trial.centre("device", "list").list.count == 1)
            try await late.sync()
            try await first.sync()
            #expect(
                try await trial.centre("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 70)
            try await gone.refuses("device-revoked", "sync")
            #expect(try await trial.centre("device", "list").list.count == 3)
            let stranger = Laptop(trial: trial, name: "ward-4", user: "nurse-1")
            try await stranger.refuses("link-invalid", "enroll", unused, "--name", "ward-4")
            for laptop in [first, late] { #expect(try await laptop.digest() == trial.digest()) }
            // That ward-3 was revoked stood in the database too, and no laptop had it to bring back.
            let found = try await trial.reply("verify").json()["problems"].list
            #expect(found.map { $0["code"].text } == ["store-rolled-back"])
        }

        @Test("A laptop that damage took from the list is named by verify, until the daemon's next start")
        func unlisted() async throws {
            let trial = try await Trial()
            let (first, second) = (try await trial.laptop("ward-1"), try await trial.laptop("ward-2"))
            for laptop in [first, second] {
                try await laptop("participant", "add")
                try await laptop.sync()
            }
            try await trial.stop()
            let queue = try DatabaseQueue(path: trial.data.appending(path: "centre.db").path)
            try await queue.write { db in
                try db.execute(sql: "DELETE FROM device WHERE id = (SELECT min(id) FROM device)")
            }
            try queue.close()
            let found = try await trial.reply("verify")
            #expect(found.exit == 1)
            #expect(try found.json()["problems"].list.map { $0["code"] } == ["device-unknown"])
            try await trial.serve()
            #expect(try await trial.centre("device", "list").list.count == 2)
            try await first.sync()
            try await expectInStep(trial, [first, second])
        }

        @Test("Links are listed without their secret, and taken back")
        func links() async throws {
            let trial = try await Trial()
            let link = try await trial.link(site: "PKU", "--expires", "1h")
            let listed = try await trial.centre("invite", "list")
            #expect(listed.list.count == 1 && listed[0]["status"] == "open")
            #expect(listed[0].keys == ["invite", "site", "made", "expires", "status"])
            let secret = link.split(separator: "/").last?.split(separator: "#").first ?? ""
            #expect(secret.count == 64 && !"\(listed)".contains(secret.prefix(16)))
            let id = listed[0]["invite"].text
            try await trial.refuses("not-found", "invite", "revoke", "00000000")
            #expect(try await trial.centre("invite", "revoke", id)["status"] == "revoked")
            let laptop = Laptop(trial: trial, name: "ward-1", user: "nurse-1")
            try await laptop.refuses("link-revoked", "enroll", link, "--name", "ward-1")
            try await trial.laptop("ward-2")("status")
            let used = try await trial.centre("invite", "list").list.first { $0["status"] == "used" }
            try await trial.refuses("link-used", "invite", "revoke", try #require(used)["invite"].text)
        }

        @Test("A clock that is right is no trouble to anybody")
        func clock() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            #expect(try await laptop("status")["clockBackSeconds"] == .null)
            #expect(try await trial.centre("status")["wrongClocks"].list.isEmpty)
            let listed = try await trial.centre("device", "list")[0]
            expectKeys(listed, Contract.device, adding: ["lost", "clockRanBack", "enrolled"])
        }

        @Test(
            "Root is refused in a directory of another account",
            .enabled(if: geteuid() == 0, "only root could get in the daemon's way"))
        func root() async throws {
            let trial = try Trial(emptyIn: ())
            let backup = trial.folder.appending(path: "centre.backup").path
            try await trial.centre("init")
            try await trial.centre("backup", backup)
            let before = try files(trial)
            #expect(chown(trial.data.path, 65_534, 65_534) == 0)
            try await trial.refuses("not-allowed", "device", "list")
            try await trial.refuses("not-allowed", "serve", "--listen", "127.0.0.1:0")
            try await trial.refuses("not-allowed", "tls", "renew")
            try await trial.refuses("not-allowed", "restore", "--dry-run", backup)
            try await trial.refuses("not-allowed", "restore", backup)
            #expect(try files(trial) == before, "nothing was written, moved or put there")

            // Nor in one that is still empty, as an installation makes it.
            try FileManager.default.removeItem(at: trial.data)
            try FileManager.default.createDirectory(at: trial.data, withIntermediateDirectories: false)
            #expect(chown(trial.data.path, 65_534, 65_534) == 0)
            try await trial.refuses("not-allowed", "init")
            try await trial.refuses("not-allowed", "restore", "--dry-run", backup)
            try await trial.refuses("not-allowed", "restore", backup)
            #expect(try files(trial).isEmpty)
            #expect(chown(trial.data.path, 0, 0) == 0)
            try await trial.centre("restore", backup)
        }

        /// The names and bytes of the files of a centre.
        private func files(_ trial: Trial) throws -> [String: Data] {
            var found: [String: Data] = [:]
            for name in try FileManager.default.subpathsOfDirectory(atPath: trial.data.path) {
                found[name] = FileManager.default.contents(atPath: trial.data.path + "/" + name) ?? Data()
            }
            return found
        }

        @Test("Whatever the umask, only its owner can read what is written")
        func modes() async throws {
            let folder = try Trial.makeFolder()
            defer { try? FileManager.default.removeItem(at: folder) }
            let trial = try Trial(emptyIn: ())
            let program = try Program.trialsyncd.url().path
            for command in [
                "init", "site add PKU Made-up", "invite --site PKU --url https://h:1", "device list",
            ] {
                let shell = try trial.run(
                    URL(fileURLWithPath: "/bin/sh"), ["-c", "umask 000; exec \(program) \(command)"],
                    environment: trial.environment())
                #expect(await shell.reply().exit == 0)
            }
            var count = 0
            let walk = try #require(FileManager.default.enumerator(atPath: trial.data.path))
            for path in [""] + walk.compactMap({ $0 as? String }) {
                let found = try FileManager.default.attributesOfItem(
                    atPath: trial.data.appending(path: path).path)
                let mode = try #require(found[.posixPermissions] as? Int)
                let wanted = found[.type] as? FileAttributeType == .typeDirectory ? 0o700 : 0o600
                #expect(mode == wanted, "\(path) has mode \(String(mode, radix: 8))")
                count += 1
            }
            #expect(count >= 8)
        }
    }
}
