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
        #expect(text.contains("<tr><th scope=\"row\">PKU</th><td class=\"number\">1</td>"))
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
        let text = await browser.get("/").text
        #expect(text.contains("<a href=\"/participants/\(console.participant.hex)/W12\">PKU-007 W12</a>"))
        for id in [one, two] { #expect(text.contains("<a href=\"/participants/\(id.hex)\">")) }
        #expect(text.contains("Both records say"))
        #expect(text.contains("21 µg/L") && !text.contains("ug/L"), "a unit as forms print it")
        let other = await (try await console.browser("monitor-sha")).get("/").text
        #expect(!other.contains("PKU-00"))
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
