import Foundation
import Testing
import TrialModel

extension Pages {
    /// What moves on a page while one looks at it, and what outlives the program behind it.
    @Suite(.timeLimit(.minutes(10))) struct LiveTests {
        @Test("What a laptop brings is on the console within two seconds, without reloading")
        func arrives() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop.sync()
            let console = try await trial.atTheConsole()
            for (page, participant) in [("/participants", "PKU-002"), ("/visits", "PKU-003")] {
                try await console.go(trial.address + page)
                try await laptop("participant", "add")
                try await laptop("visit", "edit", participant, "BL", "SV.date=2026-03-02")
                _ = try await console.run(
                    """
                    const seen = () => document.body.innerText.includes(arguments[0]);
                    window.before = seen();
                    window.stays = true;
                    new MutationObserver(() => { if (!window.seenAt && seen()) window.seenAt = Date.now(); })
                        .observe(document.body, { childList: true, subtree: true, characterData: true });
                    """, participant)
                try await laptop.sync()
                let synced = Date().timeIntervalSince1970
                try await console.sees(participant)
                #expect(try await console.run("return !window.before && window.stays") == true)
                let visit = try await trial.centre("visit", "show", participant, "BL", "--history")
                let received = try #require(OffsetDateTime(visit["history"][0]["receivedAt"].text))
                let seconds = try await console.run("return window.seenAt").double / 1_000
                #expect(seconds - synced < 2, "\(page): \(seconds - synced) s after the sync's end")
                // The centre tells whole seconds: up to one more may have passed before the two.
                let late = seconds - Double(received.secondsSince1970)
                #expect(late < 3, "\(page): \(late) s after the second of its receipt")
            }
        }

