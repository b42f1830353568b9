import Testing
import TrialPages

extension Pages {
    /// The rules of pages, held against every page that links lead to, in both languages, light and dark.
    @Suite(.timeLimit(.minutes(30))) struct EveryPageTests {
        /// What no link leads to, with the test that holds it.
        static let ledToByActs: [Template: String] = [
            .login: "PageRulesTests.acts", .problem: "PageRulesTests.refused",
            .confirm: "PageRulesTests.between and BrowserStoryTests.wholeStory",
            .siteLogin: "site, after the log-out", .siteStart: "PageRulesTests.acts",
            .siteLock: "PageRulesTests.acts", .waiting: "PageRulesTests.between, at one width",
        ]
        /// What a site's page has beside what is its own.
        static let shared: Set<Template> = [.casebook, .conflict, .queries, .query]

        /// Nothing is looked at unless a link leads to it: a page without data, say, is missed in silence.
        private func expectAll(
            _ crawl: PageCrawl, at location: SourceLocation = #_sourceLocation,
            where isPart: (Template) -> Bool
        ) {
            let expected = Template.allCases.filter { isPart($0) && Self.ledToByActs[$0] == nil }
            let missed = expected.map(\.rawValue).filter { !crawl.templates.contains($0) }
            #expect(missed == [], sourceLocation: location)
        }

        private func isOfSite(_ template: Template) -> Bool {
            template.rawValue.prefixMatch(of: /site[A-Z]/) != nil
        }

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
            expectAll(crawl) { !isOfSite($0) }
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
            try await PageRules.hold(browser, as: .siteLogin)
            try await browser.logIn("doctor-1")
            try await browser.sees("Today")
            try await crawl.walk(browser, as: "doctor-1")
            expectAll(crawl) { isOfSite($0) || Self.shared.contains($0) }
        }

        @Test("So do those of a trial in which nothing is yet: no site, no laptop, no participant")
        func fresh() async throws {
            let trial = try Trial(emptyIn: ())
            try await trial.centre("init")
            try await trial.add("coordinator-1", role: "coordinator")
            try await trial.serve()
            let browser = try await trial.atTheConsole()
            try await browser.sees("No site has been added yet")
            var crawl = PageCrawl(root: trial.address)
            try await crawl.walk(browser, as: "coordinator-1", isBrief: true)
            let menu: [Template] = [
                .overview, .participants, .conflicts, .queries, .quarantine, .sites, .laptops, .people,
            ]
            #expect(crawl.templates.isSuperset(of: menu.map(\.rawValue)), "\(crawl.templates)")
        }

        @Test("So do those of a laptop that has just joined")
        func joined() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let (browser, root) = try await trial.atTheSite(laptop)
            try await browser.sees("No participant has been enrolled here yet")
            var crawl = PageCrawl(root: root)
            try await crawl.walk(browser, as: laptop.user, isBrief: true)
            let menu: [Template] = [.siteToday, .siteParticipants, .siteConflicts, .queries, .siteLogBook]
            #expect(crawl.templates.isSuperset(of: menu.map(\.rawValue)), "\(crawl.templates)")
        }
    }
}
