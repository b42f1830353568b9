import Foundation
import Testing

extension Story {
    /// Data queries between the centre and a site, with the programs that ship.
    @Suite(.timeLimit(.minutes(5))) struct QueryTests {
        @Test("A query is raised, answered offline on two laptops, closed and opened again")
        func wholeQuery() async throws {
            let trial = try await Trial()
            let (first, second) = try await WholeStoryTests.begin(trial)
            let raised = try await trial.centre(
                "query", "raise", "PKU-001", "BL", "VS.weight", "is this right?", user: "monitor-1")
            expectKeys(raised, Contract.query, adding: ["site", "asked"])
            expectKeys(raised["messages"][0], Contract.message, adding: ["role", "receivedAt"])
            let id = raised["id"].text
            #expect(raised["status"] == "open" && raised["event"] == "BL" && raised["item"] == "VS.weight")
            for laptop in [first, second] {
                try await laptop.sync()
                #expect(try await laptop("query", "list").list.map { $0["id"] } == [raised["id"]])
                #expect(try await laptop("status")["openQueries"] == 1)
            }
            try await first("query", "answer", id, "yes, weighed twice")
            let answered = try await second("query", "answer", String(id.prefix(6)), "see the source")
            #expect(answered["status"] == "answered" && answered["messages"].list.count == 2)
            for laptop in [first, second, first] { try await laptop.sync() }
            let here = try await trial.centre("query", "list")[0]
            #expect(here["status"] == "answered")
            let texts = Set(here["messages"].list.map { $0["text"] })
            #expect(texts == ["is this right?", "yes, weighed twice", "see the source"])
            #expect(try await first("query", "list")[0] == here)

            let closed = try await trial.centre("query", "close", id, "--reason", "clear", user: "monitor-1")
            #expect(closed["status"] == "closed")
            #expect(try await trial.centre("query", "list").list.isEmpty)
            #expect(try await trial.centre("query", "list", "--all", "--site", "PKU").list.count == 1)
            #expect(try await trial.centre("status")["openQueries"] == 0)
            try await first.sync()
            try await first.refuses("query-closed", "query", "answer", id, "late")
            try await trial.centre("query", "reopen", id, "and the scale?", user: "coordinator-1")
            let status = try await trial.centre("status")
            #expect(status["openQueries"] == 1)
            for laptop in [first, second] {
                try await laptop.sync()
                #expect(try await laptop("query", "list")[0]["status"] == "open")
            }
            try await expectInStep(trial, [first, second])
        }

        @Test("An answer written offline does not lie unseen in a query that was closed meanwhile")
        func closedMeanwhile() async throws {
            let trial = try await Trial()
            let (first, _) = try await WholeStoryTests.begin(trial)
            let id = try await trial.centre(
                "query", "raise", "PKU-001", "BL", "VS.weight", "is this right?", user: "monitor-1")["id"]
                .text
            try await first.sync()
            try await first("query", "answer", id, "no: 77.5, see the source")
            try await trial.centre("query", "close", id, "--reason", "clear", user: "monitor-1")
            #expect(try await trial.centre("status")["openQueries"] == 0)
            try await first.sync()
            let here = try await trial.centre("query", "list")[0]
            #expect(here["id"].text == id && here["status"] == "answered")
            #expect(try await trial.centre("status")["openQueries"] == 1)
            #expect(try await first("query", "list")[0] == here)
            try await trial.centre("query", "close", id, "--reason", "seen", user: "monitor-1")
            #expect(try await trial.centre("status")["openQueries"] == 0)
        }

        @Test("A site asks, and the centre answers")
        func siteAsks() async throws {
            let trial = try await Trial()
            let (first, _) = try await WholeStoryTests.begin(trial)
            let asked = try await first(
                "query", "ask", "PKU-001", "BL", "is a phone visit enough?", "--item", "SV.type")
            #expect(asked["asked"] == "site" && asked["status"] == "open")
            try await first.sync()
            let answered = try await trial.centre(
                "query", "answer", asked["id"].text, "it is", user: "monitor-1")
            #expect(answered["status"] == "answered")
            try await first.sync()
            #expect(try await first("query", "list")[0]["messages"].list.count == 2)
        }

        @Test("Queries are about something there is, and are written by those who may")
        func refusals() async throws {
            let trial = try await Trial()
            let (first, _) = try await WholeStoryTests.begin(trial)
            let other = try await trial.laptop("ward-3", site: "SHA", user: "nurse-3")
            try await other("participant", "add")
            try await other.sync()
            let here = ["query", "raise", "PKU-001"]
            for (code, more) in [
                ("unknown-event", ["XX", "VS.weight", "why?"]), ("unknown-item", ["BL", "VS.x", "why?"]),
                ("item-not-at-event", ["SCR", "VS.weight", "why?"]),
                ("text-too-long", ["BL", "", String(repeating: "x", count: 4001)]),
            ] {
                let reply = await (try trial.start(here + more, user: "monitor-1")).reply()
                expectRefusal(reply, code)
            }
            try await trial.refuses(
                "unknown-participant", "query", "raise", "PKU-009", "BL", "", "why?", user: "monitor-1")
            try await trial.refuses(
                "not-allowed", "query", "raise", "SHA-001", "BL", "", "why?", user: "monitor-1")
            let id = try await trial.centre(
                "query", "raise", "PKU-001", "BL", "", "why?", user: "coordinator-1")["id"].text
            try await trial.refuses("not-allowed", "query", "close", id, user: "nurse-1")
            try await trial.refuses("not-allowed", "query", "reopen", id, "x", user: "doctor-1")
            try await trial.refuses("not-allowed", "query", "answer", id, "x", user: "nurse-3")
            try await trial.refuses("not-found", "query", "close", "zzzz", user: "monitor-1")
            try await first.refuses("usage", "query", "ask", "PKU-001", "BL", " ", exit: 2)
            try await first.refuses("not-found", "query", "answer", "0000", "x")
        }

        @Test("A conflict that is decided at the centre raises a query that the site acknowledges")
        func acknowledgement() async throws {
            let trial = try await Trial()
            let (first, second) = try await WholeStoryTests.begin(trial)
            try await WholeStoryTests.collide(first, second)
            let conflict = try await trial.centre("conflicts")[0]["id"].text
            try await trial.centre(
                "conflict", "resolve", conflict, "--set", "VS.weight=71.5", "--reason", "source was seen",
                user: "coordinator-1")
            try await first.sync()
            let query = try await first("query", "list")[0]
            #expect(query["item"] == "VS.weight" && query["event"] == "BL" && query["status"] == "open")
            let text = query["messages"][0]["text"].text
            for part in ["VS.weight", "coordinator-1", "source was seen"] { #expect(text.contains(part)) }
            try await first("query", "answer", query["id"].text, "seen")
            try await first.sync()
            #expect(try await trial.centre("query", "list")[0]["status"] == "answered")
        }
    }
}
