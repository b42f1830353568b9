import Foundation
import Testing
import TrialPages

extension Pages {
    /// What people do in a browser, at a site and at the centre.
    @Suite(.timeLimit(.minutes(10))) struct BrowserStoryTests {
        @Test("A visit entered offline, synced, in conflict, resolved on the console, and seen at the site")
        func wholeStory() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop.sync()
            let other = try await trial.laptop("ward-2", user: "nurse-2")
            try await other.sync()
            try await trial.stop()
            let (site, root) = try await trial.atTheSite(laptop)
            try await site.openSheet("BL", root)
            try await site.type("2026-03-02", into: "[name='item.SV.date']")
            try await site.type("71.5", into: "[name='item.VS.weight']")
            try await site.click("button.main")
            try await site.sees("not yet at the centre")
            try await trial.serve()
            try await other("visit", "edit", "PKU-001", "BL", "VS.weight=72.5")
            try await other.sync()
            try await site.click("form.sync button")
            try await site.sees("safe at the centre since")

            let console = try await trial.atTheConsole()
            try await console.go(trial.address + "/conflicts")
            try await console.click("main th ~ td a")
            let text = try await console.text
            #expect(text.contains("71.5") && text.contains("72.5"), "both values, always")
            _ = try await console.run(
                "[...document.querySelectorAll('.side')].find((s) => s.innerText.includes('72.5'))"
                    + ".querySelector('input').click()")
            try await console.type("the scale was calibrated", into: "#reason")
            try await console.click("button.main")
            try await console.sees("becomes the agreed value")
            try await PageRules.hold(console, as: .confirm)
            try await console.click("button.main")
            try await console.sees("the scale was calibrated")

            try await site.go(root + "/")
            try await site.click("form.sync button")
            try await site.sees("safe at the centre since")
            try await site.openSheet("BL", root)
            _ = try await within(seconds: 60, "the decided value") {
                while try await site.value(of: "[name='item.VS.weight']") != "72.5" {
                    try await site.reload()
                }
            }
            try await expectInStep(trial, [laptop])
        }

        /// Goes by Tab to what bears a text.
        private func tab(to text: String, in browser: Browser) async throws {
            let focused = "return document.activeElement.innerText?.trim() ?? ''"
            var passed: [String] = []
            while passed.last != text, passed.count < 60 {
                try await browser.press(Browser.tabKey)
                passed.append(try await browser.run(focused).text)
            }
            #expect(passed.last == text, "\(passed)")
        }

