import Foundation
import Testing

extension Pages {
    /// What happens to a form that is open: news, a lock, a log-out.
    @Suite(.timeLimit(.minutes(10))) struct OpenFormTests {
        @Test("What comes in after the draft was kept is said beside its field, and nothing typed moves")
        func announced() async throws {
            let (laptop, browser, _) = try await Trial.atBaseline()
            try await browser.type("71.5", into: "[name='item.VS.weight']")
            try await browser.sees("draft kept")
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=72.5")
            try await browser.sees("72.5")
            #expect(try await browser.value(of: "[name='item.VS.weight']") == "71.5")
            #expect(try await browser.count("[data-item='VS.weight'] .live .late") == 1)
        }

        @Test("What comes in before anything is typed is said beside its field, with what stood there")
        func announcedUntyped() async throws {
            let (laptop, browser, _) = try await Trial.atBaseline()
            let weight = "[data-item='VS.weight'] .late"
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=72.5")
            try await browser.sees("ward-1 while this form was open; before: no answer")
            #expect(try await browser.text.contains("by nurse-1 · "), "whoever it was is named")
            #expect(try await browser.value(of: "[name='item.VS.weight']") == "72.5")
            // What comes in next is said too, and takes nothing of it away.
            try await laptop("visit", "edit", "PKU-001", "BL", "PGA.vas=42", "RI.orbit.urgent=Y")
            try await browser.waits(until: "document.querySelector(\"[data-item='PGA.vas'] .late\")")
            #expect(try await browser.count(weight) == 1)
            // That of a tick stands at the head of its row.
            #expect(try await browser.count("tr[data-item='RI.orbit'] > th .late") == 1)
            #expect(try await browser.text.contains("urgent treatment needed · changed "))
            #expect(try await browser.count("#entry .late") == 3, "and at no other")
            // Opened again, in Chinese: now it is what the form was opened with.
            try await browser.click("button[value=zh]")
            try await browser.sees("今日")
            #expect(try await browser.count(weight) == 0)
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "re-weighed")
            try await browser.sees("变更；原为：72.5")
            #expect(try await browser.text.contains("此表单打开期间由 nurse-1 · "))
            #expect(try await PageRules.findings(in: browser) == [])
        }

        @Test("A screen that locks in one tab hides what another shows, and the password brings it back")
        func locked() async throws {
            let (_, browser, root) = try await Trial.atBaseline()
            let first = try await browser.tab
            try await browser.type("71.5", into: "[name='item.VS.weight']")
            let second = try await browser.newTab()
            try await browser.go(root + "/")
            try await browser.click("form[action='/lock'] button")
            try await browser.sees("Password")
            try await browser.show(tab: first)
            try await browser.sees("this page is hidden")
            #expect(try await !browser.text.contains("PKU-001"))
            #expect(try await browser.title == "TrialSync")
            try await browser.show(tab: second)
            try await browser.type(Trial.password("nurse-1"), into: "#password")
            try await browser.click("button.main")
            try await browser.sees("Today")
            try await browser.show(tab: first)
            try await browser.sees("PKU-001")
            #expect(try await browser.value(of: "[name='item.VS.weight']") == "71.5")
            #expect(try await PageRules.findings(in: browser) == [])
        }

        @Test("A form that was refused hears where the data is, and of a lock; no news take its place")
        func refusedHears() async throws {
            let (laptop, browser, _) = try await Trial.atBaseline()
            let weight = "[name='item.VS.weight']"
            try await browser.sees("safe at the centre since")
            try await browser.type("seventy", into: weight)
            try await browser.click("#entry button[value='save']")
            try await browser.waits(until: "document.querySelector('body[data-answer]')")
            try await laptop("participant", "add")
            try await browser.sees("1 save not yet at the centre")
            #expect(try await browser.count("body[data-answer]") == 1)
            #expect(try await browser.value(of: weight) == "seventy")
            // Cut off, it calls nothing safe; connected again, it says what it said.
            _ = try await browser.run("trialsyncNews.dispatchEvent(new MessageEvent('error'))")
            try await browser.sees("this page is not connected")
            _ = try await browser.run("trialsyncNews.dispatchEvent(new MessageEvent('open'))")
            try await browser.sees("1 save not yet at the centre")
            #expect(try await browser.value(of: weight) == "seventy")
            _ = try await browser.run("trialsyncNews.dispatchEvent(new MessageEvent('locked'))")
            #expect(try await !browser.text.contains("PKU-001"))
            _ = try await browser.run("trialsyncNews.dispatchEvent(new MessageEvent('unlocked'))")
            try await browser.sees("PKU-001")
            #expect(try await browser.value(of: weight) == "seventy")
            #expect(try await PageRules.findings(in: browser) == [])
        }

