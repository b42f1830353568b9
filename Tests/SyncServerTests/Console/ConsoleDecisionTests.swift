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
        #expect(
            text.matches(of: /Plan of Prednisone acetate[^<]*?day 0: ([0-9.]+)/).map(\.output.1).count == 2)
    }

    @Test("A decision needs a choice and a reason, and nothing that was filled in is lost")
    func refused() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let path = "/conflicts/\(console.conflict)"
        let answer = await browser.post(path, ["reason": "re-weighed <twice>"])
        #expect(answer.status == 400)
        #expect(answer.text.contains("value=\"re-weighed &lt;twice&gt;\""))
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
        #expect(try await console.centre.centre.queries(site: nil, all: false).count == 1)
        let shown = await browser.get(answer.location ?? "").text
        #expect(shown.contains("coordinator-1 decided on"))
        #expect(!(await browser.get("/conflicts").text.contains("71.5")))
    }

    @Test("Several conflicts are decided at once by whose values stand")
    func many() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let form = ["id": console.conflict, "author": "nobody", "reason": "as agreed"]
        #expect(await browser.post("/conflicts", form).status == 303)
        #expect(try await console.centre.centre.conflicts(site: nil).count == 1)
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
        let answer = await browser.post("\(record)/state", ["decision": "lock"])
        #expect(answer.code == .reasonNeeded || answer.code == .conflictOpen)
        #expect(try await !console.centre.centre.visit("PKU-007", "BL", withHistory: false).locked)
    }
}
