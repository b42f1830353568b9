import Foundation
import Testing

extension Refusals {
    /// What a person may type wrong at a laptop.
    @Suite(.timeLimit(.minutes(5))) struct BadInputTests {
        private struct Case {
            let code: String
            let arguments: [String]
            var exit: Int32 = 1
            init(_ code: String, _ arguments: String..., exit: Int32 = 1) {
                (self.code, self.arguments, self.exit) = (code, arguments, exit)
            }
        }

        private static let wrongEdits = [
            Case("unknown-item", "PKU-001", "BL", "VS.wieght=70"),
            Case("wrong-type", "PKU-001", "BL", "VS.weight=heavy"),
            Case("wrong-type", "PKU-001", "BL", "VS.weight=70,5"),
            Case("wrong-type", "PKU-001", "BL", "VS.weight=1e2"),
            Case("wrong-type", "PKU-001", "BL", "SV.date=2026-02-30"),
            Case("wrong-type", "PKU-001", "BL", "SV.date=2026-02"),
            Case("wrong-type", "PKU-001", "BL", "PGA.vas=@later"),
            Case("wrong-type", "PKU-001", "W12", "RL.reinstituted=perhaps"),
            Case("wrong-type", "PKU-001", "W12", "RL.reason=a\u{1B}[2Jb"),
            Case("unknown-code", "PKU-001", "SCR", "DM.sex=X"),
            Case("unknown-unit", "PKU-001", "BL", "VS.weight=70 stone"),
            Case("text-too-long", "PKU-001", "SCR", "DM.initials=ABCDEFGHIJKLMNOP"),
            Case("item-not-at-event", "PKU-001", "SCR", "VS.weight=70"),
            Case("unknown-participant", "PKU-999", "BL", "VS.weight=70"),
            Case("unknown-participant", "", "BL", "VS.weight=70"),
            Case("unknown-event", "PKU-001", "W13", "VS.weight=70"),
            Case("unknown-event", "PKU-001", "UNS", "VS.weight=70"),
            Case("unknown-event", "PKU-001", "UNS#0", "VS.weight=70"),
            Case("unknown-event", "PKU-001", "UNS#10000", "VS.weight=70"),
            Case("unknown-event", "PKU-001", "BL#2", "VS.weight=70"),
            Case("not-found", "PKU-001", "UNS#1~beef", "VS.weight=70"),
            Case("reason-needed", "PKU-001", "BL", "VS.weight=71"),
            Case("reason-needed", "PKU-001", "BL", "VS.weight="),
            Case(
                "text-too-long", "PKU-001", "BL", "VS.weight=71", "--reason",
                String(repeating: "é", count: 2001)),
            Case("base-unknown", "PKU-001", "BL", "VS.weight=71", "--reason", "x", "--base", "garbage"),
            Case("usage", "PKU-001", "BL", exit: 2),
            Case("usage", "PKU-001", "BL", "VS.weight", exit: 2),
            Case("usage", "PKU-001", "BL", "VS.weight=70", "VS.weight=71", exit: 2),
            Case("usage", "PKU-001", "BL", "VS.weight=70", "--colour", "red", exit: 2),
        ]

        @Test("Each wrong edit is refused with its code, and nothing of it is saved")
        func edits() async throws {
            let laptop = try await Trial.withLaptop().laptop
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            let before = try await laptop("visit", "show", "PKU-001", "BL", "--history")
            for wrong in Self.wrongEdits {
                let reply = try await laptop.reply(["visit", "edit"] + wrong.arguments)
                expectRefusal(reply, wrong.code, wrong.exit)
            }
            // One wrong item keeps the right ones out too.
            try await laptop.refuses(
                "unknown-code", "visit", "edit", "PKU-001", "SCR", "DM.birthYear=1960", "DM.sex=X")
            try await laptop.refuses("unknown-code", "participant", "add", "DM.sex=X")
            #expect(try await laptop("visit", "show", "PKU-001", "BL", "--history") == before)
            #expect(try await laptop("status")["pending"] == 2)
            #expect(
                try await laptop("participant", "add")["participant"] == "PKU-002", "no number was wasted")
        }

        @Test("A reason of blanks is no reason")
        func blankReason() async throws {
            let laptop = try await Trial.withLaptop().laptop
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await laptop.refuses(
                "reason-needed", "visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "  ")
        }

        @Test("A base that another visit showed is refused")
        func foreignBase() async throws {
            let laptop = try await Trial.withLaptop().laptop
            let base = try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")["base"].text
            try await laptop.refuses(
                "base-unknown", "visit", "edit", "PKU-001", "W12", "VS.weight=71", "--reason", "x", "--base",
                base)
        }

        @Test("Who acts must be said, must know the password, and must have the right")
        func people() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            try await laptop.refuses("usage", "status", exit: 2, asUser: false)
            try await laptop.refuses("usage", "frobnicate", exit: 2, asUser: false)
            var wrong = laptop
            wrong.password = "made-up-wrong-word"
            try await wrong.refuses("wrong-password", "status")
            try await laptop.with(user: "nobody").refuses("wrong-password", "status")
            try await laptop.with(user: "").refuses("wrong-password", "status")
            let bare = try trial.run(
                Program.trialsync.url(), ["status", "--user", "nurse-1", "--json"],
                environment: trial.environment(store: laptop.store))
            expectRefusal(await bare.reply(), "password-needed")
            let other = Laptop(trial: trial, name: "nowhere", user: "nurse-1")
            try await other.refuses("not-enrolled", "participant", "add")
        }

        @Test("A register in conflict takes no ordinary edit, and a conflict only a decision that fits it")
        func conflicts() async throws {
            let trial = try await Trial()
            let (first, second) = try await Story.WholeStoryTests.begin(trial)
            try await Story.WholeStoryTests.collide(first, second)
            try await first.refuses(
                "conflict-open", "visit", "edit", "PKU-001", "BL", "VS.weight=73", "--reason", "x")
            try await first("visit", "edit", "PKU-001", "BL", "PGA.vas=40")
            let id = try await first("conflicts")[0]["id"].text
            let resolve = ["conflict", "resolve", id, "--reason", "x"]
            expectRefusal(try await first.reply(resolve + ["--set", "VS.weight=73"]), "not-allowed")
            expectRefusal(try await first.reply(resolve), "usage", 2)
            for (user, code, more) in [
                ("nurse-1", "not-allowed", ["--set", "VS.weight=73"]),
                ("monitor-1", "not-allowed", ["--set", "VS.weight=73"]),
                ("coordinator-1", "wrong-type", ["--set", "VS.weight=many"]),
                ("coordinator-1", "unknown-item", ["--set", "PGA.vas=3"]),
                ("coordinator-1", "not-found", ["--take", "00ff/1"]),
            ] {
                expectRefusal(await (try trial.start(resolve + more, user: user)).reply(), code)
            }
            try await trial.refuses(
                "not-found", "conflict", "resolve", "00000000", "--set", "VS.weight=73", "--reason", "x",
                user: "coordinator-1")
            try await trial.refuses(
                "reason-needed", "conflict", "resolve", id, "--set", "VS.weight=73", "--reason", "",
                user: "coordinator-1")
            #expect(try await trial.centre("conflicts").list.count == 1)
            try await trial.centre(
                "conflict", "resolve", id, "--set", "VS.weight=73", "--reason", "x", user: "coordinator-1")
            try await trial.refuses(
                "conflict-not-current", "conflict", "resolve", id, "--set", "VS.weight=74", "--reason", "x",
                user: "coordinator-1")
        }
    }
}
