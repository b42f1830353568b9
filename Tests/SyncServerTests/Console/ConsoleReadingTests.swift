import HTTPTypes
@testable import SyncServer
import Testing
import TrialModel
import TrialPages

@Suite("What the console shows while a large trial is read", .timeLimit(.minutes(10)))
struct ConsoleReadingTests {
    @Test("A page says that the trial is read, looks again by itself, and comes when it is")
    func reading() async throws {
        let made = try await ConsoleUnderTest()
        let browser = try await made.browser("coordinator-1")
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let hub = EventHub(made.centre.centre) {
            for await _ in gate {}
            return [:]
        }
        let running = Task { try await hub.run() }
        #expect(await !hub.isRead(within: .zero), "nor is it read before anybody has begun")
        var console = made.console
        console.isRead = { await hub.isRead(within: $0) }
        console.readingLimit = .zero
        var request = PageRequest(.get, "/participants")
        (request.cookies, request.host) = (browser.cookies, ConsoleUnderTest.host)
        let token = try #require(browser.cookies[console.tokenCookie])
        console.sessions.note(Shell.Notice(.done, "said of the last act"), for: token)

        let waiting = await console.answer(request).response
        #expect(waiting.status == 200 && waiting.refreshSeconds == WaitingModel.refreshSeconds)
        #expect(waiting.text.contains("<h1>Reading the trial&#39;s data</h1>"))
        #expect(!waiting.text.contains("PKU-007") && !waiting.text.contains("said of the last act"))
        #expect(ServerResponse(waiting).headers.contains { $0.name.canonicalName == "refresh" })
        var script = request
        script.fetchDestination = "empty"
        #expect(await console.answer(script).response.text.contains("PKU-007"), "a script has the time")
        let stranger = await console.answer(PageRequest(.get, "/participants")).response
        #expect(stranger.refreshSeconds == nil && stranger.text.contains("name=\"password\""))

        open.finish()
        #expect(await hub.isRead(within: .seconds(600)))
        let page = await console.answer(request).response
        #expect(page.refreshSeconds == nil && page.text.contains("PKU-007"))
        #expect(page.text.contains("said of the last act"), "it waited for the page that was asked for")
        running.cancel()
        _ = try? await running.value
    }

    @Test("A form that was held comes back while the trial is read, and is not kept waiting for it")
    func held() async throws {
        let made = try await ConsoleUnderTest()
        let browser = try await made.browser("coordinator-1")
        #expect(await browser.get("/people").text.contains("<span class=\"quiet\">1</span>"))
        made.centre.advance(seconds: 901)
        let form = ["choice": "set", "item.VS.weight": "71.5", "reason": "weighed once more"]
        #expect(await browser.post("/conflicts/\(made.conflict)", form).status == 401)
        var console = made.console
        console.isRead = { _ in false }
        console.readingLimit = .zero
        var logIn = PageRequest(.post, "/login")
        logIn.form = FormFields([
            (name: "user", value: "coordinator-1"), (name: "password", value: ConsoleUnderTest.password),
        ])
        (logIn.cookies, logIn.host, logIn.origin) = (browser.cookies, ConsoleUnderTest.host, browser.origin)
        let page = await console.answer(logIn).response
        #expect(page.status == 200 && page.text.contains("weighed once more"))
        #expect(page.text.contains("<a href=\"/conflicts\""), "the ways on are there")
        #expect(!page.text.contains("<span class=\"quiet\">1</span>"), "and nothing is counted")
    }
}
