import Foundation
import Testing

extension Pages {
    /// Rules for labels, names, contrast, focus order, headings and tables, held against every page that can
    /// be reached, in both languages, light and dark.
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
            let sound = PageRules.page("<h1>A</h1><h2>B</h2><p>C <a href='#'>D</a></p>")
            #expect(try await findings(sound) == [])
        }

        @Test("Every page of the console keeps them")
        func console() async throws {
            let trial = try await Trial()
            _ = try await PreparedTrial.fill(trial)
            let browser = try await Browser.open(for: trial)
            try await browser.go(trial.address + "/login")
            try await hold(browser, [trial.address + "/login"])
            try await browser.logIn("coordinator-1")
            try await browser.sees("Sites")
            let pages = try await crawl(browser, from: trial.address)
            #expect(pages.count > 12, "\(pages)")
            try await browser.click("button[value=zh]")
            try await hold(browser, pages)
            #expect(try await browser.run("return document.documentElement.lang").text.hasPrefix("zh"))
        }

        @Test("Every page of a site keeps them")
        func site() async throws {
            let trial = try await Trial()
            let laptop = try await PreparedTrial.fill(trial)
            let browser = try await Browser.open(for: trial)
            try await browser.go(try await trial.page(of: laptop))
            let root = try await browser.address.split(separator: "/").prefix(2).joined(separator: "//")
            try await hold(browser, [try await browser.address])
            try await browser.logIn("nurse-1")
            try await browser.sees("PKU-001")
            let pages = try await crawl(browser, from: root)
            #expect(pages.count > 10, "\(pages)")
            try await browser.click("button[value=zh]")
            try await hold(browser, pages)
            let empty = try await Browser.open(for: trial)
            let start = try await trial.page(of: Laptop(trial: trial, name: "new", user: "nurse-1"))
            try await empty.go(start)
            try await hold(empty, [try await empty.address])
        }

        /// Holds the rules against pages, light and dark.
        private func hold(_ browser: Browser, _ pages: [String]) async throws {
            for page in pages {
                try await browser.go(page)
                // A tablet upright.
                try await browser.resize(width: 800)
                #expect(try await PageRules.findings(in: browser) == [], "\(page), 800 pixels wide")
                try await browser.resize(width: 1_100)
                for scheme in ["light", "dark"] {
                    try await browser.prefer(scheme)
                    let found = try await PageRules.findings(in: browser)
                    #expect(found == [], "\(page), \(scheme)")
                }
            }
        }

        /// Follows every link, at most two of a kind, and holds the rules against each page.
        private func crawl(_ browser: Browser, from root: String) async throws -> [String] {
            var (open, pages, kinds) = (["/"], [String](), [String: Int]())
            while let path = open.popLast() {
                let kind = path.replacing(/[0-9a-f]{8,}/, with: "ID")
                guard kinds[kind, default: 0] < 2, !pages.contains(root + path) else { continue }
                kinds[kind, default: 0] += 1
                pages.append(root + path)
                try await hold(browser, [root + path])
                let links = try await browser.run(
                    "return [...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href'))")
                open += links.list.map(\.text).filter { $0.hasPrefix("/") }.reversed()
            }
            return pages
        }
    }
}

extension Browser {
    /// Fills the form of the log-in page and sends it.
    func logIn(_ user: String) async throws {
        try await type(user, into: "#user")
        try await type(Trial.password(user), into: "#password")
        try await click("button.main")
    }
}