        @Test("A form that is too large to be sent stays, says so, and is kept once it is shorter")
        func tooLarge() async throws {
            let browser = try await Trial.atBaseline().browser
            let weight = "[name='item.VS.weight']"
            _ = try await browser.run(
                """
                const field = document.querySelector(arguments[0]);
                field.value = "7".repeat(300000);
                field.dispatchEvent(new Event("input", { bubbles: true }));
                """, weight)
            try await browser.click("#entry button[value='save']")
            try await browser.sees("The form is larger than is taken here")
            #expect(try await browser.value(of: weight).count == 300_000)
            try await browser.clear(weight)
            try await browser.type("71.5", into: weight)
            try await browser.sees("draft kept")
        }

        @Test("Beside what is found in a typed value, a finding says that it is of the saved one")
        func ofSaved() async throws {
            let browser = try await Trial.atBaseline(with: "VS.weight=300").browser
            #expect(try await browser.count("[data-item='VS.weight'] .finding") == 1)
            #expect(try await !browser.text.contains("of the saved value"))
            try await browser.clear("[name='item.VS.weight']")
            try await browser.type("400", into: "[name='item.VS.weight']")
            try await browser.sees("of the saved value")
            #expect(try await browser.count("[data-item='VS.weight'] .live .mark") == 1)
        }

        @Test("A lock that comes while a page asks whether it may be seen is not undone by the answer")
        func lockedMeanwhile() async throws {
            let browser = try await Trial.atBaseline().browser
            _ = try await browser.run(
                """
                const ask = window.fetch;
                window.fetch = async (...what) => {
                    window.fetch = ask;
                    const answer = await ask(...what);
                    await new Promise((letGo) => { window.letGo = letGo; });
                    return answer;
                };
                trialsyncReturn().then((isBack) => { window.cameBack = isBack; });
                """)
            try await browser.waits(until: "window.letGo")
            _ = try await browser.run(
                "trialsyncNews.dispatchEvent(new MessageEvent('locked')); window.letGo()")
            try await browser.waits(until: "window.cameBack !== undefined")
            #expect(try await browser.run("return window.cameBack") == false)
            #expect(try await !browser.text.contains("PKU-001"))
        }

        @Test("Why a draft was refused is said in the marks of the page's language")
        func refusedInChinese() async throws {
            let browser = try await Trial.atBaseline().browser
            try await browser.click("button[value=zh]")
            try await browser.sees("今日")
            // Of nobody whom the store knows the program refuses a draft itself.
            _ = try await browser.run(
                "document.querySelector('#entry').setAttribute('action', '/participants/nobody/BL')")
            try await browser.type("71.5", into: "[name='item.VS.weight']")
            try await browser.sees("请再次保存：此处没有该编号的受试者；请在列表中查找受试者")
        }

        @Test("A mistyped password loses nothing of a signature but the password")
        func signing() async throws {
            let browser = try await Trial.atBaseline(as: "doctor-1", with: "VS.weight=70").browser
            _ = try await browser.run("document.querySelector('#meaning').closest('details').open = true")
            try await browser.type("reviewed and complete", into: "#meaning")
            try await browser.type("mistyped" + Browser.enterKey, into: "#sign-password")
            try await browser.waits(until: "document.querySelector('details[open] #sign-password:focus')")
            #expect(try await browser.value(of: "#meaning") == "reviewed and complete")
            #expect(try await PageRules.findings(in: browser) == [])
            _ = try await browser.run("document.querySelector('#sign-password').focus()")
            try await browser.press(Trial.password("doctor-1") + Browser.enterKey)
            try await browser.sees("Signed by doctor-1")
            #expect(try await browser.text.contains(": reviewed and complete"))
        }

        @Test("Before the screen locks a page says so, over no field, and whoever is there says it once")
        func locksSoon() async throws {
            let browser = try await Trial.atBaseline().browser
            #expect(try await !browser.text.contains("the screen locks within a minute"))
            let field = "[name='item.VS.weight']"
            try await browser.type("71.5", into: field)
            try await browser.sees("draft kept")
            let place = "return document.querySelector(arguments[0]).getBoundingClientRect().top"
            let before = try await browser.run(place, field)
            _ = try await browser.run("trialsyncNews.dispatchEvent(new MessageEvent('soon'))")
            try await browser.sees("the screen locks within a minute")
            #expect(try await browser.run(place, field) == before, "nothing moves under the hand")
            #expect(try await browser.count("#locks-soon:not([hidden]) button") == 1)
            _ = try await browser.run(
                """
                const ask = window.fetch;
                window.fetch = async () => {
                    [window.fetch, window.isUnheard] = [ask, true];
                    throw new TypeError("nobody answers");
                };
                """)
            try await browser.click("#locks-soon button")
            // The warning stays, for nobody heard it.
            try await browser.waits(
                until: "window.isUnheard && !document.querySelector('#locks-soon').hidden")
            try await browser.click("#locks-soon button")
            try await browser.waits(
                until: "!document.body.innerText.includes('the screen locks within a minute')")
            #expect(try await browser.value(of: field) == "71.5")
        }
    }
}
