@testable import SyncServer
import Testing
import TrialModel
import TrialPages

@Suite("Decisions at the console", .timeLimit(.minutes(10)))
struct ConsoleDecisionTests {
    @Test("A conflict shows both values with who and when, and the plan that each would make")
    func bothValues() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        for path in [
            "/conflicts", "/conflicts/\(console.conflict)", "/participants/\(console.participant.hex)/BL",
        ] {
            let text = await browser.get(path).text
            #expect(text.contains("71.5\u{2009}kg") && text.contains("72.5\u{2009}kg"), "\(path)")
        }
        let text = await browser.get("/conflicts/\(console.conflict)").text
        #expect(text.contains("ward") && text.contains("clinic"))
        // Both weights give one plan: it is said once, with its units, and whole for who opens it.
        let shared = try #require(text.firstRange(of: "The same whichever is taken"))
        #expect(!text[..<shared.lowerBound].contains("Plan of"))
        let plan =
            /Plan of Prednisone acetate: day 0: 57\.5\u{2009}mg\/d → day 238: 2\.5\u{2009}mg\/d \(18 steps\)/
        #expect(text.matches(of: plan).count == 1)
        #expect(text.contains("day 14: 52.5\u{2009}mg/d"))
    }

    @Test("The sides and another value are one choice, and what is typed there is chosen by being typed")
    func typed() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let path = "/conflicts/\(console.conflict)"
        let text = await browser.get(path).text
        #expect(text.matches(of: /<input type="radio" name="choice"[^>]* required>/).count == 3)
        #expect(text.contains("<fieldset><legend>Which one counts</legend>"))
        let form = ["item.VS.weight": "70.5", "reason": "weighed once more"]
        #expect(await browser.post(path, form).text.contains("70.5\u{2009}kg becomes the agreed value"))
        #expect(await browser.act(path, form).status == 303)
        let view = try await console.centre.centre.visit("PKU-007", "BL", withHistory: false)
        #expect(view.items.first { $0.item == "VS.weight" }?.value?.plainText.hasPrefix("70.5") == true)
    }

    @Test("A decision needs a choice and a reason, and nothing that was filled in is lost")
    func refused() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let path = "/conflicts/\(console.conflict)"
        let answer = await browser.post(path, ["reason": "re-weighed <twice>"])
        #expect(answer.status == 400 && answer.text.contains("Nothing was chosen"))
        #expect(answer.text.contains("value=\"re-weighed &lt;twice&gt;\""))
        #expect(answer.text.contains("name=\"choice\""), "the page is there to choose on")
        #expect(await browser.post(path, ["choice": "set", "item.VS.weight": "70,5"]).status != 303)
        #expect(try await console.centre.centre.conflicts(site: nil).count == 1)
    }

    @Test(
        "Taking a value, or setting another, decides it, and the site is asked to acknowledge",
        arguments: [true, false])
    func decided(takes: Bool) async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let open = try await console.centre.centre.conflict(console.conflict)
        let form =
            takes
            ? ["choice": open.versions[0].stamp.entry, "reason": "the scale was checked"]
            : ["choice": "set", "item.VS.weight": "70.5", "reason": "the scale was checked"]
        let answer = await browser.act("/conflicts/\(console.conflict)", form)
        #expect(answer.status == 303)
        #expect(try await console.centre.centre.conflicts(site: nil).isEmpty)
        let queries = try await console.centre.centre.queries(site: nil, all: false)
        #expect(queries.count == 1)
        let asked = try #require(queries.first?.thread.inOrder.last?.text)
        #expect(asked.contains(" (nurse-PKU) do") && asked.contains("the scale was checked"))
        #expect(asked.contains(" kg counts; ") && asked.contains("71.5 kg") && asked.contains("72.5 kg"))
        #expect(asked.contains(" kg 为准；不采用 ") && asked.contains("VS.weight（体重）"), "\(asked)")
        let shown = await browser.get(answer.location ?? "").text
        #expect(shown.contains("coordinator-1 resolved it on"))
        #expect(!(await browser.get("/conflicts").text.contains("71.5")))
    }

    @Test("Several conflicts are decided at once by whose values stand")
    func many() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let list = await browser.get("/conflicts").text
        #expect(list.contains("<option value=\"nurse-PKU\">nurse-PKU</option>"))
        #expect(list.matches(of: /<td class="text">7[12]\.5\u{2009}kg<br>/).count == 2, "a column for each")
        // Neither of two values of one person can be meant; nor can those of nobody.
        for author in ["nobody", "nurse-PKU"] {
            let form = ["id": console.conflict, "author": author, "reason": "as agreed"]
            let answer = await browser.post("/conflicts", form)
            #expect(
                answer.status == 400 && answer.text.contains("Nothing was resolved: in none of the ticked"))
            #expect(
                answer.text.contains("value=\"as agreed\"")
                    && answer.text.contains("value=\"\(console.conflict)\" checked"))
        }
        let none = await browser.post("/conflicts", ["author": "nurse-PKU", "reason": "as agreed"])
        #expect(none.status == 400 && none.text.contains("no conflict was ticked"))
        #expect(none.text.contains("value=\"as agreed\"") && none.text.contains("name=\"id\""))
        #expect(try await console.centre.centre.conflicts(site: nil).count == 1)
    }

    @Test("A search stays where a form of its list comes back")
    func searched() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        for (wanted, isFound) in [("weight", true), ("SHA", false)] {
            let found = await browser.post("/search", ["back": "/conflicts", "find": wanted])
            let path = try #require(found.location)
            let text = await browser.get(path).text
            #expect(text.contains("name=\"id\"") == isFound)
            guard isFound else { continue }
            let action = try #require(text.firstMatch(of: /action="(\/conflicts\?[^"]*)"/)).output.1
            let again = await browser.post(String(action.replacing("&amp;", with: "&")), ["reason": "x"])
            #expect(again.text.contains("value=\"weight\""))
        }
    }

    @Test("A query is raised, answered and closed; a record is locked with a reason")
    func queryAndLock() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let record = "/participants/\(console.participant.hex)/BL"
        let raised = await browser.post("\(record)/queries", ["item": "VS.weight", "text": "Which scale?"])
        let query = try #require(raised.location)
        #expect(await browser.get(query).text.contains("Which scale?"))
        #expect(await browser.act("\(query)/close", ["text": "answered by telephone"]).status == 303)
        #expect(await browser.get("/queries?all=1").text.contains(query))
        let none = await browser.post("\(record)/state", ["reason": "source data verified"])
        #expect(none.status == 400 && none.text.contains("name=\"decision\" value=\"lock\""))
        #expect(none.text.contains("<details open>") && none.text.contains("value=\"source data verified\""))
        let answer = await browser.post("\(record)/state", ["decision": "lock"])
        #expect(answer.code == .reasonNeeded || answer.code == .conflictOpen)
        #expect(try await !console.centre.centre.visit("PKU-007", "BL", withHistory: false).locked)
    }
}
