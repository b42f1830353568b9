import Testing

extension Pages {
    /// The rules of pages, held against every page that links lead to, in both languages, light and dark.
    @Suite(.timeLimit(.minutes(30))) struct EveryPageTests {
        @Test("Every page of the console keeps the rules, whoever looks")
        func console() async throws {
            let trial = try await Trial()
            _ = try await PreparedTrial.fill(trial)
            var crawl = PageCrawl(root: trial.address)
            for user in ["coordinator-1", "dataManager-1", "monitor-1", "statistician-1", "admin-1"] {
                let browser = try await trial.atTheConsole(as: user)
                try await crawl.walk(browser, as: user)
                try await browser.end()
            }
            #expect(crawl.paths.contains { $0.hasPrefix("/pairs/") }, "\(crawl.paths)")
        }

        @Test("Every page of a site keeps the rules, whoever looks")
        func site() async throws {
            let trial = try await Trial()
            let laptop = try await PreparedTrial.fill(trial)
            let (browser, root) = try await trial.atTheSite(laptop)
            try await browser.sees("PKU-001")
            var crawl = PageCrawl(root: root)
            try await crawl.walk(browser, as: laptop.user)
            try await browser.go(root + "/")
            try await browser.click("form[action='/logout'] button")
            try await browser.sees("Password")
            try await PageRules.hold(browser)
            try await browser.logIn("doctor-1")
            try await browser.sees("Today")
            try await crawl.walk(browser, as: "doctor-1")
        }
    }
}
