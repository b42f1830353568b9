import Foundation
import Testing
import TrialPages

extension Pages {
    /// Rules for labels, names, contrast, focus order, headings and tables, each with a page that breaks it;
    /// and held against the pages that no link leads to.
    @Suite(.timeLimit(.minutes(10))) struct PageRulesTests {
        @Test("Each rule has a page that breaks it, and one page breaks none")
        func eachRule() async throws {
            let trial = try Trial(emptyIn: ())
            let browser = try await Browser.open(for: trial)
            func findings(_ page: String) async throws -> [String] {
                let file = trial.folder.appending(path: "page.html")
                try Data(page.utf8).write(to: file)
                try await browser.go(file.absoluteString)
                return try await PageRules.findings(in: browser)
            }
            for (rule, page) in PageRules.broken {
                let found = try await findings(page)
                #expect(found.contains { $0.hasPrefix(rule + ":") }, "\(rule): \(found)")
            }
            let sound = PageRules.page(
                "<h1>A</h1><h2>B</h2><p>C <a href='#'>D</a></p>"
                    + "<table><tr><th scope=row>E <a href='#'>F</a></th></tr></table>")
            #expect(try await findings(sound) == [])
        }

        @Test("What only acts lead to keeps them: log-in, a search, what is refused, the lock, joining")
        func acts() async throws {
            let trial = try await Trial()
            let laptop = try await PreparedTrial.fill(trial)
            let console = try await Browser.open(for: trial)
            try await console.go(trial.address + "/login")
            try await PageRules.hold(console, as: .login)
            try await console.type("nobody", into: "#user")
            try await console.type("wrong", into: "#password")
            try await console.click("button.main")
            try await console.sees("password")
            try await PageRules.hold(console)

            let (site, root) = try await trial.atTheSite(laptop)
            try await site.go(root + "/participants")
            try await site.type("no such number" + Browser.enterKey, into: "input[type=search]")
            try await PageRules.hold(site)
            try await site.openSheet("BL", root)
            try await site.clear("[name='item.PGA.vas']")
            try await site.type("many", into: "[name='item.PGA.vas']")
            try await site.click("#entry button.main")
            try await site.sees("nothing was saved yet")
            try await PageRules.hold(site)
            // What was typed there is a draft now.
            try await site.go(root + "/")
            try await site.sees("Drafts that were not saved")
            try await PageRules.hold(site)
            try await site.go(root + "/participants")
            _ = try await site.run(
                """
                const form = document.querySelector("form[action='/participants']");
                form.noValidate = true;
                form.querySelector("button").click();
                """)
            try await site.sees("Nobody was enrolled")
            try await PageRules.hold(site)
            try await site.click("form[action='/lock'] button")
            try await site.sees("Password")
            try await PageRules.hold(site, as: .siteLock)

            let empty = try await Browser.open(for: trial)
            try await empty.go(
                try await trial.page(of: Laptop(trial: trial, name: "new", user: "nurse-1")))
            try await PageRules.hold(empty, as: .siteStart)
            try await empty.type("trialsync://nowhere", into: "[name=link]")
            try await empty.type("ward-9", into: "[name=device]")
            try await empty.logIn("nurse-1")
            try await PageRules.hold(empty)
        }

        @Test("So does what the console refuses, and what it says of a page that is not there")
        func refused() async throws {
            let trial = try await Trial()
            let console = try await trial.atTheConsole()
            try await console.go(trial.address + "/no/such/page")
            try await console.sees("no such page")
            try await PageRules.hold(console, as: .problem)
            try await console.go(trial.address + "/people")
            try await console.type("nurse-1", into: "#user")
            _ = try await console.run("document.querySelector('#role').value = 'coordinator'")
            try await console.click("form[action='/people/new'] button")
            try await console.sees("This was refused")
            try await PageRules.hold(console, as: .problem)
        }

        @Test("So does what an act at a site would do, and what one sees while a laptop joins")
        func between() async throws {
            let trial = try await Trial()
            let laptop = try await PreparedTrial.fill(trial).with(user: "doctor-1")
            let (site, root) = try await trial.atTheSite(laptop)
            try await site.go(root + "/conflicts")
            _ = try await site.run(
                """
                [...document.querySelectorAll("main td a")]
                    .find((link) => link.innerText.includes("Body weight")).click();
                """)
            try await site.sees("re-weighed")
            try await site.click(".side input[type=radio]")
            try await site.type("the scale was calibrated", into: "#reason")
            try await site.click("form.wide button.main")
            try await site.sees("Nothing has been done yet")
            try await PageRules.hold(site, as: .confirm)

            // Nothing comes through within the time that a laptop waits for a connection.
            let slow = try await BadLink(to: trial, .init(latencyMilliseconds: 60_000))
            let link = try await trial.link(site: "PKU", "--url", "https://127.0.0.1:\(slow.port)")
            let new = try await Browser.open(for: trial)
            try await new.go(try await trial.page(of: Laptop(trial: trial, name: "new", user: "nurse-1")))
            try await new.type(link, into: "[name=link]")
            try await new.clear("[name=device]")
            try await new.type("ward-9", into: "[name=device]")
            try await new.logIn("nurse-1")
            try await new.sees("Joining, and fetching what the site has")
            // It comes anew every three seconds: there is time for one look.
            try await PageRules.hold(new, as: .waiting, isWhole: false)
            try await slow.close()
        }

        @Test("On paper neither a casebook nor a visit has a menu, a line at the top or buttons")
        func printed() async throws {
            let (_, browser, root) = try await Trial.atBaseline(with: "VS.weight=70")
            let visit = try await browser.address
            try await browser.go(root + "/participants")
            try await browser.click("main th a")
            try await browser.sees("Print the casebook")
            try await browser.click("main a[href^='/casebooks/']")
            try await browser.sees("Body weight")
            let casebook = try await browser.address
            let shown = """
                return [...document.querySelectorAll(".menu, .top, .bar, .screen, button")]
                    .filter((part) => part.getClientRects().length > 0).length
                """
            for page in [casebook, visit] {
                try await browser.go(page)
                #expect(try await browser.run(shown).double > 0, "\(page), on a screen")
                try await browser.emulate(media: "print")
                #expect(try await browser.run(shown).double == 0, "\(page)")
                #expect(try await browser.text.contains("Body weight"))
                try await browser.emulate(media: "")
            }
        }
    }
}
