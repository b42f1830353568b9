import Foundation
@testable import SyncClient
import Testing
import TrialPages

@testable import SiteApp

@Suite("Before the screen locks", .serialized, .timeLimit(.minutes(10)))
struct LockWarningTests {
    @Test("An open page hears that the screen locks within a minute, and that someone is there after all")
    func warned() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let store = try #require(site.pages.sessions.desks.first).store
            var news = try await site.news(browser)
            store.lockScreen(afterSeconds: 59)
            await news.hears(.locksSoon)
            store.lockScreen(afterSeconds: 900)
            await news.hears(.staysOpen)
            store.lockScreen(afterSeconds: 59)
            await news.hears(.locksSoon)
            store.lockScreen()
            await news.hears(.locked)
            try await store.unlock(password: SiteUnderTest.password)
            // Nobody was there: it locked.
            await news.hears(.unlocked, never: .staysOpen)
        }
    }

    @Test("A locked screen says how many saves are not yet at the centre, and nothing of what they say")
    func state() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.post("/lock", [(name: "back", value: path)])
            #expect(browser.page.contains("role=\"status\">1 save not yet at the centre</span>"))
            #expect(!browser.page.contains("PKU-") && !browser.page.contains("class=\"sync\""))
        }
    }

    @Test("Who says to be there goes on where the page was")
    func stay() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            await browser.post("/stay", [(name: "back", value: "/participants")])
            #expect(browser.status == 200 && browser.path == "/participants")
            let store = try #require(site.pages.sessions.desks.first).store
            store.lockScreen()
            await browser.post("/stay", [(name: "back", value: "/participants")])
            #expect(browser.status == 401 && store.isScreenLocked, "that needs the password")
            await browser.post("/unlock", [(name: "password", value: SiteUnderTest.password)])
            #expect(browser.path == "/" && browser.page.contains("<h1>Today</h1>"), "nothing was held")
        }
    }
}
