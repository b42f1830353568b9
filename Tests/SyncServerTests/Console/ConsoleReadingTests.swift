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
}
