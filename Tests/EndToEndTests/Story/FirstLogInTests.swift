import Foundation
import Testing

extension Story {
    /// Someone comes to a laptop that another person enrolled.
    @Suite(.timeLimit(.minutes(5))) struct FirstLogInTests {
        @Test("A new nurse logs in once with a connection, and from then on works offline beside the first")
        func newNurse() async throws {
            let trial = try await Trial()
            let first = try await trial.laptop("ward-1")
            try await first("participant", "add")
            let second = first.with(user: "nurse-2")
            #expect(try await second("participant", "list").list.map { $0["participant"] } == ["PKU-001"])
            try await trial.stop()
            try await second("visit", "edit", "PKU-001", "BL", "VS.weight=71.03")
            try await first("visit", "edit", "PKU-001", "BL", "VS.weight=72.03", "--reason", "weighed again")
            #expect(try await second("status")["pending"] == 3)
            for bytes in try first.files() {
                for text in ["nurse-", "PKU-001", "71.03", "made-up-word"] {
                    #expect(bytes.range(of: Data(text.utf8)) == nil, "\(text) stands in the laptop's file")
                }
            }
            try await trial.serve()
            try await second.sync()
            let history = try await trial.centre("visit", "show", "PKU-001", "BL", "--history")["history"]
                .list
            #expect(history.map { $0["author"] } == ["nurse-2", "nurse-1"])
            #expect(history.allSatisfy { $0["verdict"] == "applied" })
            try await expectInStep(trial, [first, second])
        }

        @Test(
            "Without a connection a first log-in says that it needs one, and every command can be the first")
        func offline() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let second = laptop.with(user: "nurse-2")
            try await trial.stop()
            let reply = try await second.reply(["status"])
            expectRefusal(reply, "server-unreachable", 3)
            #expect(reply.err.contains("first log-in needs a connection"), "\(reply.err)")
            try await trial.serve()
            #expect(try await second.sync()["inStep"] == true)
            try await trial.stop()
            try await second("status")
        }

        @Test("Who has no right at the site, no access or not the password gets no slot")
        func refused() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            try await laptop.with(user: "nurse-2").with(password: "made-up-wrong").refuses(
                "wrong-password", "status")
            try await laptop.with(user: "nobody").refuses("wrong-password", "status")
            try await laptop.with(user: "nurse-3").refuses("not-allowed", "status")
            let added = try await trial.centre("user", "add", "root-1", "--role", "admin")
            try await laptop.with(user: "root-1").with(password: added["password"].text).refuses(
                "not-allowed", "status")
            try await trial.centre("user", "disable", "doctor-1")
            try await laptop.with(user: "doctor-1").refuses("user-disabled", "status")
            try await trial.centre("device", "revoke", "ward-1")
            try await laptop.with(user: "nurse-2").refuses("device-revoked", "status")
            try await trial.centre("device", "readmit", "ward-1")
            try await trial.stop()
            for user in ["nurse-2", "nurse-3", "doctor-1", "nobody"] {
                try await laptop.with(user: user).refuses("server-unreachable", "status", exit: 3)
            }
            try await laptop("status")
        }

        @Test("A person of several sites logs in on laptops of each, and of no other")
        func severalSites() async throws {
            let trial = try await Trial()
            let here = try await trial.laptop("ward-1")
            let there = try await trial.laptop("ward-3", site: "SHA", user: "nurse-3")
            try await here.with(user: "monitor-1")("status")
            try await there.with(user: "monitor-1").refuses("not-allowed", "status")
            let granted = try await trial.centre("user", "grant", "monitor-1", "--site", "PKU", "SHA")
            #expect(granted["sites"].list == ["PKU", "SHA"] && granted["role"] == "monitor")
            try await there.with(user: "monitor-1")("status")
            try await there.with(user: "monitor-1").refuses("not-allowed", "participant", "add")
            try await trial.centre("user", "grant", "monitor-1", "--site", "SHA")
            try await here.sync()
            try await here.with(user: "monitor-1").refuses("not-allowed", "status")
            try await there.with(user: "monitor-1")("status")
        }
    }
}
