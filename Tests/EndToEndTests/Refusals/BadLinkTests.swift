import Foundation
import Testing

extension Refusals {
    /// Links and directories that do not do.
    @Suite(.timeLimit(.minutes(5))) struct BadLinkTests {
        @Test("A link works once, in time, whole, and with the right person")
        func links() async throws {
            let trial = try await Trial()
            let laptop = Laptop(trial: trial, name: "ward-1", user: "nurse-1")
            let link = try await trial.link(site: "PKU")
            var wrong = laptop
            wrong.password = "made-up-wrong-word"
            try await wrong.refuses("wrong-password", "enroll", link, "--name", "ward-1")
            try await laptop.with(user: "nobody").refuses(
                "wrong-password", "enroll", link, "--name", "ward-1")
            try await laptop.refuses("name-invalid", "enroll", link, "--name", "")
            try await laptop("enroll", link, "--name", "ward-1")
            try await laptop.refuses("store-exists", "enroll", link, "--name", "ward-1")
            let second = Laptop(trial: trial, name: "ward-2", user: "nurse-2")
            try await second.refuses("link-used", "enroll", link, "--name", "ward-2")
            let expired = try await trial.link(site: "PKU", "--expires", "0s")
            try await second.refuses("link-expired", "enroll", expired, "--name", "ward-2")
            let parts = link.split(separator: "/", maxSplits: 4, omittingEmptySubsequences: false)
            let fingerprint = link.split(separator: "#")[1]
            let unknown = "trialsync://\(parts[2])/PKU/\(String(repeating: "0a", count: 32))#\(fingerprint)"
            try await second.refuses("link-invalid", "enroll", unknown, "--name", "ward-2")
            for text in [String(link.dropLast(3)), "https://example.org/", "", "trialsync://"] {
                try await second.refuses("link-invalid", "enroll", text, "--name", "ward-2")
            }
            try await second.refuses("not-enrolled", "status")
            #expect(try await trial.centre("device", "list").list.count == 1)
            let fresh = try await trial.link(site: "PKU")
            try await second("enroll", fresh, "--name", "ward-2")
        }

        @Test(
            "A device's name is one short line of text",
            arguments: [String(repeating: "\u{1F600}", count: 64), "ward\u{1B}[31m", "ward\n1"])
        func deviceName(name: String) async throws {
            let trial = try await Trial()
            let laptop = Laptop(trial: trial, name: "ward-1", user: "nurse-1")
            try await laptop.refuses(
                "name-invalid", "enroll", try await trial.link(site: "PKU"), "--name", name)
            #expect(try await trial.centre("device", "list").list.isEmpty)
            try await trial.centre("status")
        }

        @Test("A centre is made once, served once, and only where there is one")
        func centre() async throws {
            let trial = try await Trial()
            let key = try Data(contentsOf: trial.data.appending(path: "server.key"))
            try await trial.refuses("store-exists", "init")
            #expect(try Data(contentsOf: trial.data.appending(path: "server.key")) == key)
            let listen = "127.0.0.1:\(trial.address.split(separator: ":").last ?? "")"
            try await trial.refuses("daemon-running", "serve", "--listen", listen)
            let other = try Trial(emptyIn: ())
            try await other.centre("init")
            try await other.refuses("address-in-use", "serve", "--listen", listen)
            for address in ["nonsense", "127.0.0.1", "127.0.0.1:99999", ":"] {
                let reply = try await trial.reply("serve", "--listen", address)
                #expect(
                    (1...2).contains(reply.exit) && reply.err.hasPrefix("error: "), "\(address): \(reply.err)"
                )
            }
            try await other.refuses(
                "not-allowed", "serve", "--listen", "0.0.0.0:0", "--insecure-loopback")
            let empty = try Trial(emptyIn: ())
            try await empty.refuses("store-missing", "serve", "--listen", "127.0.0.1:0")
            try await empty.refuses("store-missing", "status")
            try await empty.refuses("store-missing", "site", "add", "PKU", "Made-up")
            try await empty.refuses("file-unreadable", "init", "--study", "/nowhere.json")
            #expect(!FileManager.default.fileExists(atPath: empty.data.path), "a refusal makes nothing")
        }

        @Test("A store that is damaged or foreign is refused and left untouched")
        func damaged() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let file = laptop.store.appending(path: "store.db")
            for name in ["store.db-wal", "store.db-shm"] {
                try? FileManager.default.removeItem(at: laptop.store.appending(path: name))
            }
            for bytes in [Data("this is no database at all".utf8), Data(count: 8192)] {
                try bytes.write(to: file)
                let reply = try await laptop.reply(["status"])
                #expect(reply.exit == 1 && reply.err.hasPrefix("error: store-"), "\(reply.err)")
                #expect(try Data(contentsOf: file) == bytes)
            }
            let foreign = Laptop(trial: trial, name: "foreign", user: "nurse-1")
            try FileManager.default.createDirectory(at: foreign.store, withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                at: trial.data.appending(path: "centre.db"), to: foreign.store.appending(path: "store.db"))
            let reply = try await foreign.reply(["status"])
            #expect(reply.exit == 1 && reply.err.hasPrefix("error: store-"), "\(reply.err)")
        }
    }
}
