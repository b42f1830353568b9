import Testing

/// Follows every link of the console or of a site's page, at most two of a kind, for one person after
/// another, and holds the rules against each page.
///
/// The first person's pages are held at every width, light and dark, in both languages; of the others' only
/// those that bear something that nobody had before.
struct PageCrawl {
    /// The address without a path.
    let root: String
    /// The paths of all pages.
    private(set) var paths: Set<String> = []
    /// The templates of all pages.
    private(set) var templates: Set<String> = []
    /// The forms and headings of all pages, each with its page's template.
    private var parts: Set<String> = []

    init(root: String) { self.root = root }

    /// - Parameter isBrief: `true` for one width, light and one language only.
    mutating func walk(_ browser: Browser, as user: String, isBrief: Bool = false) async throws {
        let isFirst = paths.isEmpty
        var (open, seen, whole, kinds) = (["/"], [String](), [String](), [String: Int]())
        while let path = open.popLast() {
            let kind = path.replacing(/[0-9a-f]{8,}/, with: "ID")
            guard kinds[kind, default: 0] < 2, !seen.contains(path) else { continue }
            kinds[kind, default: 0] += 1
            seen.append(path)
            try await browser.go(root + path)
            let isNew = try await takeParts(in: browser)
            let isWhole = !isBrief && (isNew || isFirst)
            if isWhole { whole.append(path) }
            let template = try await PageRules.hold(browser, isWhole: isWhole, for: user)
            templates.insert(template)
            let links = try await browser.run(
                "return [...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href'))")
            open += links.list.map(\.text).filter { $0.hasPrefix("/") }.reversed()
        }
        paths.formUnion(seen)
        #expect(seen.count > 3, "\(user): \(seen)")
        try await holdInChinese(browser, whole, for: user)
    }

    /// Takes note of what the page in front bears.
    ///
    /// - Returns: whether there was anything that no page before had.
    private mutating func takeParts(in browser: Browser) async throws -> Bool {
        let found = try await browser.run(
            """
            const parts = [...document.querySelectorAll("#content form, #content h2")]
                .map((part) => part.getAttribute("action") ?? part.textContent);
            return ["", ...parts].map((part) => document.body.dataset.template + " " + part);
            """)
        // A form is the same for each participant, and for each sheet.
        let own = found.list.map {
            $0.text.replacing(/[0-9a-f]{8,}/, with: "ID").replacing(/ID\/[^\/]+/, with: "ID/SHEET")
        }
        let isNew = !parts.isSuperset(of: own)
        parts.formUnion(own)
        return isNew
    }

    private func holdInChinese(_ browser: Browser, _ pages: [String], for user: String) async throws {
        guard !pages.isEmpty else { return }
        try await browser.click("button[value=zh]")
        for path in pages {
            try await browser.go(root + path)
            try await PageRules.hold(browser, for: user)
        }
        #expect(try await browser.run("return document.documentElement.lang").text.hasPrefix("zh"))
        try await browser.click("button[value=en]")
    }
}
