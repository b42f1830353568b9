import Foundation
import SyncClient
import Testing
import TrialModel
import TrialPages

@testable import SiteApp

@Suite("A page that answers a form", .serialized, .timeLimit(.minutes(10)))
struct AnswerTests {
    /// That the page hears news as an answer does, knows whose it is, and leads back to a path.
    private func expectHears(
        _ browser: SiteUnderTest.Browser, as user: String, back: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let leadsBack = "<p class=\"ways\"><a href=\"\(back)\">\(Words(.en)("showAgain"))</a></p>"
        for part in [" data-news=\"/news?since=", " data-answer", " data-person=\"\(user) ", leadsBack] {
            #expect(browser.page.contains(part), "\(part)", sourceLocation: sourceLocation)
        }
    }

    @Test("A refused form, a refusal and a search that is none hear of locks and log-outs")
    func refused() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            #expect(!browser.page.contains(" data-answer"), "this one answers no form")
            await browser.post(path, browser.fields(["VS.weight": "seventy"]) + [(name: "back", value: path)])
            #expect(browser.status == 422 && browser.hidden("item.VS.weight") == "seventy")
            expectHears(browser, as: "nurse-1", back: path)
            await browser.post("/participants", [(name: "back", value: "/participants")])
            #expect(browser.status == 422)
            expectHears(browser, as: "nurse-1", back: "/participants")
            await browser.post("/search", [(name: "back", value: "/login"), (name: "find", value: "x")])
            #expect(browser.status == 404)
            expectHears(browser, as: "nurse-1", back: "/login")
        }
    }

    @Test("The page that says what will happen hears of locks and log-outs")
    func confirmation() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline(as: "doctor-1")
            let forms = ["70", "71.5"].map { browser.fields(["VS.weight": $0]) }
            for (number, form) in forms.enumerated() {
                await browser.get(path)
                await browser.post(path, form.map { ($0.name, $0.name == "form" ? "\(number)" : $0.value) })
            }
            await browser.get("/conflicts")
            let link = browser.page.firstMatch(of: /href="(\/conflicts\/[0-9a-f]+)"/)?.output.1
            let conflict = String(try #require(link))
            await browser.get(conflict)
            await browser.post(
                conflict,
                [
                    (name: "choice", value: "set"), (name: "item.VS.weight", value: "72"),
                    (name: "reason", value: "the scale was calibrated"), (name: "back", value: conflict),
                ])
            #expect(browser.page.contains("Nothing has been done yet"))
            expectHears(browser, as: "doctor-1", back: conflict)
        }
    }

    @Test("A form that comes back after the password stands on a page of its person, which hears of locks")
    func held() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            await browser.post("/lock", [(name: "back", value: path)])
            let question = [
                (name: "item", value: ""), (name: "text", value: "made-up question"),
                (name: "back", value: path),
            ]
            await browser.post(path + "/ask", question)
            #expect(browser.status == 401 && !browser.page.contains("made-up question"))
            await browser.post(
                "/unlock",
                [(name: "password", value: SiteUnderTest.password), (name: "back", value: path)])
            #expect(browser.status == 200 && browser.page.contains(Words(.en)("heldTitle")))
            #expect(browser.page.contains("made-up question"))
            expectHears(browser, as: "nurse-1", back: path)
        }
    }

    @Test("A form of another session stands on a page of who is logged in; behind the lock on nobody's")
    func ofOtherSession() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            var request = PageRequest(.post, path + "/ask")
            request.form = FormFields([
                (name: "csrf", value: "of another session"), (name: "text", value: "made-up question"),
                (name: "back", value: path),
            ])
            request.origin = "http://\(SiteUnderTest.host)"
            await browser.send(request)
            #expect(browser.status == 403 && browser.page.contains("made-up question"))
            #expect(browser.page.contains(Words(.en)("otherSession")) && !browser.csrf.isEmpty)
            expectHears(browser, as: "nurse-1", back: path)
            try #require(site.pages.sessions.desks.first).store.lockScreen()
            await browser.send(request)
            #expect(browser.status == 403 && browser.page.contains("made-up question"))
            #expect(!browser.page.contains(" data-person=") && browser.csrf.isEmpty)
            #expect(browser.page.contains(Words(.en)("otherSessionLocked")))
        }
    }
}
