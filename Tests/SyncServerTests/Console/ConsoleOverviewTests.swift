import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages

@Suite("What the console says first", .timeLimit(.minutes(10)))
struct ConsoleOverviewTests {
    @Test("Every page says at its top what waits on laptops, what conflicts and what is late")
    func state() async throws {
        let console = try await ConsoleUnderTest()
        let waiting = try await console.centre.centre.devices().reduce(0) { $0 + $1.pending }
        let browser = try await console.browser("coordinator-1")
        for page in ["/", "/participants", "/audit", "/study"] {
            let text = await browser.get(page).text
            let line = try #require(text.firstMatch(of: /<span class="state waiting" role="status">([^<]*)</))
            #expect(line.output.1.contains(" · 1 conflict · no visits late"), "\(page)")
            #expect(line.output.1.contains(waiting == 0 ? "nothing waits" : "not yet here"))
        }
        // Who may not read is told nothing of the records.
        let admin = await (try await console.browser("admin-1")).get("/laptops").text
        #expect(admin.contains("class=\"state ") && !admin.contains("1 conflict"))
        let other = await (try await console.browser("monitor-sha")).get("/").text
        #expect(other.contains("class=\"state safe\"") && other.contains("no conflicts"))
    }

    @Test("A visit that is late is counted at the top, and its figure leads to it")
    func late() async throws {
        let console = try await ConsoleUnderTest()
        let date = try #require(CalendarDate("2020-01-06"))
        let other = EnrolmentID(prefixOf: [8])
        try await console.centre.save(
            [.number("PKU-008", of: other), .saving(["SV.date": .date(date)], of: other, at: "BL")],
            as: "third")
        let browser = try await console.browser("coordinator-1")
        let text = await browser.get("/").text
        #expect(text.firstMatch(of: /class="state waiting"[^<]*· [0-9]+ visits? late/) != nil)
        #expect(text.contains("href=\"/visits?kind=late\""))
        let late = await browser.get("/visits?kind=late").text
        #expect(late.contains("PKU-008") && late.contains("/participants/\(other.hex)/"))
        #expect(!late.contains("\">PKU-007</a>"))
        #expect(await (try await console.browser("monitor-sha")).get("/visits").text.contains("No visit is"))
        let found = await browser.post("/search", ["back": "/visits", "find": "PKU-007", "kind": "late"])
        #expect(await browser.get(found.location ?? "").text.contains("Nothing fits"))
    }

