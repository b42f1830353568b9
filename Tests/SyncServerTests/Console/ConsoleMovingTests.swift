import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages
import TrialStore

@Suite("Numbers, sites and pairs at the console", .timeLimit(.minutes(10)))
struct ConsoleMovingTests {
    private let other = EnrolmentID(prefixOf: [8])

    /// The conflict of two records that bear one number.
    private func twice(_ console: ConsoleUnderTest) async throws -> ConflictView {
        try #require(
            try await console.centre.centre.conflicts(site: nil).first { $0.kind == .duplicateNumber })
    }

    @Test("Of two participants who bear one number one gets another, and keeps all records")
    func renumbered() async throws {
        let console = try await ConsoleUnderTest()
        let centre = console.centre.centre
        try await console.centre.save([.number("PKU-007", of: other), .weight("60", of: other)], as: "third")
        let browser = try await console.browser("coordinator-1")
        let conflict = "/conflicts/\(try await twice(console).id.hex)"
        let path = "/participants/renumber/\(other.hex)"
        let offered = await browser.get(conflict).text
        #expect(offered.contains("PKU-007~0700") && offered.contains("PKU-007~0800"))
        #expect(offered.contains("href=\"\(path)\"") && !offered.contains("trialsyncd"))
        let monitor = try await console.browser("monitor-1")
        let reader = await monitor.get(conflict).text
        #expect(reader.contains("PKU-007~0800") && !reader.contains("/renumber/"))

        let empty = await browser.get(path).text
        let match = try #require(empty.firstMatch(of: /name="number" value="(PKU-[0-9]+)"/))
        let proposed = String(match.output.1)
        let site = try #require(SiteCode("PKU"))
        let number = try #require(site.participantNumber(proposed))
        #expect(number > Centre.leaseNumbers, "a laptop may give it out")
        var form = ["number": proposed]
        #expect(await browser.post(path, form).code == .reasonNeeded)
        form["reason"] = "given <twice>"
        #expect(await browser.post(path, form.merging(["number": "SHA-001"]) { $1 }).code == .nameInvalid)
        #expect(await browser.post(path, form.merging(["number": "pku-007"]) { $1 }).code == .alreadyExists)

        let page = await browser.post(path, form)
        for text in [
            "PKU-007~0800 is \(proposed) from now on", "The 1 visit or log line stays", ">BL<", "1 value",
            "stay with \(proposed)", "resolves the conflict", "Site PKU is asked",
        ] {
            #expect(page.text.contains(text), "\(text)")
        }
        let back = await browser.post(path, form.merging(["undone": "1"]) { $1 }).text
        #expect(back.contains("value=\"given &lt;twice&gt;\"") && back.contains("value=\"\(proposed)\""))
        #expect(try await centre.conflicts(site: nil).count == 2, "nothing is done yet")

        let done = await browser.act(path, form)
        #expect(done.status == 303 && done.location == "/participants/\(other.hex)")
        #expect(try await centre.participants(site: nil).map(\.participant) == ["PKU-007", proposed])
        #expect(try await centre.conflicts(site: nil).map(\.kind) == [.concurrentEdit])
        #expect(try await centre.queries(site: nil, all: false).count == 1)
        let visit = try await centre.visit(proposed, "BL", withHistory: false)
        #expect(visit.items.first { $0.item == "VS.weight" }?.value?.plainText.hasPrefix("60") == true)
    }

    @Test("Of two repeats that bear one number one gets another")
    func repeats() async throws {
        let console = try await ConsoleUnderTest()
        for (id, laptop) in [(1, "third"), (2, "fourth")] as [(UInt8, String)] {
            var change = Change.weight("60", of: console.participant)
            change.record = .unscheduledVisit(
                console.participant, event: "UNS", id: RecordID(prefixOf: [id]))
            let number = ItemValue(RegisterName.number, .text("1"))
            change.writes.append(RegisterWrite(RegisterName.number, [number]))
            try await console.centre.save([change], as: laptop)
        }
        let browser = try await console.browser("coordinator-1")
        let text = await browser.get("/conflicts/\(try await twice(console).id.hex)").text
        let ways = text.matches(of: /href="(\/participants\/[0-9a-f]+\/UNS[^"]*\/number)"/)
        #expect(ways.count == 2)
        let path = String(try #require(ways.last).output.1)
        #expect(await browser.get(path).text.contains("name=\"number\" value=\"2\""))
        let form = ["number": "2", "reason": "given twice"]
        let page = await browser.post(path, form).text
        #expect(page.contains("PKU-007 UNS#2 from now on") && page.contains("have it saved first"))
        #expect(await browser.post(path, form.merging(["number": "1"]) { $1 }).code == .alreadyExists)
        #expect(await browser.act(path, form).status == 303)
        #expect(try await console.centre.centre.conflicts(site: nil).map(\.kind) == [.concurrentEdit])
        let weights = "/participants/\(console.participant.hex)/BL/number"
        #expect(await browser.get(weights).status == 404, "it does not repeat")
    }

    @Test("A participant goes to another site, after a page that says what is copied and what is locked")
    func transferred() async throws {
        let console = try await ConsoleUnderTest()
        let centre = console.centre.centre
        try await console.centre.save([.number("PKU-008", of: other), .weight("60", of: other)], as: "third")
        let browser = try await console.browser("coordinator-1")
        let path = "/participants/transfer/\(other.hex)"
        #expect(await browser.get("/participants/\(other.hex)").text.contains("href=\"\(path)\""))
        let reader = try await console.browser("dataManager-1")
        #expect(await !reader.get("/participants/\(other.hex)").text.contains(path))
        let offered = await browser.get(path).text
        #expect(offered.contains("<option value=\"SHA\">") && !offered.contains("<option value=\"PKU\">"))
        let form = ["site": "SHA", "reason": "moved house"]
        let inConflict = "/participants/transfer/\(console.participant.hex)"
        #expect(await browser.post(inConflict, form).code == .conflictOpen)
        #expect(await browser.post(path, ["site": "SHA"]).code == .reasonNeeded)
        let page = await browser.post(path, form).text
        #expect(page.contains("Site SHA gets copies of all records of PKU-008"))
        #expect(page.contains("PKU-008 (PKU) stays in sight") && page.contains(">BL<"))
        #expect(try await centre.participants(site: "SHA").isEmpty, "nothing is done yet")
        #expect(await browser.act(path, form).status == 303)
        #expect(try await centre.participants(site: "SHA").map(\.participant) == ["PKU-008"])
        let left = await browser.get("/participants/\(other.hex)").text
        #expect(left.contains("it goes on with SHA") && !left.contains("/transfer/"))
    }

    @Test("When a copied message was written is told as a time, and never in milliseconds")
    func copiedMessage() async throws {
        let console = try await ConsoleUnderTest()
        try await console.centre.save([.number("PKU-008", of: other), .weight("60", of: other)], as: "third")
        let browser = try await console.browser("coordinator-1")
        let question = ["item": "VS.weight", "text": "Which scale?"]
        #expect(await browser.post("/participants/\(other.hex)/BL/queries", question).status == 303)
        let form = ["site": "SHA", "reason": "moved house"]
        #expect(await browser.act("/participants/transfer/\(other.hex)", form).status == 303)
        let audit = await browser.get("/audit").text
        #expect(audit.contains("Written: <span>21 Sep 2026 "))
        #expect(audit.firstMatch(of: /[^0-9]1790[0-9]{9}[^0-9]/) == nil && !audit.contains("milliseconds"))
    }

    @Test("Of a likely pair it is decided whether it is one person or two", arguments: [true, false])
    func pair(isOne: Bool) async throws {
        let console = try await ConsoleUnderTest()
        let centre = console.centre.centre
        let last = EnrolmentID(prefixOf: [9])
        func person(_ number: String, _ id: EnrolmentID) -> [Change] {
            let values: KeyValuePairs<String, Value> = [
                "DM.initials": .text("ab"), "DM.birthYear": .integer(1961), "DM.sex": .code("F"),
            ]
            return [.number(number, of: id), .saving(values, of: id, at: "SCR")]
        }
        try await console.centre.save(
            person("PKU-008", other) + person("PKU-009", last) + [.weight("60", of: last)], as: "third")
        let browser = try await console.browser("coordinator-1")
        let path = "/pairs/\(other.hex)/\(last.hex)"
        let offered = await browser.get("/pairs").text
        #expect(offered.contains("href=\"\(path)\"") && !offered.contains("trialsyncd"))
        let reader = try await console.browser("monitor-1")
        #expect(await !reader.get("/pairs").text.contains(path))
        #expect(await browser.get(path).text.contains("One person: PKU-009 becomes part of PKU-008"))
        let none = await browser.post(path, ["reason": "asked <both>"])
        #expect(none.status == 400 && none.text.contains("value=\"asked &lt;both&gt;\""))
        var form = ["decision": isOne ? other.hex : "distinct"]
        #expect(await browser.post(path, form).code == .reasonNeeded)
        form["reason"] = "asked both"
        let page = await browser.post(path, form).text
        #expect(
            page.contains(
                isOne ? "What PKU-009 says is added to PKU-008" : "PKU-008 and PKU-009 count as two people"))
        #expect(try await centre.duplicates(site: nil).count == 1, "nothing is done yet")
        #expect(await browser.act(path, form).status == 303)
        #expect(try await centre.duplicates(site: nil).isEmpty)
        let statuses = try await centre.participants(site: nil).map(\.status)
        #expect(statuses == ["enrolled", "enrolled", isOne ? "merged" : "enrolled"])
        guard isOne else { return }
        let baseline = try await centre.visit("PKU-008", "BL", withHistory: false)
        #expect(baseline.items.contains { $0.value?.plainText.hasPrefix("60") == true })
    }
}
