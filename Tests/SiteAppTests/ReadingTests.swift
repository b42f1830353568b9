import Foundation
import Synchronization
import Testing
import TrialPages

@testable import SiteApp

@Suite("What is shown while a large store is read", .serialized, .timeLimit(.minutes(10)))
struct ReadingTests {
    @Test("A page says that the store is read, looks again by itself, and comes when it is")
    func reading() async throws {
        try await SiteUnderTest.run { site in
            let first = try await site.joined()
            let desk = try #require(site.pages.sessions.desks.first)
            let (browser, open) = site.reading(desk)
            browser.cookies = first.cookies
            let answer = await browser.get("/participants")
            #expect(answer.status == 200 && answer.refreshSeconds == 3)
            #expect(browser.page.contains("<h1>Reading what this laptop holds</h1>"))
            #expect(browser.page.contains("<a href=\"\">Look again</a>"))
            #expect(browser.page.contains("<span class=\"state "), "where the data is stands here too")
            var script = PageRequest(.get, "/participants")
            script.fetchDestination = "empty"
            await browser.send(script)
            #expect(browser.page.contains("<h1>Participants</h1>"), "a script has the time")
            open.finish()
            #expect(await desk.isRead(within: .seconds(600)))
            await browser.get("/participants")
            #expect(browser.page.contains("<h1>Participants</h1>"))
        }
    }

    @Test("A form that was held comes back while the store is read, and is not kept waiting for it")
    func held() async throws {
        try await SiteUnderTest.run { site in
            let (first, path) = try await site.atBaseline()
            await first.post(path, first.fields(["SV.date": "2020-01-02"]))
            #expect(first.page.contains("<a href=\"/#due\">"), "what is late is counted")
            await first.post("/lock", [])
            await first.post(path + "/ask", [(name: "text", value: "made-up question")])
            let desk = try #require(site.pages.sessions.desks.first)
            let (browser, open) = site.reading(desk)
            (browser.cookies, browser.page) = (first.cookies, first.page)
            await browser.post("/unlock", [(name: "password", value: SiteUnderTest.password)])
            #expect(browser.status == 200 && browser.page.contains("made-up question"))
            #expect(browser.page.contains("<a href=\"/conflicts\">"), "the ways on are there")
            #expect(browser.page.contains("<span class=\"duties\"></span>"), "and nothing is counted")
            open.finish()
        }
    }

    @Test("A store is closed when nothing reads it any more")
    func closed() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let desk = try #require(site.pages.sessions.desks.first)
            let (gate, open) = AsyncStream.makeStream(of: Void.self)
            let ended = Ended()
            desk.read {
                for await _ in gate {}
                for _ in 0..<1_000 { await Task.yield() }
                ended.state.withLock { $0 = true }
            }
            await browser.post("/logout", [])
            #expect(ended.state.withLock { $0 })
            open.finish()
        }
    }

    private final class Ended: Sendable { let state = Mutex(false) }
}

extension SiteUnderTest {
    /// Lets a desk read until the gate is closed; a browser that no page waits for.
    fileprivate func reading(_ desk: SyncDesk) -> (Browser, open: AsyncStream<Void>.Continuation) {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        desk.read { for await _ in gate {} }
        var pages = pages
        pages.readingLimit = .zero
        return (Browser(pages), open)
    }
}
