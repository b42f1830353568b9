import Foundation
@testable import SyncClient
import Testing
import TrialModel
import TrialPages

@testable import SiteApp

@Suite("The line that says where the data is", .serialized, .timeLimit(.minutes(10)))
struct SyncLineTests {
    @Test("What stopped a sync, and what to do, is said in the reader's language")
    func languages() {
        let standing = SiteStore.Standing(
            pending: 0, entries: 1, digest: "", safeSinceMilliseconds: nil)
        let phase = SyncDesk.Phase.stopped(Problem(.deviceRevoked, "laptop ward-1 was revoked"))
        #expect(SyncLine(phase, standing, Words(.en)).text.contains("laptop ward-1 was revoked"))
        let chinese = SyncLine(phase, standing, Words(.zh)).text
        #expect(chinese.firstMatch(of: /[a-z]{4}/) == nil, "\(chinese)")
    }

    @Test("Safe since is since everything is at the centre, however often somebody looks")
    func since() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            _ = try await site.enrolled(browser)
            let store = try #require(site.pages.sessions.desks.first).store
            for try await _ in store.sync() {}
            let first = try await store.standing()
            for try await _ in store.sync() {}
            let second = try await store.standing()
            #expect(first.pending == 0 && first.safeSinceMilliseconds != nil && first == second)
            _ = try await site.enrolled(browser)
            for try await _ in store.sync() {}
            let third = try await store.standing().safeSinceMilliseconds ?? 0
            #expect(third > first.safeSinceMilliseconds ?? 0)
        }
    }

    @Test("Today counts what the menu counts, and leads from what waits to the log-book")
    func today() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.post(
                "\(path)/BL/ask", [(name: "item", value: ""), (name: "text", value: "made-up question")])
            await browser.get("/")
            #expect(browser.page.contains("<a href=\"/logbook\">2</a>"))
            let menu = browser.page.firstMatch(of: /Queries <span class="quiet">(\d+)</)?.output.1 ?? "0"
            #expect(browser.page.contains("<a href=\"/queries\">\(menu)</a>"))
        }
    }
}
