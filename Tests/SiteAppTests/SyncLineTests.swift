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

    @Test("While a sync runs that a person asked for, the line shows it and offers to stop it; else nothing")
    func asked() {
        let standing = SiteStore.Standing(pending: 0, entries: 1, digest: "", safeSinceMilliseconds: 0)
        let seen = SyncLine(.idle, standing, Words(.en), isAsked: true)
        let unseen = SyncLine(.idle, standing, Words(.en))
        #expect(seen.text == unseen.text && seen.kind == unseen.kind, "the states stay what they are")
        #expect(seen.isBusy && seen.action == "/sync/cancel" && seen.label == "Cancel")
        #expect(!unseen.isBusy && unseen.action == "/sync" && unseen.label == "Sync now")
        let sending = SyncLine(.running(sent: 1, of: 3), standing, Words(.en), isAsked: true)
        #expect(!sending.isBusy && sending.sent == 1, "a bar with a number says more")
        #expect(seen.json.contains("Exchanging with the centre"))
    }

    @Test("A moment of today is told by its time and zone, one of another day with its date")
    func today() throws {
        let moment: Int64 = 1_772_414_400_000
        let date = Words(.en).localTime(moment, today: nil)
        // It is 2 March in UTC, and perhaps the day before or after it where this runs.
        let days = ["2026-03-01", "2026-03-02", "2026-03-03"].compactMap { CalendarDate($0) }
        let today = try #require(days.first { date.hasPrefix(Words(.en).date($0.description)) })
        let time = Words(.en).localTime(moment, today: today)
        #expect(time.wholeMatch(of: /\d\d:\d\d (UTC|[+-]\d\d:\d\d)/) != nil && date.hasSuffix(" \(time)"))
        #expect(Words(.en).localTime(moment, today: today.adding(days: 1)) == date)
    }

    @Test("Every page says what waits for a person, and leads there; what there is none of is not said")
    func duties() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.get("/logbook")
            #expect(browser.page.contains("<span class=\"duties\"></span>"))
            await browser.save(path + "/BL", ["SV.date": "2020-01-02"])
            for page in ["/", "/participants", path, path + "/BL", "/logbook"] {
                await browser.get(page)
                let late = browser.page.firstMatch(
                    of: /<a href="\/#due"><span class="mark attention">[0-9]+ visits? late<\/span><\/a>/)
                #expect(late != nil && !browser.page.contains("0 conflicts"), "\(page)")
            }
        }
    }

    @Test("A problem's page says where the data is while someone is logged in, and not to anybody else")
    func problems() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let stranger = SiteUnderTest.Browser(site.pages)
            var form = PageRequest(.post, "/search")
            form.form = FormFields([(name: "csrf", value: "of another session")])
            form.origin = "http://\(SiteUnderTest.host)"
            for (request, status) in [(PageRequest(.get, "/nowhere"), 404), (form, 403)] {
                await browser.send(request)
                #expect(browser.status == status && browser.page.contains("<span class=\"state "))
                await stranger.send(request)
                #expect(stranger.status >= 400 && !stranger.page.contains("<span class=\"state "))
            }
        }
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
    func counts() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.post(
                "\(path)/BL/ask", [(name: "item", value: ""), (name: "text", value: "made-up question")])
            await browser.get("/")
            #expect(browser.page.contains("Saves not yet at the centre</span> <strong>2</strong></a>"))
            let menu = browser.page.firstMatch(of: /Queries <span class="quiet">(\d+)</)?.output.1 ?? "0"
            #expect(browser.page.contains("Queries to answer</span> <strong>\(menu)</strong></a>"))
        }
    }
}
