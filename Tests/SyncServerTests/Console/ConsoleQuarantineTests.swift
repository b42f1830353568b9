import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages

@Suite("Quarantine at the console", .timeLimit(.minutes(10)))
struct ConsoleQuarantineTests {
    private let other = EnrolmentID(prefixOf: [9])

    /// A weight that stands, and one of a stranger that was kept, made from it or from nothing.
    private func prepared(
        replacing: Bool, kept: String = "80"
    ) async throws -> (console: ConsoleUnderTest, path: String) {
        let console = try await ConsoleUnderTest()
        let first = try await console.centre.save(
            [.number("PKU-009", of: other), .weight("79", of: other)], as: "third")
        try await console.centre.save(
            [.weight(kept, of: other, by: "stranger", replacing: replacing ? [first[1]] : [])], as: "fourth")
        let entry = try #require(try await console.centre.centre.quarantined().first).entry
        return (console, "/quarantine/\(urlEscaped(entry))")
    }

    @Test("An entry has a page that shows what was saved beside what stands, and is found by participant")
    func page() async throws {
        let (console, path) = try await prepared(replacing: true)
        let browser = try await console.browser("coordinator-1")
        let answer = await browser.post("/search", ["back": "/quarantine", "find": "pku-009"])
        let list = await browser.get(answer.location ?? "").text
        #expect(list.contains("href=\"\(path)\""))
        let none = await browser.post("/search", ["back": "/quarantine", "find": "pku-001"])
        #expect(await !browser.get(none.location ?? "").text.contains(path))
        let text = await browser.get(path).text
        for part in ["79\u{2009}kg", "80\u{2009}kg", "stranger", "becomes the agreed value", "typing error"] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(!text.contains("another value since"))
        #expect(text.contains("name=\"reason\""))
        let reader = await (try await console.browser("statistician-1")).get(path).text
        #expect(reader.contains("80\u{2009}kg") && !reader.contains("name=\"reason\""))
        #expect(await (try await console.browser("monitor-sha")).get(path).status == 404)
        #expect(await browser.get("/quarantine/nothing").status == 404)
    }

    @Test("An entry says which doses would be planned if it were released, as a conflict does")
    func plan() async throws {
        let (console, path) = try await prepared(replacing: true, kept: "50")
        let text = await (try await console.browser("coordinator-1")).get(path).text
        let rest = try #require(text.firstRange(of: "<h2>What a release would do</h2>")).upperBound
        let effects = text[rest...].split(separator: "</ul>")[0]
        let change = "first dose: was 60\u{2009}mg/d, becomes 40\u{2009}mg/d"
        #expect(effects.contains(change), "\(effects)")
        #expect(effects.contains("The whole plan"))
    }

    @Test("What is kept beside the study's items is called by words, on the page and before a release")
    func registers() async throws {
        let console = try await ConsoleUnderTest()
        let first = try await console.centre.save([.number("PKU-008", of: other)], as: "third")
        var number = Change.number("PKU-009", of: other)
        number.author = "stranger"
        let values = [ItemValue(RegisterName.number, .text("PKU-009"))]
        number.writes = [RegisterWrite(RegisterName.number, values, replaces: first)]
        try await console.centre.save([number], as: "fourth")
        let entry = try #require(try await console.centre.centre.quarantined().first).entry
        let browser = try await console.browser("coordinator-1")
        let label = Words(.en)("register.number")
        let page = await browser.get("/quarantine/\(urlEscaped(entry))").text
        #expect(!page.contains("@number"))
        let row = try #require(
            page.split(separator: "<tr>").first { $0.hasPrefix("<th scope=\"row\">\(label)</th>") })
        let cells = row.split(separator: "<td class=\"text\">").dropFirst()
        #expect(cells.map { $0.prefix(7) }.prefix(2) == ["PKU-008", "PKU-009"], "\(row)")
        #expect(cells.last?.hasPrefix("–") == true, "what stands there now is not looked up: \(row)")
        #expect(!page.contains(Words(.en)("movedOn")), "and is not said to be another")
        let form = ["entry": entry, "reason": "she was ill"]
        let confirmation = await browser.post("/quarantine", form).text
        #expect(confirmation.contains("\(label): PKU-008 → PKU-009") && !confirmation.contains("@number"))
    }

    @Test("The list is narrowed to one code, of those that are there")
    func codes() async throws {
        let (console, path) = try await prepared(replacing: true)
        let browser = try await console.browser("coordinator-1")
        let list = await browser.get("/quarantine").text
        let choice = list.firstMatch(of: /<select id="kind" name="kind">(.*?)<\/select>/)
        let kinds = try #require(choice).output.1
        let codes = kinds.matches(of: /<option value="([a-z-]+)"/).map { String($0.output.1) }
        #expect(codes.count == 1, "\(kinds)")
        for (code, isThere) in [(codes.first ?? "", true), ("disk-full", false)] {
            let answer = await browser.post("/search", ["back": "/quarantine", "kind": code])
            let found = await browser.get(answer.location ?? "").text
            #expect(found.contains("href=\"\(path)\"") == isThere, "\(code)")
        }
    }

    @Test("Who goes back from the confirmation finds the ticks and the reason, and nothing is released")
    func goingBack() async throws {
        let (console, _) = try await prepared(replacing: true)
        let browser = try await console.browser("coordinator-1")
        let entry = try #require(try await console.centre.centre.quarantined().first).entry
        let form = ["entry": entry, "reason": "she was ill"]
        #expect(await browser.post("/quarantine", form).text.contains("name=\"undone\""))
        let list = await browser.post("/quarantine", form.merging(["undone": "1"]) { $1 })
        #expect(list.status == 200 && list.text.contains("value=\"she was ill\""))
        #expect(list.text.contains("name=\"entry\" value=\"\(entry)\" checked"))
        #expect(try await console.centre.centre.quarantined().count == 1)
    }

    @Test(
        "Where the value has moved on, the page and the confirmation say that a conflict arises, and it does")
    func movedOn() async throws {
        let (console, path) = try await prepared(replacing: false)
        let browser = try await console.browser("coordinator-1")
        let text = await browser.get(path).text
        #expect(text.contains("another value since") && text.contains("Both stand as a conflict"))
        let none = await browser.post("/quarantine", ["reason": "she was ill"])
        #expect(none.status == 400 && none.text.contains("no entry was ticked"))
        #expect(none.text.contains("value=\"she was ill\"") && none.text.contains("name=\"entry\""))
        let entry = try #require(try await console.centre.centre.quarantined().first).entry
        let form = ["entry": entry, "reason": "she was ill"]
        let page = await browser.post("/quarantine", form)
        #expect(page.text.contains("PKU-009 BL: another value stands there now for Body weight"))
        #expect(await browser.act("/quarantine", form).status == 303)
        #expect(try await console.centre.centre.conflicts(site: nil).count == 2)
    }
}
