import Foundation
import SyncClient
import Testing
import TrialModel
import TrialPages

@testable import SiteApp

@Suite("Casebook, lists and log-book of a site's page", .serialized, .timeLimit(.minutes(10)))
struct CasebookTests {
    @Test("A casebook shows planned doses, doses taken and the instrument by domain")
    func pictures() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.save(
                path + "/BL",
                [
                    "SV.date": "2026-03-02", "VS.weight": "70", "PGA.vas": "41", "RI.kidney": "3",
                    "RI.kidney.urgent": "Y", "RI.skin": "0",
                ])
            #expect(browser.status == 200, "\(browser.page)")
            await browser.save(
                path + "/EX",
                [
                    "EX.drug": "prednisone", "EX.dose": "50", "EX.start": "2026-03-09",
                    "EX.reason": "adverseEvent",
                ])
            await browser.get(path)
            for expected in [
                "<svg", "41\u{2009}mm", "3 · urgent", "0 at every visit: Skin",
                "day 7, 9 Mar 2026: 50\u{2009}mg/d", "taken",
            ] { #expect(browser.page.contains(expected), "\(expected)") }
        }
    }

    @Test("The log-book shows what waits before what the centre has, of everybody or of oneself")
    func logBook() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.get("/logbook")
            #expect(browser.page.contains("not yet at the centre") && !browser.page.contains("71.5"))
            let desk = try #require(site.pages.sessions.desks.first)
            for try await _ in desk.store.sync() {}
            await browser.save(path + "/BL", ["VS.weight": "71.5"])
            for (page, holds) in [("/logbook", true), ("/logbook?own=1", true), ("/logbook?from=2", false)] {
                await browser.get(page)
                #expect(browser.page.contains("71.5") == holds, "\(page)")
            }
            await browser.get("/logbook")
            let waiting = try #require(browser.page.range(of: ">not yet at the centre</span></td>"))
            let safe = try #require(browser.page.range(of: ">at the centre</span></td>"))
            #expect(waiting.lowerBound < safe.lowerBound)
        }
    }

    @Test("A participant is found by a part of the number, which never stands in a path")
    func search() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let first = try await site.enrolled(browser)
            let second = try await site.enrolled(browser)
            func find(_ text: String) async {
                await browser.get("/participants")
                await browser.post("/participants/find", [(name: "find", value: text)])
            }
            await find(" pku-002 ")
            #expect(browser.path == second)
            await find("001")
            #expect(browser.path == first)
            await find("pku")
            #expect(browser.path == "/participants" && browser.hidden("find") == "pku")
            #expect(browser.page.contains("PKU-001") && browser.page.contains("PKU-002"))
            await find("PKU-009")
            #expect(browser.page.contains("Nothing fits") && !browser.page.contains("PKU-001"))
            await find("")
            #expect(browser.path == "/participants" && browser.page.contains("PKU-001"))
        }
    }

    @Test("The whole casebook of a participant is one page to be printed, and the casebook leads to it")
    func paper() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.save(
                path + "/BL",
                [
                    "SV.date": "2026-03-02", "SV.type": "onSite", "VS.weight": "70", "RI.kidney": "2",
                    "RI.kidney.urgent": "Y",
                ])
            await browser.get(path)
            let link = try #require(browser.page.firstMatch(of: /href="(\/casebooks\/[0-9a-f]+)"/)).output.1
            await browser.get(String(link))
            #expect(browser.status == 200 && browser.page.contains("Casebook of PKU-001"))
            #expect(browser.page.contains("70\u{2009}kg") && browser.page.contains("nurse-1"))
            #expect(browser.page.contains("· urgent: Yes"), "a domain is one row")
            #expect(browser.page.contains("domains unanswered") && browser.page.contains("<td>″</td>"))
            #expect(!browser.page.contains("<small>RI.skin</small>"))
        }
    }

    @Test("Today names a line of a log by its first values, each by its item")
    func lineToday() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.save(path + "/AE", ["AE.term": "made-up rash", "AE.start": "2026-03-02"])
            await browser.get("/")
            let name = "Adverse event · Adverse event: made-up rash · Start: 2 Mar 2026"
            #expect(browser.page.contains(">\(name)</a>"), "\(browser.page)")
        }
    }

    @Test("Today shows visits that are late before those in their window, whoever was enrolled first")
    func lateFirst() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let (first, second) = (try await site.enrolled(browser), try await site.enrolled(browser))
            let today = try #require(site.pages.sessions.desks.first).store.today()
            for (path, date) in [(first, today.adding(days: -14)), (second, CalendarDate("2020-01-02"))] {
                await browser.get(path + "/BL")
                let text = try #require(date).description
                await browser.post(path + "/BL", browser.fields(["SV.date": text]))
            }
            await browser.get("/")
            let timely = try #require(browser.page.firstRange(of: "href=\"\(first)/D14\""))
            let late = try #require(browser.page.firstRange(of: "href=\"\(second)/D14\""))
            #expect(late.lowerBound < timely.lowerBound)
        }
    }

    @Test("A visit with a date that is still to come is called that, and nowhere done")
    func dateToCome() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.save(path + "/BL", ["SV.date": "2099-03-02"])
            await browser.get(path + "/BL")
            #expect(browser.page.contains("dated 2 Mar 2099, which is still to come"))
            for page in ["/", path] {
                await browser.get(page)
                let row = try #require(
                    browser.page.split(separator: "<tr>").first { $0.contains("href=\"\(path)/BL\"") })
                #expect(row.contains("<span class=\"mark attention\">dated in the future</span>"), "\(page)")
                #expect(row.contains("2 Mar 2099") && !row.contains("done"), "\(page)")
            }
        }
    }

    @Test("A log-out ends the news of open pages")
    func newsEnd() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            var request = PageRequest(.get, "/news")
            (request.host, request.cookies) = (SiteUnderTest.host, browser.cookies)
            let news = try #require(await site.pages.news(request))
            await browser.post("/logout", [])
            for await _ in news {}
            #expect(browser.path == "/login")
        }
    }

    @Test("A page that is older than its connection is told so at once")
    func missedNews() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            await browser.get("/")
            let since = try #require(browser.page.firstMatch(of: /data-news="\/news\?since=([^"]*)"/)).1
            _ = try await site.enrolled(browser)
            var request = PageRequest(.get, "/news")
            request.query = FormFields([(name: "since", value: String(since))])
            (request.host, request.cookies) = (SiteUnderTest.host, browser.cookies)
            // Without any further change: the stream would else say nothing of the page until one comes.
            for await piece in try #require(await site.pages.news(request)) where piece == .changed { break }
        }
    }
}
