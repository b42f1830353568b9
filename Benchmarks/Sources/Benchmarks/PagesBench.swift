import Foundation
import SyncClient
import TrialModel

/// W6: how long each page of the console and of the site takes, in a trial with the shipped study.
struct PagesBench {
    struct Figure {
        let page: String
        /// Milliseconds, the median of several.
        let median: Double
        let slowest: Double

        init(_ page: String, _ times: [Double]) {
            (self.page, median, slowest) = (page, times.median, times.max() ?? 0)
        }
    }

    static let visitsPerParticipant = 50
    private static let rounds = 15
    private static let items = [
        "SV.date", "VS.weight", "PGA.vas", "RI.meninges", "RI.pituitary", "RI.orbit", "RI.lacrimal",
    ]

    let trial: BenchTrial
    let participants: Int
    /// Fills the centre with visits, conflicts, queries and what is kept in quarantine, and asks for each
    /// page.
    ///
    /// - Returns: the console's pages with nothing new, some after a laptop brought a change before each, and
    ///   the pages of the site.
    func measure() async throws -> (quiet: [Figure], busy: [Figure], site: [Figure]) {
        for (user, role) in [("boss", "coordinator"), ("root", "admin")] {
            _ = try trial.run(
                ["user", "add", user, "--role", role, "--password-stdin"], input: "made-up-\(user)")
        }
        let laptop = try await trial.laptop("pages")
        let numbers = try await fill(laptop)
        try await trouble(laptop, numbers)
        let console = BrowserStandIn(root: trial.url, cookies: trial.directory.appending(path: "boss"))
        _ = try console.ask("/login", form: ["user": "boss", "password": "made-up-boss"])
        var quiet = try pages(console).map { path in try figure(path) { try console.ask(path).milliseconds } }
        quiet.append(try search(console, for: numbers[numbers.count / 2]))
        let admin = BrowserStandIn(root: trial.url, cookies: trial.directory.appending(path: "root"))
        _ = try admin.ask("/login", form: ["user": "root", "password": "made-up-root"])
        let ruling = try ["/laptops", "/laptops/links", "/people"].map { path in
            try figure(path) { try admin.ask(path).milliseconds }
        }
        var busy: [Figure] = []
        for page in ["/", "/participants", "/visits"] {
            var times: [Double] = []
            for round in 0..<Self.rounds {
                // Not one of those in conflict, which are every tenth.
                try await change(laptop, numbers[(round * 10 + 1) % numbers.count], round)
                times.append(try console.ask(page).milliseconds)
            }
            busy.append(Figure(page, times))
        }
        await laptop.close()
        return (quiet + ruling, busy, try site())
    }

    /// The pages of the console that a coordinator sees: those of the menu, and one of each kind behind them.
    private func pages(_ console: BrowserStandIn) throws -> [String] {
        let lists = [
            "/", "/participants", "/visits", "/records", "/conflicts", "/queries", "/quarantine", "/sites",
            "/serious", "/outside", "/pairs", "/study", "/exports", "/audit",
        ]
        var pages = lists
        for list in ["/participants", "/conflicts", "/queries", "/quarantine"] {
            guard let one = try console.links(on: list).first(where: { $0.hasPrefix(list + "/") }) else {
                throw BenchTrial.Failed(message: "\(list) lists nothing")
            }
            pages.append(one)
            guard list == "/participants" else { continue }
            pages += [one + "/BL", "/casebooks/" + (one.split(separator: "/").last ?? "")]
        }
        return pages
    }

    /// A search of the audit trail for one participant: the form, and the list that it leads to.
    private func search(_ console: BrowserStandIn, for number: String) throws -> Figure {
        let token = Self.hidden("csrf", in: try console.ask("/audit").text)
        return try figure("/audit, one participant") {
            let sent = try console.ask(
                "/search", form: ["csrf": token, "back": "/audit", "participant": number])
            let found = try console.ask(sent.location)
            guard found.text.contains("<td>\(number)</td>") else {
                throw BenchTrial.Failed(message: "the audit trail has nothing of \(number)")
            }
            return sent.milliseconds + found.milliseconds
        }
    }

    /// The pages of the site, asked for by its own program.
    private func site() throws -> [Figure] {
        let address = try trial.page(of: "pages")
        let parts = address.components(separatedBy: "/?")
        let browser = BrowserStandIn(root: parts[0], cookies: trial.directory.appending(path: "nurse"))
        _ = try browser.ask("/?" + (parts.last ?? ""))
        let token = Self.hidden("csrf", in: try browser.ask("/").text)
        _ = try browser.ask("/login", form: ["user": "nurse", "password": "made-up-nurse", "csrf": token])
        let reading = try untilRead(browser, "the site's first page after the log-in")
        guard
            let one = try browser.links(on: "/participants").first(where: { $0.hasPrefix("/participants/") })
        else { throw BenchTrial.Failed(message: "the site lists nobody") }
        let pages = ["/", "/participants", "/conflicts", "/queries", "/logbook", one, one + "/BL"]
        return try [reading] + pages.map { path in try figure(path) { try browser.ask(path).milliseconds } }
            + saving(browser, one + "/W12")
    }

    /// How long a browser waits until all is read that lists show: meanwhile a page looks again by itself.
    private func untilRead(_ browser: BrowserStandIn, _ name: String) throws -> Figure {
        var waited = 0.0
        while true {
            let page = try browser.ask("/participants")
            waited += page.milliseconds
            if !page.text.contains("<progress aria-label") { return Figure(name, [waited]) }
        }
    }

