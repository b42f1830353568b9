import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages
import TrialStore

@Suite("What is said before it is done", .timeLimit(.minutes(10)))
struct ConsoleConfirmTests {
    @Test(
        "Before a conflict is decided a page names what happens to which values, and keeps the reason",
        arguments: [true, false])
    func conflict(takes: Bool) async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let open = try await console.centre.centre.conflict(console.conflict)
        let path = "/conflicts/\(console.conflict)"
        var form = ["choice": takes ? open.versions[0].stamp.entry : "set", "reason": "the scale <b>"]
        if !takes { form["item.VS.weight"] = "70.5" }
        let page = await browser.post(path, form)
        #expect(page.status == 200)
        #expect(try await console.centre.centre.conflicts(site: nil).count == 1, "nothing is done yet")
        for text in [
            "PKU-007 BL", "Body weight", "71.5\u{2009}kg", "72.5\u{2009}kg", "nurse-PKU", "ward", "clinic",
        ] {
            #expect(page.text.contains(text), "\(text)")
        }
        #expect(page.text.contains(takes ? "is not taken" : "70.5\u{2009}kg becomes the agreed value"))
        #expect(page.text.contains("Plan of Prednisone acetate"), "what the choice changes")
        #expect(page.text.contains("value=\"the scale &lt;b&gt;\""))
        // What was confirmed is that choice, and no other.
        form["confirmed"] = page.confirmed
        let other = form.merging(["choice": open.versions[1].stamp.entry]) { $1 }
        #expect(await browser.post(path, other).status == 200)
        #expect(try await console.centre.centre.conflicts(site: nil).count == 1)
        #expect(await browser.post(path, form).status == 303)
        #expect(try await console.centre.centre.conflicts(site: nil).isEmpty)
    }

    @Test("Going back from what would happen brings the form as it was filled in, and nothing is done")
    func undone() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let open = try await console.centre.centre.conflict(console.conflict)
        let path = "/conflicts/\(console.conflict)"
        let form = ["choice": open.versions[0].stamp.entry, "reason": "the scale <b>"]
        let page = await browser.post(path, form)
        #expect(page.text.contains("<button name=\"undone\" value=\"1\" formnovalidate>"))
        let sent = try #require(page.confirmed)
        let back = await browser.post(path, form.merging(["confirmed": sent, "undone": "1"]) { $1 })
        #expect(back.status == 200 && back.text.contains("value=\"the scale &lt;b&gt;\""))
        #expect(back.text.contains(" required checked>"))
        #expect(try await console.centre.centre.conflicts(site: nil).count == 1)
        let set = ["choice": "set", "item.VS.weight": "70.5", "reason": "x", "undone": "1"]
        #expect(await browser.post(path, set).text.contains("value=\"70.5\""))
    }

    @Test("A value on which people do not agree stands in two cells, beside a conflict too")
    func bothCells() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        for (day, laptop) in [("2026-03-02", "third"), ("2026-03-03", "fourth")] {
            let date = try #require(CalendarDate(day))
            let change = Change.saving(["SV.date": .date(date)], of: console.participant, at: "BL")
            try await console.centre.save([change], as: laptop)
        }
        func both(_ texts: [String], _ page: String) -> Bool {
            let cells = texts.map { "<span class=\"text\">\($0)<br><small>nurse-PKU" }
            return page.contains("<span class=\"both\">\(cells[0])") && page.contains("</span>\(cells[1])")
        }
        func isShown(_ texts: [String], on page: String) -> Bool {
            both(texts, page) || both(texts.reversed(), page)
        }
        let page = await browser.get("/conflicts/\(console.conflict)").text
        #expect(isShown(["2 Mar 2026", "3 Mar 2026"], on: page) && !page.contains(" | "))
    }

    @Test("Before several are decided, each is named with what becomes of it")
    func many() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        for name in ["nurse-2", "nurse-3"] {
            _ = try await console.centre.centre.addPerson(
                name, role: .dataEntry, sites: ["PKU"], password: ConsoleUnderTest.password)
        }
        let other = EnrolmentID(prefixOf: [8])
        try await console.centre.save(
            [.number("PKU-008", of: other), .weight("60", of: other, by: "nurse-2")], as: "third")
        try await console.centre.save([.weight("61", of: other, by: "nurse-3")], as: "fourth")
        try await console.centre.save([.weight("62", of: other, by: "nurse-2")], as: "fifth")
        let id = try #require(
            try await console.centre.centre.conflicts(site: nil).first { $0.visit.participant == "PKU-008" }
        ).id.hex
        let form = ["id": id, "author": "nurse-3", "reason": "re-weighed"]
        #expect(await browser.post("/conflicts", ["id": id, "author": "nurse-3"]).code == .reasonNeeded)
        let page = await browser.post("/conflicts", form)
        let agreed = "PKU-008 BL: 61\u{2009}kg becomes the agreed value;"
        let others = ["60\u{2009}kg or 62\u{2009}kg", "62\u{2009}kg or 60\u{2009}kg"]
        #expect(others.contains { page.text.contains("\(agreed) \($0) does not") })
        #expect(page.text.contains("name=\"id\" value=\"\(id)\""))
        #expect(try await console.centre.centre.conflicts(site: nil).count == 2)
        #expect(await browser.act("/conflicts", form).status == 303)
        #expect(try await console.centre.centre.conflicts(site: nil).count == 1)
    }

    @Test("A lock, a void and what undoes them each name the record and its values first")
    func record() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let open = try await console.centre.centre.conflict(console.conflict)
        let choice = ["choice": open.versions[0].stamp.entry, "reason": "checked"]
        _ = await browser.act("/conflicts/\(console.conflict)", choice)
        let path = "/participants/\(console.participant.hex)/BL"
        for (decision, says) in [
            ("lock", "can no longer be edited"), ("unlock", "can be edited again"),
            ("void", "counts for nothing"), ("unvoid", "counts again"),
        ] {
            let offered = await browser.get(path).text
            #expect(offered.contains("name=\"decision\" value=\"\(decision)\""))
            let form = ["decision": decision, "reason": "for a test"]
            let before = try await console.centre.centre.visit("PKU-007", "BL", withHistory: false)
            let page = await browser.post("\(path)/state", form)
            #expect(page.text.contains("PKU-007 BL") && page.text.contains(says), "\(decision)")
            #expect(page.text.contains(/kg\s*<\/td>/), "\(decision): the values")
            let same = try await console.centre.centre.visit("PKU-007", "BL", withHistory: false)
            #expect(same.locked == before.locked && same.voided == before.voided, "\(decision)")
            #expect(await browser.act("\(path)/state", form).status == 303, "\(decision)")
            let after = try await console.centre.centre.visit("PKU-007", "BL", withHistory: false)
            #expect(after.locked == (decision == "lock") && after.voided == (decision == "void"))
        }
    }

    @Test("Before a query is closed its messages stand there, and who can answer no more")
    func query() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let record = "/participants/\(console.participant.hex)/BL"
        let raised = await browser.post("\(record)/queries", ["item": "VS.weight", "text": "Which scale?"])
        let query = try #require(raised.location)
        let page = await browser.post("\(query)/close", ["text": "by telephone"])
        #expect(page.text.contains("PKU-007") && page.text.contains("Which scale?"))
        #expect(page.text.contains("value=\"by telephone\""))
        #expect(try await console.centre.centre.queries(site: nil, all: false).count == 1)
        #expect(await browser.act("\(query)/close", ["text": "by telephone"]).status == 303)
        #expect(try await console.centre.centre.queries(site: nil, all: false).isEmpty)
    }

    @Test("Before a release the page names whose saves go in, and what they alter")
    func release() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let other = EnrolmentID(prefixOf: [9])
        try await console.centre.save([.number("PKU-009", of: other)], as: "third")
        try await console.centre.save([.weight("80", of: other, by: "stranger")], as: "fourth")
        let entry = try #require(try await console.centre.centre.quarantined().first).entry
        #expect(await browser.post("/quarantine", ["entry": entry]).code == .reasonNeeded)
        let form = ["entry": entry, "reason": "she was ill"]
        let page = await browser.post("/quarantine", form)
        #expect(page.text.contains("PKU-009, BL, stranger") && page.text.contains("80\u{2009}kg"))
        #expect(try await console.centre.centre.quarantined().count == 1)
        #expect(await browser.act("/quarantine", form).status == 303)
        #expect(try await console.centre.centre.quarantined().isEmpty)
    }

    @Test("Before a link is taken back, or a person's access ends, the page says whose and what then")
    func administration() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("admin-1")
        let invite = ["site": "PKU", "hours": "24", "server": "http://127.0.0.1:1"]
        _ = await browser.post("/laptops", invite)
        let link = try #require(try await console.centre.centre.invites().first { $0.status == .open })
        #expect(await browser.get("/laptops/links").text.contains("name=\"link\" value=\"\(link.shortID)\""))
        let page = await browser.post("/laptops/links", ["link": link.shortID])
        #expect(page.text.contains("Take back the link \(link.shortID)") && page.text.contains("site PKU"))
        #expect(try await console.centre.centre.invites().contains { $0.status == .open })
        #expect(await browser.act("/laptops/links", ["link": link.shortID]).status == 303)
        #expect(try await !console.centre.centre.invites().contains { $0.status == .open })

        for (decision, isDisabled) in [("disable", true), ("enable", false)] {
            let form = ["person": "nurse-PKU", "decision": decision]
            let shown = await browser.get("/people").text
            #expect(shown.contains("value=\"\(decision)\""))
            let page = await browser.post("/people", form)
            #expect(page.text.contains("nurse-PKU (data entry, PKU)"), "\(decision)")
            let view = try await console.centre.centre.show(person: "nurse-PKU", on: nil)
            #expect(view.grant?.isDisabled != isDisabled, "\(decision): nothing is done yet")
            #expect(await browser.act("/people", form).status == 303, "\(decision)")
            let after = try await console.centre.centre.show(person: "nurse-PKU", on: nil)
            #expect(after.grant?.isDisabled == isDisabled)
            #expect(after.history.last?.by == "admin-1", "the trail names who did it")
        }
        #expect(await browser.act("/people", ["person": "admin-1", "decision": "disable"]).status == 403)
        let reader = try await console.browser("dataManager-1")
        #expect(await reader.act("/people", ["person": "nurse-PKU", "decision": "disable"]).status == 403)
    }
}
