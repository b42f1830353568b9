import SyncClient
import Testing
import TrialModel

@testable import SiteApp

@Suite("What is found while one types", .serialized, .timeLimit(.minutes(10)))
struct TypedFindingTests {
    private static let noConsent = "DM.consentDate (Date of informed consent) at SCR has no date"

    /// The answer to a form of the sheet as it stands with this typed in it.
    private func check(
        _ typed: KeyValuePairs<String, String>, at path: String, by browser: SiteUnderTest.Browser
    ) async -> String {
        await browser.get(path)
        await browser.post(path + "/check", browser.fields(typed))
        return browser.page
    }

    @Test("A visit date before the consent is found before it is saved, and nothing is saved by that")
    func beforeConsent() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.save(path + "/SCR", ["DM.consentDate": "2020-03-05"])
            let found =
                #""SV.date":{"findings":["SV.date (Date of visit) is 2 Mar 2020 and should be no earlier"#
            #expect(await check(["SV.date": "2020-03-02"], at: path + "/BL", by: browser).contains(found))
            let store = try #require(site.pages.sessions.desks.first).store
            let view = try await store.visit("PKU-001", "BL")
            #expect(view.items.allSatisfy { $0.state == .empty } && view.checks.isEmpty)
            #expect(!(await check(["SV.date": "2020-03-06"], at: path + "/BL", by: browser).contains(found)))

            let line = await check(["AE.start": "2020-03-01"], at: path + "/AE", by: browser)
            #expect(line.contains("AE.start (Start) is 1 Mar 2020 and should be no earlier"))
            #expect(try await store.logLines("PKU-001").isEmpty)
        }
    }

    @Test("A missing consent is said at the top of a form, while it is typed and when it is opened again")
    func noConsent() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser) + "/BL"
            let top = "\"top\":[\"Once this is saved: BL is on record, but \(Self.noConsent)\"]"
            #expect(await check(["VS.weight": "70"], at: path, by: browser).contains(top))
            await browser.get(path)
            #expect(browser.page.ranges(of: Self.noConsent).count == 1)
            let live = "aria-live=\"polite\"><p class=\"mark attention\">"
            let said = "BL is on record, but \(Self.noConsent)"
            #expect(browser.page.contains("\(live)Once this is saved: \(said)"), "the draft says so too")

            await browser.post(path, browser.fields(["VS.weight": "70"]))
            await browser.get(path)
            #expect(browser.page.ranges(of: Self.noConsent).count == 1 && browser.page.contains(said))
            #expect(!browser.page.contains(live + said) && !browser.page.contains("Once this is saved"))
            let again = await check(["PGA.vas": "41"], at: path, by: browser)
            #expect(again.contains("\"top\":[]"), "what stands there is not said twice")
        }
    }

    @Test("The window that a visit has from day 0 is looked at while its date is typed")
    func window() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.save(path + "/BL", ["SV.date": "2026-03-02"])
            let late = await check(["SV.date": "2026-03-20"], at: path + "/D14", by: browser)
            #expect(late.contains("day 18 from 2 Mar 2026; the window is days 11 to 17"))
            let timely = await check(["SV.date": "2026-03-16"], at: path + "/D14", by: browser)
            #expect(!timely.contains("the window is days"))
        }
    }
}