        @Test("A page whose server is gone says so, and goes on by itself when it is back")
        func lostConnection() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop.sync()
            let console = try await trial.atTheConsole()
            try await console.go(trial.address + "/participants")
            try await console.sees("PKU-001")
            try await trial.stop()
            try await console.sees("this page is not connected")
            #expect(try await console.text.contains("PKU-001"), "what was known last stays")
            try await PageRules.hold(console)
            try await trial.serve()
            // A restart has logged everybody out: the page hides what it showed.
            try await console.sees("Nobody is logged in here any more")
            #expect(try await !console.text.contains("PKU-001"))
        }

        @Test("A draft outlives kill -9 of the program, and the end of the browser")
        func killed() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            let (page, address) = try await trial.startPage(of: laptop)
            let browser = try await Browser.open(for: trial)
            let root = try await browser.enter(address, as: "nurse-1")
            try await browser.openSheet("BL", root)
            try await browser.type("66.6", into: "[name='item.VS.weight']")
            try await browser.sees("draft kept")
            page.signal(SIGKILL)
            _ = await page.reply()
            try await browser.type("1", into: "[name='item.VS.weight']")
            try await browser.sees("NOT kept: this program does not answer")
            // Save sends nothing to nobody: what was typed stays where it can be seen and copied.
            try await browser.click("#entry button[value='save']")
            try await browser.sees("NOT saved: this program does not answer")
            #expect(try await browser.value(of: "[name='item.VS.weight']") == "66.61")
            try await browser.end()

            let next = try await Browser.open(for: trial)
            let again = try await next.enter(try await trial.page(of: laptop), as: "nurse-1")
            try await next.sees("Drafts that were not saved")
            try await next.openSheet("BL", again)
            #expect(try await next.value(of: "[name='item.VS.weight']") == "66.6")
            let shown = try await laptop("visit", "show", "PKU-001", "BL")
            #expect(shown["items", "VS.weight"]["value"] == .null, "a draft is no save")
        }

        @Test("The sync line says each state in words: sending, waiting, not reachable, safe, stopped")
        func syncLine() async throws {
            let trial = try await Trial()
            let (link, laptop) = try await trial.laptopOverLink()
            for _ in 1...5 { try await laptop("participant", "add") }
            _ = try await laptop.importing(VisitTable.csv(0..<1_500, participants: 5)).done()
            // What waits needs longer than it takes to press a button. Whoever logs in begins a sync.
            link.become(BadLink.Profile(latencyMilliseconds: 500, bytesPerSecond: 600))
            let (browser, _) = try await trial.atTheSite(laptop)
            try await browser.sees("sending 0 of 1505")
            #expect(try await browser.count("form.sync progress") == 1)
            #expect(try await PageRules.findings(in: browser) == [])
            let label = try await browser.run("return document.querySelector('form.sync button').innerText")
            #expect(label == "Cancel")
            try await browser.click("form.sync button")
            try await browser.sees("saves not yet at the centre")
            #expect(try await browser.count("form.sync progress") == 0)
            try await trial.stop()
            try await browser.click("form.sync button")
            try await browser.sees("centre not reachable since")
            #expect(try await browser.text.contains("saves kept here"))
            #expect(try await PageRules.findings(in: browser) == [])
            link.become(.init())
            try await trial.serve()
            try await browser.click("form.sync button")
            try await browser.sees("safe at the centre since")
            let device = try await laptop("status")["device"].text
            try await laptop("participant", "add")
            try await trial.centre("device", "revoke", device)
            try await browser.click("form.sync button")
            try await browser.sees("stopped: ")
            #expect(try await PageRules.findings(in: browser) == [])
            try await link.close()
        }

        @Test("A session of the console that runs out in mid-decision gives it back after the password")
        func expired() async throws {
            let trial = try await Trial()
            _ = try await PreparedTrial.fill(trial)
            let clock = try await FalseClock(in: trial.folder)
            try await trial.stop()
            try await trial.serve(clock: clock)
            let console = try await trial.atTheConsole()
            try await console.go(trial.address + "/conflicts")
            try await console.click("main th ~ td a")
            _ = try await console.run("document.querySelector('.side input').click()")
            try await console.type("the scale was calibrated", into: "#reason")
            try clock.set(offSeconds: 3_600)
            // By a script: the page may be hidden before a hand is there.
            _ = try await console.run("document.querySelector('button.main').click()")
            try await console.sees("Password")
            #expect(try await !console.text.contains("PKU-00"), "nothing of it is in sight")
            try await console.logIn("coordinator-1")
            try await console.sees("What you had filled in")
            try await PageRules.hold(console)
            _ = try await console.run("document.querySelector('main form button').click()")
            try await console.sees("becomes the agreed value")
            _ = try await console.run(
                "[window.asked, window.before] = [0, window.fetch];"
                    + "window.fetch = (...what) => { window.asked += 1; return window.before(...what); }")
            for kind in ["news", "soon"] {
                _ = try await console.run("trialsyncNews.dispatchEvent(new MessageEvent('\(kind)'))")
            }
            try await console.sees("the session ends within a minute")
            #expect(try await console.run("return window.asked") == 0, "news replace no answer")
            #expect(try await console.text.contains("becomes the agreed value"))
            // It hides as any page does, and comes back though it is at no address.
            _ = try await console.run("trialsyncNews.dispatchEvent(new MessageEvent('locked'))")
            #expect(try await !console.text.contains("becomes the agreed value"))
            _ = try await console.run("trialsyncNews.dispatchEvent(new MessageEvent('unlocked'))")
            try await console.sees("becomes the agreed value")
            let open = try await trial.centre("conflicts").list.count
            #expect(open >= 2, "nothing was decided meanwhile")
        }

        @Test("A minute before a session of the console ends its page says so, and whoever is there stays")
        func endsSoon() async throws {
            let trial = try await Trial()
            let clock = try await FalseClock(in: trial.folder)
            try await trial.stop()
            try await trial.serve(clock: clock)
            let console = try await trial.atTheConsole()
            let said = "the session ends within a minute"
            #expect(try await !console.text.contains(said))
            try clock.set(offSeconds: 845)
            try await console.sees(said)
            let found = try await PageRules.findings(in: console)
            #expect(found == [])
            // The page hides the warning before the centre has heard of it.
            _ = try await console.run(
                "trialsyncNews.addEventListener('awake', () => { document.body.dataset.awake = '' })")
            try await console.click("#locks-soon button")
            try await console.waits(until: "document.querySelector('body[data-awake]')")
            #expect(try await !console.text.contains(said))
            try clock.set(offSeconds: 1_690)
            try await console.sees(said)
        }
    }
}
