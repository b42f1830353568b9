import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages

@Suite("The casebook and its seals at the console", .timeLimit(.minutes(10)))
struct ConsoleCasebookTests {
    @Test("The printed casebook holds every value of every visit, both values of a conflict, and each query")
    func printed() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let record = "/participants/\(console.participant.hex)"
        let reason = "fell <down>"
        let change = Change.saving(
            ["RL.reason": .text(reason), "RL.reinstituted": .yesNo(true)], of: console.participant, at: "W12")
        try await console.centre.save([change], as: "third")
        let first = try await console.centre.save(
            [.saving(["OP.calcium": .yesNo(true)], of: console.participant, at: "BL")], as: "fourth")
        let corrected = Change.saving(
            ["OP.calcium": .yesNo(false)], of: console.participant, at: "BL", replacing: first)
        try await console.centre.save([corrected], as: "fifth")
        let question = ["item": "VS.weight", "text": "Which scale?"]
        let raised = await browser.post("\(record)/BL/queries", question)
        _ = await browser.act("\(raised.location ?? "")/close", ["text": "told by telephone"])
        let path = "/casebooks/\(console.participant.hex)"
        #expect(await browser.get(record).text.contains("href=\"\(path)\""))
        let text = await browser.get(path).text
        for part in [
            "PKU-007 · BL", "PKU-007 · W12", "71.5\u{2009}kg (nurse-PKU, ward",
            "72.5\u{2009}kg (nurse-PKU, clinic",
            "fell &lt;down&gt;", "Which scale?", "In conflict",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        let rows = text.split(separator: "<tr>")
        let calcium = try #require(rows.first { $0.contains("<small>OP.calcium</small>") })
        #expect(calcium.contains("nurse-PKU, fifth, ") && !calcium.contains("fourth"), "the last save counts")
        // Every item that is planned has its row, empty or not; what an instrument lacks is counted.
        let study = try await console.centre.centre.study()
        let rated = Set(study.ruleBook.totals.flatMap { study.items(of: $0.group).map(\.oid) })
        #expect(text.contains("domains unanswered"))
        for item in study.items(at: "BL") + study.items(at: "W12") where !rated.contains(item.oid) {
            #expect(text.contains("<small>\(item.oid)</small>"), "\(item.oid)")
        }
        let main = text.split(separator: "<div id=\"content\">")[1].split(separator: "</main>")[0]
        #expect(!main.contains("<details"), "nothing is folded away")
        #expect(await (try await console.browser("monitor-sha")).get(path).status == 404)
    }

