import Foundation
import SyncClient
import SyncServer
import Testing
import TrialModel
import TrialPages

@testable import SiteApp

@Suite("What is typed at a site's page is never lost", .serialized, .timeLimit(.minutes(10)))
struct KeepingTests {
    @Test("A signature covers what was shown: after another save it is refused, and says so")
    func signature() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline(as: "doctor-1")
            await browser.post(path, browser.fields(["VS.weight": "70"]))
            func signed(_ shown: String) async {
                await browser.post(
                    path + "/sign",
                    [
                        (name: "meaning", value: "reviewed"), (name: "shown", value: shown),
                        (name: "password", value: SiteUnderTest.password),
                    ])
            }
            let shown = browser.hidden("shown")
            await browser.post(path, browser.fields(["PGA.vas": "41"]))
            await signed(shown)
            #expect(browser.status == 422 && browser.page.contains("has changed since"))
            #expect(!browser.page.contains("Signed by"))
            await signed(browser.hidden("shown"))
            #expect(browser.status == 200 && browser.page.contains("Signed by doctor-1"))
        }
    }

    @Test("A mistyped password leaves the meaning of a signature in its form, which is open")
    func meaning() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline(as: "doctor-1")
            await browser.post(path, browser.fields(["VS.weight": "70"]))
            #expect(!browser.page.contains("<details open>"))
            await browser.post(
                path + "/sign",
                [
                    (name: "meaning", value: "seen & agreed"), (name: "password", value: "mistyped"),
                    (name: "shown", value: browser.hidden("shown")),
                ])
            #expect(browser.status == 401 && browser.page.contains("<details open>"))
            #expect(browser.hidden("meaning") == "seen &amp; agreed")
            #expect(browser.page.contains("The password is wrong") && !browser.page.contains("User name or"))
            await browser.get(path)
            #expect(browser.hidden("meaning").isEmpty, "it is of that try")
        }
    }

    @Test("A save that comes into quarantine is said to wait for a decision, and not to have come in")
    func quarantined() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            await browser.post(path, browser.fields(["VS.weight": "70"]))
            let store = try #require(site.pages.sessions.desks.first).store
            for try await _ in store.sync() {}
            await browser.get(path)
            await browser.post(
                path, browser.fields(["VS.weight": "71"]) + [(name: "reason", value: "weighed again")])
            #expect(browser.hidden("was.VS.weight") == "71")
            let typed = browser.fields(["VS.weight": "71", "PGA.vas": "41"])
            _ = try await site.centre.set(.revoked, device: "ward-1")
            // The laptop hands in what it has, and hears that its access has ended.
            do { for try await _ in store.sync() {} } catch {}
            #expect(try await store.visit("PKU-001", "BL").quarantined == 1)
            await browser.get(path)
            #expect(browser.page.contains("{value} was shown here before; the save of "))
            await browser.post("\(path)/check", typed)
            #expect(browser.page.contains("kg stands again: what was saved over it"), "\(browser.page)")
            await browser.get(path)
            #expect(browser.page.contains("is kept and waits for the centre"))
            #expect(browser.page.contains("70\u{2009}kg stands again"))
            #expect(!browser.page.contains("something came in"))
        }
    }

    @Test("What was typed before people came to disagree stays in sight, through a save of the rest")
    func aside() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            let (first, second) = (browser.fields(["VS.weight": "70"]), browser.fields(["VS.weight": "71"]))
            let third = browser.fields(["VS.weight": "79.9", "PGA.vas": "41"])
            await browser.post("\(path)/check", third)
            for typed in [first, second] {
                await browser.get(path)
                await browser.post(path, typed.map { ($0.name, $0.name == "form" ? "another" : $0.value) })
            }
            await browser.get(path)
            #expect(browser.page.contains("You had typed 79.9") && browser.page.contains("class=\"both\""))
            await browser.post(
                path,
                browser.fields(["PGA.vas": "41"]) + [
                    (name: "aside.VS.weight", value: browser.hidden("aside.VS.weight")),
                    (name: "asideWas.VS.weight", value: ""),
                ])
            #expect(browser.status == 200 && browser.hidden("was.PGA.vas") == "41")
            #expect(browser.page.contains("You had typed 79.9"), "it is still there, and is no value")
            let store = try #require(site.pages.sessions.desks.first).store
            #expect(try await store.drafts().count == 1)
        }
    }

    @Test("No draft makes way for another: where there are too many, the form stays filled in and says so")
    func tooManyDrafts() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser) + "/BL"
            let store = try #require(site.pages.sessions.desks.first).store
            for number in 0..<SiteStore.draftLimit {
                try await store.keep(
                    KeptDraft(
                        participant: "00", sheet: "BL", base: "", fields: ["item.VS.weight": "\(number)"],
                        keptMilliseconds: Int64(number), form: "\(number)"))
            }
            await browser.get(path)
            let typed = browser.fields(["VS.weight": "seventy"])
            await browser.post("\(path)/check", typed)
            #expect(browser.page.contains("\"isKept\":false") && browser.page.contains("NOT kept"))
            await browser.get(path)
            store.lockScreen()
            await browser.post("\(path)/check", typed)
            #expect(browser.status == 401 && browser.page.contains("\"isKept\":false"))
            try await store.unlock(password: SiteUnderTest.password)
            await browser.get(path)
            await browser.post(path, typed)
            #expect(browser.status == 422 && browser.hidden("item.VS.weight") == "seventy")
            #expect(browser.page.contains("begun and not saved"))
            let drafts = try await store.drafts()
            #expect(drafts.count == SiteStore.draftLimit && drafts.allSatisfy { $0.participant == "00" })
            await browser.post(path, browser.fields(["VS.weight": "70.5"]))
            #expect(browser.status == 200, "a save needs no draft")
        }
    }

    @Test("A form that is sent after the log-out comes back after the log-in")
    func afterLogOut() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            let typed = browser.fields(["VS.weight": "70.5"])
            let csrf = browser.csrf
            await browser.post("/logout", [])
            await browser.post(path, typed)
            #expect(browser.status == 401 && !browser.page.contains("70.5") && browser.csrf == csrf)
            await browser.logIn()
            #expect(browser.path == path && browser.hidden("item.VS.weight") == "70.5")
            #expect(browser.hidden("was.VS.weight").isEmpty, "nothing was saved")
        }
    }

    @Test("A form of before the program was started again is sent once its person has logged in")
    func startedAgain() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            let typed = browser.fields(["VS.weight": "70.5"])
            await browser.post("/logout", [])
            browser.startAgain()
            await browser.post(path, typed)
            func isKept() -> Bool { browser.status == 403 && browser.hidden("item.VS.weight") == "70.5" }
            #expect(isKept() && browser.csrf.isEmpty && browser.page.contains("log in in another tab"))
            let page = browser.page
            await browser.get("/login")
            await browser.post(path, typed)
            #expect(isKept(), "with the right token too: nobody could be given it back")
            await browser.get("/login")
            await browser.logIn()
            browser.page = page
            await browser.post(path, typed)
            #expect(isKept() && !browser.csrf.isEmpty, "now it may be sent")
            await browser.post(path, typed)
            #expect(browser.status == 200 && browser.hidden("was.VS.weight") == "70.5")
        }
    }

    @Test("Where nothing is shown, the script of a form is told whether what was typed is kept")
    func keptUnseen() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            let typed = browser.fields(["VS.weight": "70.5"])
            func check(_ fields: [(name: String, value: String)], isKept: Bool?) async {
                await browser.post("\(path)/check", fields)
                #expect(browser.status == 401)
                #expect(browser.page.contains("\"isKept\":true") == (isKept == true))
                #expect(browser.page.contains("\"isKept\":false") == (isKept == false))
                // The answer to a script bears no token.
                await browser.get(path)
            }
            await browser.post("/lock", [(name: "back", value: path)])
            await check(typed + [(name: "auto", value: "1")], isKept: false)
            await check(typed, isKept: true)
            await browser.post("/logout", [])
            await check(typed + [(name: "auto", value: "1")], isKept: false)
            await check(typed, isKept: false)
            // A program that was started again knows no browser: there nothing is kept.
            let cookies = browser.cookies
            browser.cookies = [:]
            await check(typed, isKept: nil)
            browser.cookies = cookies
            await browser.get("/login")
            await browser.logIn()
            #expect(browser.hidden("item.VS.weight") == "70.5", "it was held for the log-in")
        }
    }

    @Test("An open page knows whose it is by the person and the laptop's store")
    func whose() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let store = try #require(site.pages.sessions.desks.first).store
            #expect(store.deviceID.count == 32)
            #expect(browser.page.contains("data-person=\"nurse-1 \(store.deviceID)\""))
        }
    }

    @Test("What a page asks by itself keeps no screen unlocked; what a person types does")
    func activity() {
        var check = PageRequest(.post, "/participants/1/BL/check")
        #expect(check.isActivity)
        check.form = FormFields([(name: "auto", value: "1")])
        #expect(!check.isActivity)
        var page = PageRequest(.get, "/")
        #expect(page.isActivity)
        page.fetchDestination = "empty"
        #expect(!page.isActivity)
    }
}
