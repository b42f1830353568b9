import Foundation
@testable import SyncClient
import Testing
import TrialModel
import TrialPages
import TrialStore

@testable import SiteApp
@testable import SyncServer

@Suite("What is sent twice, late or by the wrong person", .serialized, .timeLimit(.minutes(10)))
struct TwiceTests {
    @Test("A new line that is sent twice is one line, and with something else in it none")
    func lines() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.get(path + "/AE")
            let form = browser.fields(["AE.term": "made-up rash"])
            await browser.post(path + "/AE", form)
            await browser.post(path + "/AE", form)
            let store = try #require(site.pages.sessions.desks.first).store
            #expect(try await store.lines("PKU-001", "AE").count == 1)
            await browser.post(
                path + "/AE", form.map { ($0.name, $0.name == "item.AE.term" ? "another rash" : $0.value) })
            #expect(browser.status == 422 && browser.page.contains("This line was saved before"))
            #expect(browser.page.contains("another rash"), "what was typed comes back")
            #expect(try await store.lines("PKU-001", "AE").count == 1)
            await browser.save(path + "/AE", ["AE.term": "another rash"])
            #expect(try await store.lines("PKU-001", "AE").count == 2)
        }
    }

    @Test("A line that was refused can be saved by the same form")
    func refusedFirst() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            await browser.post(path, browser.fields(["VS.weight": "heavy"]))
            #expect(browser.status == 422)
            await browser.post(path, browser.fields(["VS.weight": "70"]))
            #expect(browser.status == 200 && browser.hidden("was.VS.weight") == "70")
        }
    }

    @Test("Nobody is enrolled twice by one form, nor without the tick of consent")
    func enrolment() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            await browser.get("/participants")
            let form = browser.hidden("form")
            await browser.post("/participants", [(name: "form", value: form)])
            #expect(browser.status == 422 && browser.page.contains("Nobody was enrolled"))
            for _ in 0..<2 {
                await browser.post(
                    "/participants", [(name: "form", value: form), (name: "consented", value: "Y")])
            }
            let store = try #require(site.pages.sessions.desks.first).store
            #expect(try await store.worklist().participants.count == 1)
        }
    }

    @Test("What was saved just before the program ended is not saved again when it is sent again")
    func startedAgain() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.get(path + "/AE")
            let line = browser.fields(["AE.term": "made-up rash"])
            await browser.post(path + "/AE", line)
            await browser.get("/participants")
            let enrolment = [
                (name: "form", value: browser.hidden("form")), (name: "consented", value: "Y"),
            ]
            await browser.post("/participants", enrolment)
            await browser.post("/logout", [])
            browser.startAgain()
            await browser.get("/login")
            await browser.logIn()
            for _ in 0..<2 {
                await browser.post(path + "/AE", line)
                #expect(browser.status == 422 && browser.page.contains("This line was saved before"))
            }
            await browser.post("/participants", enrolment)
            #expect(browser.status == 200 && browser.page.contains("Enrolled as PKU-002"))
            let store = try #require(site.pages.sessions.desks.first).store
            #expect(try await store.lines("PKU-001", "AE").count == 1)
            #expect(try await store.worklist().participants.count == 2)
        }
    }

    @Test("An older request of a page never puts an older draft in the place of a newer one")
    func olderDraft() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            let page = browser.hidden("page")
            func typed(_ text: String, keys: Int, page: String) -> [(name: String, value: String)] {
                browser.fields(["VS.weight": text])
                    + [(name: "page", value: page), (name: "keys", value: "\(keys)")]
            }
            let (newer, older) = (typed("70.5", keys: 4, page: page), typed("70", keys: 2, page: page))
            let other = typed("71", keys: 1, page: "another")
            for form in [newer, older] {
                await browser.post(path + "/check", form)
                #expect(browser.status == 200)
                await browser.get(path)
            }
            let store = try #require(site.pages.sessions.desks.first).store
            #expect(try await store.drafts().map { $0.fields["item.VS.weight"] } == ["70.5"])
            await browser.post(path + "/check", other)
            #expect(try await store.drafts().map { $0.fields["item.VS.weight"] } == ["71"])
        }
    }

    /// A browser with a weight typed at two visits, each as it would be sent to its path.
    private func twoForms(
        _ site: SiteUnderTest
    ) async throws -> (SiteUnderTest.Browser, [(path: String, form: [(name: String, value: String)])]) {
        let browser = try await site.joined()
        let path = try await site.enrolled(browser)
        var forms: [(path: String, form: [(name: String, value: String)])] = []
        for (sheet, text) in [("BL", "70.5"), ("D14", "71.5")] {
            await browser.get("\(path)/\(sheet)")
            forms.append(("\(path)/\(sheet)", browser.fields(["VS.weight": text])))
        }
        return (browser, forms)
    }

    @Test("Forms of two tabs that were sent after the log-out both come back, whoever logs in between")
    func heldForms() async throws {
        try await SiteUnderTest.run { site in
            let (browser, forms) = try await twoForms(site)
            await browser.post("/logout", [])
            for (path, form) in forms { await browser.post(path, form) }
            await browser.logIn("nurse-2")
            #expect(!browser.page.contains("70.5") && !browser.page.contains("71.5"))
            await browser.get("/")
            await browser.post("/logout", [])
            await browser.logIn()
            let store = try #require(site.pages.sessions.desks.first).store
            #expect(try await Set(store.drafts().map { $0.fields["item.VS.weight"] }) == ["70.5", "71.5"])
        }
    }

    @Test("A form that cannot be kept after the password stays held for the next one, and so do the others")
    func stayHeld() async throws {
        try await SiteUnderTest.run { site in
            let (browser, forms) = try await twoForms(site)
            let first = try #require(site.pages.sessions.desks.first).store
            try await first.replica.update(first.draftsName) { _ in Data("no drafts".utf8) }
            await browser.post("/logout", [])
            for (path, form) in forms { await browser.post(path, form) }
            await browser.logIn()
            let store = try #require(site.pages.sessions.desks.first).store
            #expect(browser.path == "/" && !browser.page.contains("name=\"password\""), "it is logged in")
            try await store.replica.update(store.draftsName) { _ in nil }
            await browser.get("/")
            await browser.post("/lock", [])
            await browser.post("/unlock", [(name: "password", value: SiteUnderTest.password)])
            #expect(try await Set(store.drafts().map { $0.fields["item.VS.weight"] }) == ["70.5", "71.5"])
        }
    }

    @Test("Joining that failed gives back what was filled in, and never the password")
    func joining() async throws {
        try await SiteUnderTest.run { site in
            let browser = SiteUnderTest.Browser(site.pages)
            await browser.get("/?token=made-up-token")
            await browser.post(
                "/start",
                [
                    (name: "link", value: "trialsync://nothing"), (name: "device", value: "ward-7"),
                    (name: "user", value: "nurse-1"), (name: "password", value: SiteUnderTest.password),
                ])
            await browser.untilJoined()
            await browser.get("/start")
            #expect(browser.hidden("link") == "trialsync://nothing" && browser.hidden("device") == "ward-7")
            #expect(browser.hidden("user") == "nurse-1")
            #expect(!browser.page.contains(SiteUnderTest.password))
        }
    }

    @Test("Open pages are told at once that the screen has locked, that it is open, that nobody is there")
    func hiding() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            var news = try await site.news(browser)
            await browser.get("/")
            await browser.post("/lock", [])
            await news.hears(.locked)
            await browser.post("/unlock", [(name: "password", value: SiteUnderTest.password)])
            await news.hears(.unlocked)
            await browser.get("/")
            await browser.post("/logout", [])
            var last: SiteNews?
            while let piece = await news.next() { last = piece }
            #expect(last == .ended)
        }
    }

    @Test("What others saved in an instrument, and a lock, are told to a form that is open")
    func announced() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            #expect(
                browser.page.contains("<tr data-item=\"RI.kidney\">") && browser.page.contains("form-states"))
            let opened = browser.fields(["PGA.vas": "41"])
            let store = try #require(site.pages.sessions.desks.first).store
            let items = try await store.study().items(of: "RI")
            let others = items.flatMap { item in
                let isTick = item.oid.hasSuffix(".damage") || item.oid.hasSuffix(".urgent")
                return [
                    (name: "was.\(item.oid)", value: ""),
                    (name: "item.\(item.oid)", value: isTick ? "N" : "1"),
                ]
            }
            await browser.post(
                path, browser.fields([:]).map { ($0.name, $0.name == "form" ? "b" : $0.value) } + others)
            #expect(browser.status == 200)
            await browser.post(path + "/check", opened)
            #expect(
                browser.page.contains("\"RI.kidney\":{\"late\"") && browser.page.contains("\"states\":\"\""))
            for try await _ in store.sync() {}
            let coordinator = try await site.centre.actor(
                "coordinator-1", password: SiteUnderTest.password, may: .lock)
            _ = try await site.centre.decide(
                .lock, "PKU-001", "BL", reason: "monitored", by: coordinator)
            for try await _ in store.sync() {}
            await browser.get(path)
            await browser.post(path + "/check", opened)
            #expect(browser.page.contains("was locked while the form was open"), "\(browser.page)")
        }
    }
}
