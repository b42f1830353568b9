import Foundation
import GRDB
import Testing

extension Trouble {
    /// The centre is put back from a backup.
    @Suite(.timeLimit(.minutes(5))) struct BackupTests {
        private func file(_ trial: Trial, _ name: String = "centre.backup") -> String {
            trial.folder.appending(path: name).path
        }

        @Test("What came after the backup comes back from the laptops, other people's entries too")
        func restored() async throws {
            let trial = try await Trial()
            let first = try await trial.laptop("ward-1")
            let second = try await trial.laptop("ward-2", user: "nurse-2")
            try await first("participant", "add")
            try await first("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await first.sync()
            let backup = try await trial.centre("backup", file(trial))
            #expect(backup["entries"].int > 3 && backup["problems"] == 0)
            #expect(backup["sha256"].text.count == 64 && backup["file"].text == file(trial))

            // After the backup: receipted, receipted by another laptop, and pending.
            try await second.sync()
            try await second("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "weighed again")
            try await second.sync()
            try await first.sync()
            try await first("visit", "edit", "PKU-001", "BL", "PGA.vas=40")
            try await trial.stop()

            let restored = try await trial.centre("restore", file(trial))
            #expect(restored["sha256"] == backup["sha256"] && restored["entries"] == backup["entries"])
            let replaced = restored["replaced"].text
            #expect(FileManager.default.fileExists(atPath: replaced + "/centre.db"))
            #expect(
                try await trial.centre("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 70)
            try await trial.serve()
            try await first.sync()
            for _ in 1...2 { for laptop in [second, first] { try await laptop.sync() } }
            for laptop in [first, second] {
                let items = try await laptop("visit", "show", "PKU-001", "BL")["items"]
                #expect(items["VS.weight", "value"] == 71 && items["PGA.vas", "value"] == 40)
            }
            let history = try await trial.centre("visit", "show", "PKU-001", "BL", "--history")["history"]
            #expect(history.list.map { $0["author"].text } == ["nurse-1", "nurse-2", "nurse-1"])
            try await expectInStep(trial, [first, second])
        }

        @Test("Access that was ended after the backup stays ended, and a laptop enrolled after it comes back")
        func accessSince() async throws {
            let (trial, first) = try await Trial.withLaptop()
            try await first.sync()
            try await trial.centre("backup", file(trial))
            try await trial.centre("device", "revoke", "ward-1")
            let late = try await trial.laptop("ward-2", user: "nurse-2")
            try await late("participant", "add")
            try await late.sync()
            try await trial.stop()
            try await trial.centre("restore", file(trial))
            try await trial.serve()
            try await first.refuses("device-revoked", "sync")
            try await late.sync()
            let devices = try await trial.centre("device", "list").list
            #expect(
                devices.map { "\($0["name"].text) \($0["revoked"] == true)" }.sorted() == [
                    "ward-1 true", "ward-2 false",
                ])
            try await expectInStep(trial, [late])
        }

        @Test("A backup goes to a new machine, and the laptops know it for their centre")
        func newMachine() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop.sync()
            try await trial.centre("backup", file(trial))
            try await trial.stop()
            try FileManager.default.moveItem(at: trial.data, to: trial.folder.appending(path: "burnt"))
            let restored = try await trial.centre("restore", file(trial))
            #expect(restored["replaced"] == .null)
            try await trial.serve()
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await laptop.sync()
            try await expectInStep(trial, [laptop])
        }

        @Test(
            "A backup holds no key that can be read without the passphrase, and only its owner reads the file"
        )
        func sealed() async throws {
            let trial = try await Trial()
            try await trial.centre("backup", file(trial))
            let bytes = try Data(contentsOf: URL(fileURLWithPath: file(trial)))
            for name in ["server.key", "tls/ca-key.pem", "tls/server-key.pem"] {
                let key = try Data(contentsOf: trial.data.appending(path: name))
                let secret = key.count > 100 ? key.dropFirst(60).prefix(40) : key.prefix(40)
                #expect(bytes.firstRange(of: secret) == nil, "\(name)")
            }
            let attributes = try FileManager.default.attributesOfItem(atPath: file(trial))
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(!FileManager.default.fileExists(atPath: file(trial) + ".partial"))
        }

        @Test("What cannot be restored is refused with a reason, and the centre is as it was")
        func refused() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop.sync()
            try await trial.centre("backup", file(trial))
            try await trial.refuses("already-exists", "backup", file(trial))
            try await trial.refuses("daemon-running", "restore", file(trial))
            try await trial.refuses("file-unreadable", "restore", file(trial, "nothing"))
            let dry = try await trial.centre("restore", "--dry-run", file(trial))
            #expect(dry["problems"] == 0)
            let digest = try await trial.digest()
            try await trial.stop()

            try await trial.refuses("file-unreadable", "restore", file(trial, "nothing"))
            try await trial.refuses("store-foreign", "restore", trial.data.appending(path: "centre.db").path)
            let whole = try Data(contentsOf: URL(fileURLWithPath: file(trial)))
            try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: file(trial, "cut")))
            try await trial.refuses("store-damaged", "restore", file(trial, "cut"))
            var environment = trial.environment()
            environment["TRIALSYNC_PASSPHRASE"] = "another made-up passphrase"
            let wrong = try trial.run(
                Program.trialsyncd.url(), ["restore", file(trial), "--json"], environment: environment)
            expectRefusal(await wrong.reply(), "wrong-passphrase")
            #expect(try await trial.digest() == digest)
            let names = try FileManager.default.contentsOfDirectory(atPath: trial.data.path)
            #expect(!names.contains { $0.hasPrefix("replaced") || $0 == "restoring" || $0 == "checking" })
            try await trial.serve()
            try await expectInStep(trial, [laptop])
        }

        @Test("What others keep in the directory is left out, and keeps no backup from being restored")
        func otherFiles() async throws {
            let trial = try await Trial()
            let left = [
                ".centre.db-litestream/ltx/0/1.ltx", "notes/of/somebody",
                "put-aside-20261123T024500Z/centre.db", "put-aside/centre.db",
            ]
            func path(_ name: String) -> String { trial.data.appending(path: name).path }
            for name in left {
                let other = URL(fileURLWithPath: path(name))
                try FileManager.default.createDirectory(
                    at: other.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data("not ours".utf8).write(to: other)
            }
            try await trial.centre("backup", file(trial))
            #expect(try await trial.centre("restore", "--dry-run", file(trial))["problems"] == 0)
            try await trial.stop()
            try await trial.centre("restore", file(trial))
            for name in left { #expect(!FileManager.default.fileExists(atPath: path(name)), "\(name)") }
            try await trial.serve()
        }

        /// How many entries stand in the store, by a look that changes nothing.
        private func entries(_ trial: Trial) throws -> Int {
            let queue = try DatabaseQueue(path: trial.data.appending(path: "centre.db").path)
            defer { try? queue.close() }
            return try queue.inDatabase { try Int.fetchOne($0, sql: "SELECT count(*) FROM entry") ?? 0 }
        }

        @Test("A second daemon on one directory is refused and writes nothing, and the first goes on")
        func twoDaemons() async throws {
            let trial = try await Trial()
            // What whoever opens the store takes into it.
            let revocations = trial.data.appending(path: "revocations")
            var ended = (try? Data(contentsOf: revocations)) ?? Data()
            ended += Data("person nurse-2 disabled 2026-11-23T02:45:00Z\n".utf8)
            try ended.write(to: revocations)
            let before = try entries(trial)
            try await trial.refuses("daemon-running", "serve", "--listen", "127.0.0.1:0")
            #expect(try entries(trial) == before)
            let laptop = try await trial.laptop("ward-1")
            try await laptop.sync()
        }

        @Test("A restore that was cut short bars the directory until it is run again")
        func cutShort() async throws {
            let trial = try await Trial()
            try await trial.centre("backup", file(trial))
            try await trial.stop()
            try FileManager.default.createDirectory(
                at: trial.data.appending(path: "restoring"), withIntermediateDirectories: false)
            try await trial.refuses("restore-unfinished", "status")
            try await trial.refuses("restore-unfinished", "serve", "--listen", "127.0.0.1:0")
            try await trial.refuses("restore-unfinished", "init")
            try await trial.centre("restore", file(trial))
            try await trial.centre("status")
        }
    }
}
