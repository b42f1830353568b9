import Foundation
import SyncClient
import Testing
import TrialModel
import TrialPages

@testable import SiteApp

@Suite("Long lists of a site's page, and what is looked for in them", .serialized, .timeLimit(.minutes(10)))
struct SearchTests {
    /// Types a text into the field above a list.
    private func find(
        _ text: String, in list: String, _ browser: SiteUnderTest.Browser, with other: String? = nil
    ) async {
        await browser.get(list)
        #expect(browser.page.contains("<input type=\"search\" id=\"find\" name=\"find\""), "\(list)")
        await browser.post(
            "/search",
            [(name: "back", value: list), (name: "find", value: text)]
                + (other.map { [(name: $0, value: "1")] } ?? []))
    }

    @Test("Today, queries and the log-book show what fits; no number stands in a path")
    func lists() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            for text in ["in clothes?", "with shoes?"] {
                let path = try await site.enrolled(browser) + "/BL"
                await browser.save(path, ["SV.date": "2026-03-02"])
                await browser.post(
                    path + "/ask", [(name: "item", value: "VS.weight"), (name: "text", value: text)])
            }
            for (list, other) in [("/", nil), ("/queries", "all"), ("/logbook", "own")] {
                await find("002", in: list, browser, with: other)
                #expect(browser.status == 200 && browser.path == list)
                #expect(browser.page.contains("PKU-002") && !browser.page.contains("PKU-001"), "\(list)")
                #expect(browser.hidden("find") == "002")
                await find("nobody", in: list, browser)
                #expect(browser.page.contains("Nothing fits"), "\(list)")
                await find(" ", in: list, browser)
                #expect(browser.page.contains("PKU-001") && browser.page.contains("PKU-002"), "\(list)")
            }
            let cookie = try #require(browser.cookies.first { $0.key.hasPrefix("trialsync-") }?.value)
            let kept = try #require(site.pages.sessions.use(cookie, takesNotice: false)).searches
            #expect(kept.count == 6 && kept.allSatisfy { !$0.text.isEmpty }, "nothing is no search")
            await find("shoes", in: "/queries", browser)
            #expect(browser.page.contains("PKU-002") && !browser.page.contains("PKU-001"))
            await browser.post(
                "/search", [(name: "back", value: "/participants/x"), (name: "find", value: "x")])
            #expect(browser.status == 404, "only what is a list")
        }
    }

    @Test("A conflict is found by its participant, its item and whoever saved")
    func conflicts() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser) + "/BL"
            await browser.get("/conflicts")
            #expect(!browser.page.contains("id=\"find\""), "there is nothing to look for")
            await browser.get(path)
            let forms = ["70", "71"].map { browser.fields(["VS.weight": $0]) }
            for (number, form) in forms.enumerated() {
                await browser.post(path, form.map { ($0.name, $0.name == "form" ? "\(number)" : $0.value) })
            }
            for text in ["pku-001", "weight", "nurse-1"] {
                await find(text, in: "/conflicts", browser)
                #expect(browser.page.contains("71\u{2009}kg"), "\(text)")
            }
            await find("PKU-009", in: "/conflicts", browser)
            #expect(browser.page.contains("Nothing fits") && !browser.page.contains("71\u{2009}kg"))
        }
    }

    @Test("Drafts come in pages of twenty")
    func drafts() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            for _ in 1...3 {
                let path = try await site.enrolled(browser)
                for sheet in ["SCR", "BL", "D14", "W12", "W48", "EOS", "AE"] {
                    let item = sheet == "AE" ? "AE.term" : "SV.type"
                    await browser.get("\(path)/\(sheet)")
                    await browser.post(
                        "\(path)/\(sheet)/check",
                        browser.fields([item: "phone"]))
                }
            }
            let store = try #require(site.pages.sessions.desks.first).store
            #expect(try await store.drafts().count == 21)
            await browser.get("/")
            #expect(browser.page.contains("1 to 20 of 21"))
            let next = try #require(browser.page.firstMatch(of: /href="(\/\?drafts=20[^"#]*)#drafts"/)).output
                .1
            await browser.get(String(next))
            #expect(browser.page.contains("21 to 21 of 21"))
        }
    }
}