    @Test("The printed casebook names who emptied a value, and nobody where there never was one")
    func emptied() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let first = try await console.centre.save(
            [.saving(["OP.calcium": .yesNo(true)], of: console.participant, at: "BL")], as: "third")
        let emptied = Change.saving(
            ["OP.calcium": .empty], of: console.participant, at: "BL", replacing: first)
        try await console.centre.save([emptied], as: "fourth")
        let never = Change.saving(["RL.reason": .empty], of: console.participant, at: "W12")
        try await console.centre.save([never], as: "fifth")
        let text = await browser.get("/casebooks/\(console.participant.hex)").text
        let rows = text.split(separator: "<tr>")
        let calcium = try #require(rows.first { $0.contains("<small>OP.calcium</small>") })
        #expect(calcium.contains("nurse-PKU, fourth, ") && !calcium.contains("third"), "\(calcium)")
        let reason = try #require(rows.first { $0.contains("<small>RL.reason</small>") })
        #expect(!reason.contains("nurse-PKU"), "\(reason)")
    }

    @Test("The printed casebook says that a save of a visit is in quarantine")
    func quarantined() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let path = "/casebooks/\(console.participant.hex)"
        let said = "1 save of this visit is in quarantine"
        #expect(await !browser.get(path).text.contains(said))
        let stranger = Change.saving(
            ["OP.calcium": .yesNo(true)], of: console.participant, at: "BL", by: "stranger")
        try await console.centre.save([stranger], as: "third")
        #expect(await browser.get(path).text.ranges(of: said).count == 1)
        #expect(await browser.get("/participants/\(console.participant.hex)/BL").text.contains(said))
    }

    @Test("What was found on another record stands once on the sheet and on paper, beside its item or on top")
    func findings() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let record = "/participants/\(console.participant.hex)"
        let paper = "/casebooks/\(console.participant.hex)"
        let noConsent = "BL is on record, but DM.consentDate (Date of informed consent) at SCR has no date"
        let lacking = await browser.get("\(record)/BL").text
        #expect(lacking.ranges(of: noConsent).count == 1)
        let said = try #require(lacking.firstRange(of: noConsent))
        let groups = try #require(lacking.firstRange(of: "<table class=\"sheet\""))
        #expect(said.lowerBound < groups.lowerBound, "at the top")
        #expect(await browser.get(paper).text.ranges(of: "▲ \(noConsent)").count == 1)

        let consent = Value.date(try #require(CalendarDate("2026-03-05")))
        let visit = Value.date(try #require(CalendarDate("2026-03-02")))
        try await console.centre.save(
            [
                .saving(["DM.consentDate": consent], of: console.participant, at: "SCR"),
                .saving(["SV.date": visit], of: console.participant, at: "BL"),
            ], as: "third")
        let before = "should be no earlier than DM.consentDate"
        let sheet = await browser.get("\(record)/BL").text
        #expect(!sheet.contains(noConsent) && sheet.ranges(of: before).count == 1)
        let date = try #require(sheet.firstRange(of: "<small>SV.date</small>"))
        let next = try #require(sheet.firstRange(of: "<small>SV.type</small>"))
        #expect(sheet[date.upperBound..<next.lowerBound].contains(before), "beside the date")
        #expect(await browser.get(paper).text.ranges(of: before).count == 1)
    }

    @Test("A visit with a date that is still to come is not called done, one of today in any zone is")
    func dateToCome() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let today = try console.centre.centre.today
        for (event, days, said) in [
            ("D14", 1, "mark agreed\">done<"), ("W12", 2, "mark attention\">dated in the future<"),
        ] {
            let date = Value.date(try #require(today.adding(days: days)))
            let change = Change.saving(["SV.date": date], of: console.participant, at: event)
            try await console.centre.save([change], as: event)
            let text = await browser.get("/participants/\(console.participant.hex)").text
            let row = try #require(text.split(separator: "<tr>").first { $0.contains("/\(event)\">") })
            #expect(row.contains(said), "\(event)")
        }
    }

    @Test("What is locked, void or signed is listed with who and when, and what was saved since")
    func seals() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        #expect(await browser.get("/records").text.contains("Nothing is locked"))
        let change = Change.saving(["RL.reinstituted": .yesNo(true)], of: console.participant, at: "W12")
        try await console.centre.save([change], as: "third")
        let state = "/participants/\(console.participant.hex)/W12/state"
        _ = await browser.act(state, ["decision": "lock", "reason": "source data verified"])
        let late = Change.saving(["RL.reason": .text("a relapse")], of: console.participant, at: "W12")
        try await console.centre.save([late], as: "fourth")
        let rows = await browser.get("/participants/\(console.participant.hex)").text.split(separator: "<tr>")
        let row = try #require(rows.first { $0.contains("/W12\">W12</a>") })
        for mark in ["conflict\">Edit after lock<", "attention\">Locked<"] {
            #expect(row.contains("<span class=\"mark \(mark)"), "\(row)")
        }
        #expect(rows.contains { $0.contains("mark conflict\">In conflict<") && $0.contains("/BL\">BL</a>") })
        let paper = await browser.get("/casebooks/\(console.participant.hex)").text
        #expect(paper.contains("Edit after lock: ") && paper.contains("a relapse"))
        let text = await browser.get("/records").text
        for part in [
            "PKU-007 W12", "Locked", "coordinator-1", "source data verified", "held by a lock",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        for (field, value, isFound) in [
            ("kind", "lock", true), ("kind", "sign", false), ("find", "pku-007", true),
            ("find", "PKU-009", false), ("site", "PKU", true), ("site", "SHA", false),
        ] {
            let answer = await browser.post("/search", ["back": "/records", field: value])
            let shown = await browser.get(answer.location ?? "").text
            #expect(shown.contains("source data verified") == isFound, "\(field) \(value)")
        }
        let monitor = try await console.browser("monitor-sha")
        #expect(!(await monitor.get("/records").text.contains("PKU-007")))
    }

    @Test("The laptops of a site stand with the days of their silence, the most silent first")
    func laptops() async throws {
        let console = try await ConsoleUnderTest()
        console.centre.advance(seconds: 9 * 86_400)
        try await console.centre.save([.number("PKU-008", of: EnrolmentID(prefixOf: [8]))], as: "third")
        let text = await (try await console.browser("monitor-1")).get("/laptops").text
        let rows = text.matches(of: /<tr><th scope="row">(ward|clinic|third)<\/th>.*/).map {
            String($0.output.0)
        }
        #expect(rows.count == 3)
        #expect(rows.last?.contains("third") == true && rows.last?.contains("today") == true)
        #expect(rows[0].contains("9 days ago") && rows[0].contains("width=\"36\""))
        #expect(!(await (try await console.browser("monitor-sha")).get("/laptops").text.contains(">ward<")))
    }
}