        @Test("By keyboard alone: log in, find a participant, open a visit, enter, save")
        func keyboard() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            let browser = try await Browser.open(for: trial)
            try await browser.go(try await trial.page(of: laptop))
            // The first field has the focus.
            try await browser.press("nurse-1" + Browser.tabKey)
            try await browser.press(Trial.password("nurse-1") + Browser.enterKey)
            try await browser.sees("Today")
            try await tab(to: "Participants", in: browser)
            try await browser.press(Browser.enterKey)
            try await browser.sees("Enrol a new participant")
            try await browser.press("/")
            try await browser.press("pku-001" + Browser.enterKey)
            try await browser.sees("Print the casebook")
            try await tab(to: "BL", in: browser)
            try await browser.press(Browser.enterKey)
            try await browser.sees("Body weight")
            var names: [String] = []
            for _ in 0..<60 where names.last != "item.VS.weight" {
                try await browser.press(Browser.tabKey)
                names.append(try await browser.run("return document.activeElement.name ?? ''").text)
            }
            #expect(names.contains("item.SV.date") && names.last == "item.VS.weight", "\(names)")
            let ring = try await browser.run("return getComputedStyle(document.activeElement).outlineWidth")
            #expect(ring.text == "3px", "the focus is seen")
            try await browser.press("68.4" + Browser.enterKey)
            try await browser.sees("not yet at the centre")
            let shown = try await laptop("visit", "show", "PKU-001", "BL")
            #expect(shown["items", "VS.weight", "value"] == 68.4)
        }

        @Test("A hostile label and reason are text, on both pages")
        func hostile() async throws {
            let trial = try await Trial()
            let mark = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
            var study =
                try JSONSerialization.jsonObject(
                    with: Data(try await trial.reply("study", "show").out.utf8)) as? [String: Any] ?? [:]
            var forms = study["forms"] as? [[String: Any]] ?? []
            for form in forms.indices {
                var items = forms[form]["items"] as? [[String: Any]] ?? []
                for item in items.indices where items[item]["oid"] as? String == "VS.weight" {
                    items[item]["label"] = ["en": "Weight \(mark)", "zh": "体重 \(mark)"]
                }
                if !items.isEmpty { forms[form]["items"] = items }
            }
            study["forms"] = forms
            study["version"] = 2
            let file = trial.folder.appending(path: "hostile.json")
            try JSONSerialization.data(withJSONObject: study).write(to: file)
            try await trial.centre(
                "study", "publish", file.path, "--user", "coordinator-1", "--reason", "made up",
                user: "coordinator-1")
            let laptop = try await trial.laptop("ward-1")
            try await laptop("participant", "add")
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", mark)
            try await laptop.sync()
            let (site, root) = try await trial.atTheSite(laptop)
            let console = try await trial.atTheConsole()
            for (browser, root) in [(site, root), (console, trial.address)] {
                try await browser.openSheet("BL", root)
                #expect(try await browser.text.contains("Weight <img src=x"), "shown as it is")
                #expect(try await browser.count("img") == 0)
                #expect(try await !browser.title.contains("owned"))
            }
        }

        @Test("Two tabs: what one saved is not undone by the other, and both values stay")
        func tabs() async throws {
            let (laptop, browser, root) = try await Trial.atBaseline()
            let first = try await browser.tab
            let second = try await browser.newTab()
            try await browser.openSheet("BL", root)
            try await browser.type("62", into: "[name='item.PGA.vas']")
            try await browser.type("70", into: "[name='item.VS.weight']")
            try await browser.show(tab: first)
            try await browser.type("71", into: "[name='item.VS.weight']")
            try await browser.click("button.main")
            try await browser.sees("not yet at the centre")
            try await browser.show(tab: second)
            try await browser.click("button.main")
            try await browser.sees("not yet at the centre")
            let shown = try await laptop("visit", "show", "PKU-001", "BL")
            #expect(shown["items", "PGA.vas", "value"] == 62)
            #expect(shown["items", "VS.weight", "state"] == "conflict")
            let values = Set(shown["items", "VS.weight", "versions"].list.map { $0["value"].double })
            #expect(values == [70, 71])
        }

        @Test("A screen that locks in the middle of a form loses nothing of it")
        func lockedScreen() async throws {
            let (_, browser, root) = try await Trial.atBaseline()
            try await browser.type("66.6", into: "[name='item.VS.weight']")
            // The draft is kept while one types; then the screen locks.
            try await browser.sees("kept")
            try await browser.click("form[action='/lock'] button")
            try await browser.sees("Password")
            try await browser.type(Trial.password("nurse-1"), into: "#password")
            try await browser.click("button.main")
            _ = try await within(seconds: 60, "what was typed") {
                while try await browser.value(of: "[name='item.VS.weight']") != "66.6" {
                    try await browser.openSheet("BL", root)
                }
            }
        }

        @Test("A session that ends in the middle of a form loses nothing of it")
        func endedSession() async throws {
            let (_, browser, root) = try await Trial.atBaseline()
            let first = try await browser.tab
            try await browser.type("64.2", into: "[name='item.VS.weight']")
            // What is held for the log-in alone is no draft: then the page would lead nowhere.
            try await browser.sees("draft kept here")
            _ = try await browser.newTab()
            try await browser.go(root + "/")
            try await browser.click("form[action='/logout'] button")
            try await browser.sees("Password")
            try await browser.show(tab: first)
            try await browser.sees("this page is hidden")
            #expect(try await !browser.text.contains("PKU-001"))
            try await browser.click("#ended a")
            try await browser.sees("Password")
            try await browser.logIn("nurse-1")
            _ = try await within(seconds: 60, "what was typed") {
                while try await browser.value(of: "[name='item.VS.weight']") != "64.2" {
                    try await browser.openSheet("BL", root)
                }
            }
        }

        @Test("Nine tabs are open, each answers, and all hear of what one saved")
        func manyTabs() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            let (browser, root) = try await trial.atTheSite(laptop)
            var tabs = [try await browser.tab]
            for _ in 0..<8 {
                _ = try await browser.newTab()
                try await browser.go(root + "/participants")
                tabs.append(try await browser.tab)
            }
            try await browser.sees("PKU-001")
            try await laptop("participant", "add")
            for tab in tabs.dropFirst() {
                try await browser.show(tab: tab)
                try await browser.sees("PKU-002")
            }
        }

        @Test("Who logs out of the console in one tab leaves nothing in sight in another")
        func loggedOut() async throws {
            let trial = try await Trial()
            let console = try await trial.atTheConsole()
            try await console.go(trial.address + "/people")
            let first = try await console.tab
            _ = try await console.newTab()
            try await console.go(trial.address + "/")
            try await console.click("form[action$='logout'] button")
            try await console.sees("Password")
            try await console.show(tab: first)
            try await console.sees("Nobody is logged in here any more")
            #expect(try await !console.text.contains("nurse-1"), "the page is out of sight")
            #expect(try await console.title == "TrialSync")
        }

        @Test("The language is switched and stays")
        func language() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let (browser, root) = try await trial.atTheSite(laptop)
            try await browser.click("button[value=zh]")
            try await browser.sees("今日")
            try await browser.go(root + "/participants")
            #expect(try await browser.run("return document.documentElement.lang").text.hasPrefix("zh"))
            try await browser.click("button[value=en]")
            try await browser.sees("Participants")
        }
    }
}