    /// What a person waits for who saves: the check while typing, the save, and the page directly after it.
    private func saving(_ browser: BrowserStandIn, _ sheet: String) throws -> [Figure] {
        var (checks, saves, pages) = ([Double](), [Double](), [Double]())
        for round in 0..<Self.rounds {
            let page = try browser.ask(sheet).text
            var form = ["item.PGA.vas": "\(20 + round)", "reason": "bench"]
            for name in ["csrf", "base", "shown", "form", "page", "was.PGA.vas"] {
                form[name] = Self.hidden(name, in: page)
            }
            checks.append(try browser.ask(sheet + "/check", form: form).milliseconds)
            saves.append(try browser.ask(sheet, form: form).milliseconds)
            pages.append(try browser.ask(sheet).milliseconds)
        }
        return [
            Figure("a check while typing", checks), Figure("a save", saves),
            Figure("the form after a save", pages),
        ]
    }

    /// The value of the first field of that name on a page.
    private static func hidden(_ name: String, in page: String) -> String {
        let parts = page.components(separatedBy: "name=\"\(name)\" value=\"").dropFirst()
        return String(parts.first?.prefix { $0 != "\"" } ?? "")
    }

    /// What goes wrong in a trial: a conflict in one participant of ten, queries, and saves of somebody whose
    /// access had ended.
    private func trouble(_ laptop: SiteStore, _ numbers: [String]) async throws {
        let other = try await trial.laptop("other")
        let some = stride(from: 0, to: numbers.count, by: 10).map { numbers[$0] }
        for (store, value) in [(laptop, 40), (other, 60)] {
            for number in some { try await set(store, number, value) }
        }
        for store in [laptop, other, laptop] { for try await _ in store.sync() {} }
        for number in some.prefix(30) {
            _ = try trial.run(
                ["query", "raise", number, "BL", "VS.weight", "in clothes?", "--user", "boss"],
                password: "made-up-boss")
        }
        for number in some.prefix(30) { try await set(other, number, 61, event: "W12") }
        _ = try trial.run(["user", "disable", "nurse"])
        do { for try await _ in other.sync() {} } catch is Problem { /* What it sent is kept aside. */  }
        _ = try trial.run(["user", "enable", "nurse"])
        await other.close()
        for try await _ in laptop.sync() {}
    }

    private func set(_ store: SiteStore, _ number: String, _ value: Int, event: String = "BL") async throws {
        var draft = try await store.open(number, event)
        try draft.set("PGA.vas", "\(value)")
        _ = try await store.save(draft, reason: "bench")
    }

    private func figure(_ page: String, _ ask: () throws -> Double) throws -> Figure {
        _ = try ask()
        let times = try (0..<Self.rounds).map { _ in try ask() }
        let name = page.replacing(/[0-9a-f]{8,}.*?(?=\/BL|$)/, with: "ID")
        return Figure(name, times)
    }

    private func fill(_ laptop: SiteStore) async throws -> [String] {
        var numbers: [String] = []
        for _ in 0..<participants {
            numbers.append(try await laptop.addParticipant().participant)
            if numbers.count.isMultiple(of: 10) { for try await _ in laptop.sync() {} }
        }
        for start in stride(from: 0, to: numbers.count, by: 20) {
            var lines = ["participant,event," + Self.items.joined(separator: ",")]
            for (index, number) in numbers[start..<min(start + 20, numbers.count)].enumerated() {
                for visit in 0..<Self.visitsPerParticipant { lines.append(line(number, index, visit)) }
            }
            _ = try await laptop.importVisits(csv: Data(lines.joined(separator: "\n").utf8))
        }
        for try await _ in laptop.sync() {}
        return numbers
    }

    private func line(_ number: String, _ index: Int, _ visit: Int) -> String {
        let event = ["BL", "W12", "W48"][safely: visit] ?? "UNS#\(visit - 2)"
        let (month, day) = (1 + visit / 5, 1 + (visit * 5 + index) % 28)
        let date = "2025-" + (month < 10 ? "0" : "") + "\(month)-" + (day < 10 ? "0" : "") + "\(day)"
        return "\(number),\(event),\(date),\(55 + index).5,\(visit),\(visit % 4),\(index % 4),1,0"
    }

    private func change(_ laptop: SiteStore, _ number: String, _ round: Int) async throws {
        try await set(laptop, number, 10 + round)
        for try await _ in laptop.sync() {}
    }
}

/// Asks as a browser would, by curl; the time is from the request to the last byte.
struct BrowserStandIn {
    let root: String
    let cookies: URL

    /// - Returns: the page; how long it took; where it leads on, as a path.
    func ask(
        _ path: String, form: [String: String] = [:]
    ) throws -> (text: String, milliseconds: Double, location: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "curl", "-sk", "-b", cookies.path, "-c", cookies.path, "-w",
                "\n%{http_code} %{time_pretransfer} %{time_total} %{redirect_url}", root + path,
            ] + form.flatMap { ["--data-urlencode", "\($0.key)=\($0.value)"] }
            + (form.isEmpty ? [] : ["-H", "Origin: \(root)"])
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let parts = (text.split(separator: "\n").last ?? "").split(separator: " ")
        guard parts.count >= 3, ["200", "303", "302"].contains(parts[0]), let begin = Double(parts[1]),
            let end = Double(parts[2])
        else { throw BenchTrial.Failed(message: "\(path): \(text.suffix(300))") }
        let location = parts.count > 3 ? String(parts[3]).replacing(root, with: "") : ""
        return (text, (end - begin) * 1000, location)
    }

    func links(on path: String) throws -> [String] {
        try ask(path).text.components(separatedBy: "href=\"").dropFirst().map { part in
            String(part.prefix { $0 != "\"" })
        }
    }
}

extension Array {
    fileprivate subscript(safely index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