    @Test("The figure, the curve and the table count the same participants as enrolled")
    func enrolled() async throws {
        let console = try await ConsoleUnderTest()
        let other = EnrolmentID(prefixOf: [8])
        let screened = Change.saving(["DM.sex": .code("F")], of: other, at: "SCR")
        try await console.centre.save([.number("PKU-008", of: other), screened], as: "third")
        let browser = try await console.browser("coordinator-1")
        let text = await browser.get("/").text
        #expect(
            text.contains("href=\"/participants\"><span class=\"quiet\">Enrolled</span> <strong>1</strong>"))
        let site = "<th scope=\"row\">PKU</th><td>Made-up hospital PKU</td><td class=\"number\">1</td>"
        #expect(text.contains(site))
        let curve = try #require(text.firstRange(of: "Enrolment against the target")).upperBound
        let end = try #require(text[curve...].firstRange(of: "</figure>")).lowerBound
        #expect(text[curve..<end].contains(">1</td>") && !text[curve..<end].contains(">2</td>"))
        #expect(text.contains("href=\"/visits?kind=due\""))
    }

    @Test("Who makes backups sees on the overview when the last one was made, or that there is none")
    func backup() async throws {
        let console = try await ConsoleUnderTest()
        let text = await (try await console.browser("coordinator-1")).get("/").text
        #expect(text.contains("<span class=\"mark attention\">No backup has been made yet.</span>"))
        let reader = await (try await console.browser("dataManager-1")).get("/").text
        #expect(!reader.contains("No backup"))
        // Who may not read is told of the backup, and of nothing else.
        let admin = await (try await console.browser("admin-1")).get("/")
        #expect(admin.status == 200 && admin.text.contains("No backup"))
        #expect(!admin.text.contains("<ul class=\"figures\">") && !admin.text.contains("id=\"serious\""))
    }

    @Test("A serious adverse event stands with its line and the hours since onset and since receipt")
    func serious() async throws {
        let console = try await ConsoleUnderTest()
        let today = try console.centre.centre.today
        let line = Change.line(
            ["AE.term": .text("pneumonia"), "AE.serious": .yesNo(true), "AE.start": .date(today)],
            of: console.participant, form: "AE")
        try await console.centre.save([line], as: "third")
        console.centre.advance(seconds: 3 * 3_600)
        let browser = try await console.browser("coordinator-1")
        let text = await browser.get("/").text
        let link = try #require(text.firstMatch(of: /<a href="(\/participants\/[0-9a-f]+\/AE-[^"]+)">/))
        #expect(text.contains("pneumonia") && text.contains("<td>3 hours</td>"))
        #expect(await browser.get(String(link.output.1)).text.contains("pneumonia"))
        #expect(text.contains("<a href=\"/serious\">All 1"), "the way to all of them")
        for (find, isFound) in [("PNEUMO", true), ("pku-007", true), ("stroke", false)] {
            let answer = await browser.post("/search", ["back": "/serious", "find": find])
            let shown = await browser.get(answer.location ?? "").text
            #expect(shown.contains("<td>3 hours</td>") == isFound, "\(find)")
            #expect(shown.contains("Nothing fits") != isFound, "\(find)")
        }
        let other = try await console.browser("monitor-sha")
        #expect(await other.get("/serious").text.contains("No serious adverse event"))
    }

    @Test("A serious adverse event on whose term people do not agree is listed with each of them")
    func seriousConflict() async throws {
        let console = try await ConsoleUnderTest()
        let first = Change.line(
            ["AE.term": .text("pneumonia"), "AE.serious": .yesNo(true)], of: console.participant, form: "AE")
        let second = Change.line(["AE.term": .text("sepsis")], of: console.participant, form: "AE")
        try await console.centre.save([first], as: "third")
        try await console.centre.save([second], as: "fourth")
        let browser = try await console.browser("coordinator-1")
        for page in ["/", "/serious", "/participants/\(console.participant.hex)"] {
            let text = await browser.get(page).text
            let cells = text.split(separator: "<td>").filter { $0.contains("class=\"both\"") }
            #expect(cells.contains { $0.contains("pneumonia") && $0.contains("sepsis") }, "\(page)")
        }
        let found = await browser.post("/search", ["back": "/serious", "find": "sepsis"])
        #expect(await browser.get(found.location ?? "").text.contains("PKU-007"))
    }

    @Test("Values outside the window and likely duplicates are listed, with ways to them")
    func hints() async throws {
        let console = try await ConsoleUnderTest()
        var trough = Change.saving([:], of: console.participant, at: "W12")
        let value = Value.decimal(Quantity(ExactDecimal(21), unit: "ug/L"))
        trough.writes = [RegisterWrite("PK", [ItemValue("PK.trough", value)])]
        let (one, two) = (EnrolmentID(prefixOf: [8]), EnrolmentID(prefixOf: [9]))
        func person(_ number: String, _ id: EnrolmentID) -> [Change] {
            let values: KeyValuePairs<String, Value> = [
                "DM.initials": .text("ab"), "DM.birthYear": .integer(1961), "DM.sex": .code("F"),
            ]
            return [.number(number, of: id), .saving(values, of: id, at: "SCR")]
        }
        try await console.centre.save(
            [trough] + person("PKU-008", one) + person("PKU-009", two), as: "third")
        let browser = try await console.browser("coordinator-1")
        let overview = await browser.get("/").text
        for list in ["/outside", "/pairs"] { #expect(overview.contains("href=\"\(list)\""), "\(list)") }
        let window = await browser.get("/outside").text
        #expect(window.contains("<a href=\"/participants/\(console.participant.hex)/W12\">PKU-007 W12</a>"))
        #expect(window.contains("21\u{2009}µg/L") && !window.contains("ug/L"), "a unit as forms print it")
        let pairs = await browser.get("/pairs").text
        for id in [one, two] { #expect(pairs.contains("<a href=\"/participants/\(id.hex)\">")) }
        #expect(pairs.contains("Both records say"))
        for (list, find) in [("/outside", "w12"), ("/pairs", "pku-009")] {
            let found = await browser.post("/search", ["back": list, "find": find, "site": "PKU"])
            #expect(await browser.get(found.location ?? "").text.contains("PKU-00"), "\(list)")
            let none = await browser.post("/search", ["back": list, "find": "PKU-001"])
            #expect(await browser.get(none.location ?? "").text.contains("Nothing fits"), "\(list)")
        }
        let other = try await console.browser("monitor-sha")
        for list in ["/", "/outside", "/pairs"] {
            #expect(await !other.get(list).text.contains("PKU-00"), "\(list)")
        }
    }

    @Test("A mean stands with its unit and of how many it is, and says who is left out, as a rate does")
    func mean() async throws {
        let console = try await ConsoleUnderTest()
        let ids = (UInt8(8)...11).map { EnrolmentID(prefixOf: [$0]) }
        func score(_ number: Int32, of id: EnrolmentID, at event: String) -> Change {
            let value = Value.decimal(Quantity(ExactDecimal(number), unit: "mm"))
            return .saving(["PGA.vas": value], of: id, at: event)
        }
        var changes = ids.enumerated().map { Change.number("PKU-01\($0.offset)", of: $0.element) }
        changes += ids.map { score(60, of: $0, at: "BL") }
        changes += ids[..<2].map { score(40, of: $0, at: "W48") }
        try await console.centre.save(changes, as: "third")
        try await console.centre.save([score(70, of: ids[3], at: "BL")], as: "fourth")
        let browser = try await console.browser("coordinator-1")
        let text = await browser.get("/").text
        let name = "<th scope=\"row\">PGA improvement at 48 weeks</th>"
        let row = try #require(text.split(separator: "<tr>").first { $0.hasPrefix(name) })
        #expect(row.contains("<td>20 ± 0\u{2009}mm, n = 2</td>"), "\(row)")
        let leftOut = "1 participant lacks what it needs, 1 participant in conflict"
        #expect(row.contains("<td>\(leftOut)</td>"), "\(row)")
    }

    @Test("The overview says of each site what its laptops are: how many, who is silent, what waits")
    func laptops() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        func row(_ text: String) throws -> Substring {
            try #require(text.split(separator: "<tr>").first { $0.hasPrefix("<th scope=\"row\">PKU</th>") })
        }
        let fresh = try row(await browser.get("/").text)
        #expect(fresh.contains("<td class=\"number\">2</td>") && fresh.contains(">today</span>"))
        #expect(fresh.contains("<span class=\"mark none\">Good</span>"))
        for path in ["/", "/sites"] {
            let rows = await browser.get(path).text.split(separator: "<tr>")
            let bare = try #require(rows.first { $0.hasPrefix("<th scope=\"row\">SHA</th>") })
            #expect(bare.contains("<td>–</td>") && !bare.contains("Good"), "\(path)")
        }
        console.centre.advance(seconds: 9 * 86_400)
        // A laptop whose clock is minutes off, and that has something left to send.
        let device = try await console.centre.enrol("PKU", name: "third")
        var request = try await console.centre.hello(of: device)
        request.hello.clockMilliseconds += 300_000
        request.hello.pending = 4
        #expect(try await console.centre.sync(request, as: device).response.status == 200)
        let late = try await console.browser("coordinator-1")
        let site = try row(await late.get("/").text)
        #expect(site.contains("<td class=\"number\">3</td>"))
        for said in ["9 days ago", "4", "1 wrong"] {
            #expect(site.contains("<span class=\"mark attention\">\(said)</span>"), "\(said)")
        }
        for (kind, name, other) in [
            ("silent", "ward", "third"), ("clock", "third", "ward"), ("unsent", "third", "ward"),
        ] {
            let list = await late.get("/laptops?kind=\(kind)").text
            #expect(list.contains("<th scope=\"row\">\(name)</th>"), "\(kind)")
            #expect(!list.contains("<th scope=\"row\">\(other)</th>"), "\(kind)")
        }
        let empty = try await console.browser("monitor-sha")
        #expect(await empty.get("/laptops").text.contains("No laptop has been enrolled yet."))
    }
}

extension Change {
    /// Values of a new line of a log.
    static func line(
        _ values: KeyValuePairs<String, Value>, of participant: EnrolmentID, form: String,
        id: RecordID = RecordID(prefixOf: [5])
    ) -> Change {
        let saved = Change.saving(values, of: participant, at: "BL")
        return Change(
            kind: .save, record: .logLine(participant, form: form, id: id), writes: saved.writes,
            author: saved.author, role: .dataEntry, at: saved.at, studyVersion: 1, salt: 0)
    }
}
