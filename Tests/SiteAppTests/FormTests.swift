import Foundation
import SyncClient
import Testing
import TrialModel
import TrialPages

@testable import SiteApp

@Suite("The forms of a site's page", .serialized, .timeLimit(.minutes(10)))
struct FormTests {
    @Test(
        "A value is saved, one that replaces it needs a reason, and until then the form comes back filled in")
    func reason() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            await browser.post(path, browser.fields(["VS.weight": "70"]))
            #expect(browser.status == 200 && browser.hidden("was.VS.weight") == "70")
            #expect(browser.page.contains("not yet at the centre"))

            await browser.post(path, browser.fields(["VS.weight": "71.5"]))
            #expect(browser.status == 422)
            #expect(browser.hidden("item.VS.weight") == "71.5", "what was typed stands in the form")
            #expect(browser.hidden("was.VS.weight") == "70")

            let again = browser.fields(["VS.weight": "71.5"])
            await browser.post(path, again + [(name: "reason", value: "weighed again")])
            #expect(browser.hidden("was.VS.weight") == "71.5" && browser.status == 200)
        }
    }

    @Test("A value typed in another unit says beside its field, and in the history, what was typed")
    func entered() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            await browser.save(path, ["LB.creatinine": "0.9 mg/dL", "VS.weight": "70"])
            #expect(browser.status == 200 && browser.hidden("item.LB.creatinine") == "79.578")
            #expect(browser.hidden("was.LB.creatinine") == "79.578", "the field has the bare number")
            let said = "79.578\u{2009}µmol/L (entered as 0.9 mg/dL)"
            #expect(browser.page.contains("<span>saved: \(said)</span>"))
            #expect(browser.page.components(separatedBy: said).count > 2, "the history says it too")
            #expect(!browser.page.contains("saved: 70"), "what was typed as it is kept needs no note")
        }
    }

    @Test("What came in while a form was open is kept beside what is saved: both values, as a conflict")
    func late() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            let opened = browser.fields(["VS.weight": "71.5"])
            // The same visit in another tab, saved first.
            await browser.save(path, ["VS.weight": "72.5"])
            await browser.post("\(path)/check", opened)
            #expect(browser.page.contains("72.5"), "it is announced: \(browser.page)")
            #expect(browser.page.contains("\"late\""))
            await browser.get(path)
            #expect(browser.hidden("item.VS.weight") == "71.5", "the draft is in the form")
            await browser.post(path, opened)
            #expect(browser.page.contains("71.5") && browser.page.contains("72.5"))
            #expect(browser.page.contains("class=\"both\""))
            #expect(!browser.page.contains("name=\"item.VS.weight\""), "no field for a value in conflict")
        }
    }

    @Test("Text that is no value is refused beside its field, nothing is saved, and the draft survives")
    func refused() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            await browser.post(path, browser.fields(["VS.weight": "seventy", "SV.type": "phone"]))
            #expect(browser.status == 422 && browser.page.contains("aria-invalid=\"true\""))
            // Another browser session of the same person, as after a crash: the store has the draft.
            let store = try #require(site.pages.sessions.desks.first).store
            #expect(try await store.drafts().first?.fields["item.VS.weight"] == "seventy")
            let name = try await store.worklist().participants[0].name
            #expect(try await store.visit(name, "BL").items.allSatisfy { $0.state == .empty })
            await browser.get(path)
            let discarded = [(name: "act", value: "drop"), (name: "form", value: browser.hidden("form"))]
            await browser.post(path, discarded)
            #expect(browser.status == 422, "without the tick nothing is discarded")
            #expect(try await store.drafts().count == 1)
            await browser.get(path)
            await browser.post(path, discarded + [(name: "sure", value: "Y")])
            #expect(browser.hidden("item.VS.weight").isEmpty && browser.status == 200)
            #expect(try await store.drafts().isEmpty)
        }
    }

    @Test("A form says when its visit is to be made, and no number of a participant stays in the history")
    func window() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.save(path + "/BL", ["SV.date": "2020-01-02"])
            await browser.get(path + "/D14")
            #expect(browser.page.contains("due 16 Jan 2020, late since 20 Jan 2020"))
            #expect(browser.page.contains("D14<small>Day 14</small>"))
            #expect(browser.page.contains("<title>Visit · TrialSync</title>"))
            #expect(browser.page.contains("<h1>PKU-001 · D14 Day 14</h1>"))
            #expect(!browser.page.contains("2 Jan 2020 at BL"), "dates of visits are not carried over")
            await browser.get(path)
            #expect(browser.page.contains("<title>Participant · TrialSync</title>"))
        }
    }

    @Test("The planned dose stands beside the dose, and an earlier score under its domain")
    func known() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.save(path + "/BL", ["SV.date": "2026-03-02", "VS.weight": "70", "RI.kidney": "2"])
            let planned = "id=\"k-PRED.dose\"><span class=\"planned\">planned: 55"
            #expect(browser.page.contains(planned))
            let earlier = "<br><span class=\"quiet\">BL, 2 Mar 2026: 2</span>"
            await browser.get(path + "/W12")
            #expect(browser.page.contains(earlier))
            await browser.save(path + "/W24", ["SV.date": "2026-08-17", "RI.kidney": "1"])
            await browser.get(path + "/W12")
            #expect(browser.page.contains(earlier), "a visit that comes after it is no earlier one")
            #expect(!browser.page.contains("<span class=\"quiet\">W24"))
        }
    }

    @Test("The planned dose stands beside the dose of a log line, while it is typed and once it is saved")
    func plannedOnLine() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.save(path + "/BL", ["SV.date": "2026-03-02", "VS.weight": "70"])
            await browser.get(path + "/EX")
            let empty = browser.fields(["EX.drug": ""])
            let drug = browser.fields(["EX.drug": "prednisone"])
            let line = browser.fields(["EX.drug": "prednisone", "EX.start": "2026-03-02"])
            for (typed, said) in [
                (empty, ""), (drug, "planned on the first day: not known · the date is not given in full"),
                (line, "planned on the first day: 55\u{2009}mg/d"),
            ] {
                await browser.get(path + "/EX")
                await browser.post(path + "/EX/check", typed)
                #expect(browser.page.contains("\"doses\":{\"EX.dose\":\"\(said)\"}"), "\(said)")
            }
            await browser.get(path + "/EX")
            await browser.post(path + "/EX", line)
            let saved = try #require(browser.page.firstMatch(of: /href="([^"]*\/EX-[0-9a-f]+)"/)).1
            await browser.get(String(saved))
            let known = "id=\"k-EX.dose\"><span class=\"planned\">planned on the first day: 55"
            #expect(browser.page.contains(known))
        }
    }

    @Test("A moment that is typed by the laptop's clock is understood, put back with its offset, and saved")
    func moment() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser) + "/D14"
            await browser.get(path)
            let typed = browser.fields(["PK.trough": "8.1", "PK.sampleTime": "2026-03-16 09:12"])
            await browser.post(path + "/check", typed)
            #expect(browser.page.contains("understood as 16 Mar 2026 09:12"))
            #expect(!browser.page.contains("\"error\""))
            await browser.get(path)
            let shown = browser.hidden("item.PK.sampleTime")
            #expect(shown.wholeMatch(of: /2026-03-16 09:12 (UTC|[+-]\d\d:\d\d)/) != nil, "as people type it")
            await browser.post(path, typed)
            #expect(browser.status == 200)
            #expect(browser.hidden("was.PK.sampleTime").hasPrefix("2026-03-16T09:12:00"))
            #expect(browser.hidden("item.PK.sampleTime") == shown)
            await browser.post(path, browser.fields(["PK.sampleTime": shown]))
            #expect(browser.page.contains("Nothing was changed"), "what is shown is what is saved")
        }
    }

    @Test("No draft lies on the disk in the open")
    func sealed() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser) + "/SCR"
            await browser.get(path)
            await browser.post("\(path)/check", browser.fields(["DM.initials": "QXZJWVKQ"]))
            let store = try #require(site.pages.sessions.desks.first).store
            #expect(try await store.drafts().count == 1)
            let folder = site.folder.appending(path: "laptop")
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
                let bytes = try Data(contentsOf: folder.appending(path: name))
                #expect(bytes.range(of: Data("QXZJWVKQ".utf8)) == nil, "\(name)")
            }
        }
    }

    @Test("All other scores are 0 only when a person says so, and scores that were given stay")
    func zeros() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            await browser.post(path, browser.fields(["RI.kidney": "2"]) + [(name: "act", value: "zeros:RI")])
            let store = try #require(site.pages.sessions.desks.first).store
            let name = try await store.worklist().participants[0].name
            #expect(try await store.visit(name, "BL").items.allSatisfy { $0.state == .empty }, "not saved")
            let draft = try #require(try await store.drafts().first)
            #expect(draft.fields["item.RI.kidney"] == "2")
            #expect(draft.fields["item.RI.meninges"] == "0")
            #expect(browser.page.contains("data-total=\"RI\">2<"))
        }
    }

    @Test("A domain that is said not done stays so, whatever the others are filled with, and can be answered")
    func notDone() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            let choice = "name=\"item.RI.kidney\" value=\"@notDone\" aria-label=\"Kidney: not done\""
            #expect(browser.page.contains(choice))
            await browser.post(
                path, browser.fields(["RI.kidney": "@notDone"]) + [(name: "act", value: "zeros:RI")])
            let store = try #require(site.pages.sessions.desks.first).store
            let draft = try #require(try await store.drafts().first)
            #expect(draft.fields["item.RI.kidney"] == "@notDone")
            #expect(draft.fields["item.RI.meninges"] == "0")
            let all = draft.fields.filter { $0.key.hasPrefix("item.RI.") }
                .sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
            await browser.post(path, browser.fields([:]) + all)
            func kidney() async throws -> Value? {
                try await store.visit("PKU-001", "BL").items.first { $0.item == "RI.kidney" }?.value
            }
            #expect(try await kidney() == .missing(.notDone), "\(browser.page)")
            #expect(browser.page.contains("\(choice) aria-describedby=\"e-RI.kidney l-RI.kidney\" checked"))
            #expect(!browser.page.contains("data-total=\"RI\">0<"), "what is not done is no zero")
            await browser.post(
                path, browser.fields(["RI.kidney": "2"]) + [(name: "reason", value: "done a day later")])
            #expect(try await kidney() == .integer(2))
        }
    }

    @Test("Behind the locked screen nothing is shown; what was typed is there after the password")
    func locked() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            let (typed, csrf) = (browser.fields(["VS.weight": "70.5"]), browser.csrf)
            await browser.post("/lock", [(name: "back", value: path)])
            #expect(browser.status == 401 && !browser.page.contains("VS.weight"))
            #expect(browser.csrf == csrf)
            await browser.post(path, typed)
            #expect(browser.status == 401 && !browser.page.contains("70.5"))
            await browser.post("/unlock", [(name: "password", value: "wrong"), (name: "back", value: path)])
            #expect(browser.status == 401 && browser.page.contains("The password is wrong"))
            await browser.post(
                "/unlock", [(name: "password", value: SiteUnderTest.password), (name: "back", value: path)])
            #expect(browser.hidden("item.VS.weight") == "70.5" && browser.hidden("was.VS.weight").isEmpty)
        }
    }

    @Test("What a person types comes back as text, never as markup; no number stands in a path")
    func hostile() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let casebook = try await site.enrolled(browser)
            #expect(browser.page.contains("PKU-001") && !casebook.contains("PKU"))
            let hostile = "\"><script>alert(1)</script>"
            await browser.get(casebook + "/AE")
            await browser.post(casebook + "/AE", browser.fields(["AE.term": hostile]))
            #expect(browser.path == casebook && browser.page.contains("&lt;script&gt;"))
            #expect(!browser.page.contains("<script>alert"))
            await browser.post(
                casebook + "/BL", [(name: "item.\"><b>", value: hostile), (name: "base", value: "x")])
            #expect(!browser.page.contains("<script>alert") && !browser.page.contains("\"><b>"))
        }
    }

    @Test("Whoever is known here logs in again; a wrong password is said as such")
    func logIn() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            await browser.post("/logout", [])
            #expect(site.pages.sessions.desks.isEmpty)
            await browser.logIn(password: "not-the-password")
            #expect(browser.status == 401 && browser.page.contains("role=\"alert\""))
            await browser.get("/login")
            await browser.logIn()
            #expect(browser.status == 200 && browser.path == "/" && browser.page.contains("nurse-1"))
        }
    }

    @Test("Both languages have every page, and the choice stays")
    func language() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser) + "/BL"
            await browser.post("/language", [(name: "language", value: "zh"), (name: "back", value: path)])
            #expect(browser.page.contains("lang=\"zh-Hans\"") && browser.page.contains("保存"))
            for path in ["/", "/participants", path, "/conflicts", "/queries", "/logbook"] {
                await browser.get(path)
                #expect(browser.status == 200 && !browser.page.contains("["), "\(path)")
            }
        }
    }
}
