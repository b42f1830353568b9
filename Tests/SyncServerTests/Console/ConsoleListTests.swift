import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages

@Suite("Lists of the console", .timeLimit(.minutes(10)))
struct ConsoleListTests {
    @Test(
        "A list is searched by participant, site or item, and says when nothing fits",
        arguments: [("/participants", "pku-0"), ("/conflicts", "VS.weight"), ("/queries", " pku ")])
    func searched(list: String, wanted: String) async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let record = "/participants/\(console.participant.hex)/BL"
        _ = await browser.post("\(record)/queries", ["item": "VS.weight", "text": "Which scale?"])
        for (text, isFound) in [(wanted, true), ("SHA-009", false)] {
            let answer = await browser.post("/search", ["back": list, "find": text])
            #expect(answer.status == 303)
            let pattern = /\/[a-z]+\?search=[0-9a-f]+/
            #expect(
                answer.location?.wholeMatch(of: pattern) != nil, "what is looked for stays out of URLs")
            let shown = await browser.get(answer.location ?? "").text
            #expect(shown.contains("PKU-007") == isFound)
            #expect(shown.contains("Nothing fits") != isFound)
        }
        #expect(await browser.get(list).text.contains("PKU-007"), "a way from the menu shows all")
    }

    @Test(
        "Sites, laptops and people are searched, and say when nothing fits",
        arguments: [
            ("/sites", "HOSPITAL pku", ">PKU<", ">SHA<"), ("/laptops", "WARD", ">ward<", ">clinic<"),
            ("/people", "data entry", ">nurse-PKU<", ">coordinator-1<"),
            ("/people", "sha", ">nurse-SHA<", ">nurse-PKU<"),
        ])
    func administration(list: String, wanted: String, shown: String, hidden: String) async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        func names(_ find: String) async -> String {
            let answer = await browser.post("/search", ["back": list, "find": find])
            let text = await browser.get(answer.location ?? "").text
            #expect(text.contains("Nothing fits") == (find == "nobody"), "\(find)")
            return text.matches(of: /<th scope="row">([^<]*)</).map { ">\($0.output.1)<" }.joined()
        }
        let found = await names(wanted)
        #expect(found.contains(shown) && !found.contains(hidden), "\(found)")
        #expect(await names("nobody").isEmpty)
        let all = await names("")
        #expect(all.contains(shown) && all.contains(hidden))
    }

    @Test("Links that can still be used have a list of their own, by pages, for administrators alone")
    func links() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        #expect(await browser.get("/laptops/links").text.contains("No link can be used"))
        for number in 0...Paging.rows {
            _ = try await console.centre.link(number == 0 ? "SHA" : "PKU")
        }
        #expect(await browser.get("/laptops").text.contains("href=\"/laptops/links\""))
        func rows(_ path: String) async -> Int {
            await browser.get(path).text.ranges(of: "name=\"link\"").count
        }
        #expect(await rows("/laptops/links") == Paging.rows)
        #expect(await rows("/laptops/links?from=\(Paging.rows)") == 1)
        #expect(await rows("/laptops/links?site=SHA") == 1)
        #expect(await (try await console.browser("dataManager-1")).get("/laptops/links").status == 403)
    }

    @Test("The newest versions of the study stand on its page, and all in a list of their own, by pages")
    func versions() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        try await console.amend(to: 2...(Paging.rows + 1))
        func rows(_ path: String) async -> Int {
            await browser.get(path).text.ranges(of: "<th scope=\"row\" class=\"number\">").count
        }
        #expect(await browser.get("/study").text.contains("href=\"/study/versions\""))
        #expect(await rows("/study") == Console.newestVersions)
        #expect(await rows("/study/versions") == Paging.rows)
        #expect(await rows("/study/versions?from=\(Paging.rows)") == 1)
        let answer = await browser.post("/search", ["back": "/study/versions", "find": "AMENDMENT <17>"])
        #expect(await rows(answer.location ?? "") == 1)
    }

    @Test("Who may not administer sees the laptops of the own sites, and no way to alter one")
    func readers() async throws {
        let console = try await ConsoleUnderTest()
        let text = await (try await console.browser("monitor-1")).get("/laptops").text
        #expect(text.contains(">ward<") && !text.contains("/laptops/access"))
        #expect(!text.contains("/laptops/links") && !text.contains("name=\"hours\""))
    }

    @Test("What one person looks for is not another's, and nothing is kept for what is no list")
    func own() async throws {
        let console = try await ConsoleUnderTest()
        let (one, two) = (try await console.browser("coordinator-1"), try await console.browser("monitor-1"))
        let answer = await one.post("/search", ["back": "/participants", "find": "SHA-009"])
        #expect(!(await one.get(answer.location ?? "").text.contains("PKU-007")))
        #expect(await two.get(answer.location ?? "").text.contains("PKU-007"))
        #expect(await one.get("/participants?find=SHA-009").text.contains("PKU-007"))
        for place in ["/exports", "//evil.example", ""] {
            #expect(await one.post("/search", ["back": place, "find": "x"]).status == 404)
        }
    }

    @Test("Queries are searched by site too")
    func queriesOfSite() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let record = "/participants/\(console.participant.hex)/BL"
        _ = await browser.post("\(record)/queries", ["item": "VS.weight", "text": "Which scale?"])
        #expect(await browser.get("/queries").text.contains("<option value=\"PKU\">PKU</option>"))
        for (site, isFound) in [("PKU", true), ("SHA", false)] {
            let answer = await browser.post("/search", ["back": "/queries", "site": site])
            let found = await browser.get(answer.location ?? "").text
            #expect(found.contains("Which scale?") == isFound, "\(site)")
        }
    }

    @Test("Two tabs search one list apart, and the oldest of many searches is forgotten first")
    func tabs() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        func search(_ text: String) async -> String {
            await browser.post("/search", ["back": "/participants", "find": text]).location ?? ""
        }
        let (one, two) = (await search("SHA-009"), await search("PKU-007"))
        #expect(one != two)
        #expect(await browser.get(one).text.contains("value=\"SHA-009\""))
        #expect(await browser.get(two).text.contains("value=\"PKU-007\""))
        for _ in 0..<ConsoleSearches.most {
            #expect(await search(" ") == "/participants", "nothing is no search")
        }
        #expect(await browser.get(one).text.contains("value=\"SHA-009\""))
        for number in 1..<ConsoleSearches.most { _ = await search("PKU-\(number)") }
        #expect(await !browser.get(one).text.contains("SHA-009"))
        #expect(await browser.get(two).text.contains("value=\"PKU-007\""))
        _ = await browser.post("/logout", [:])
        let again = try await console.browser("coordinator-1")
        #expect(await !again.get(two).text.contains("value=\"PKU-007\""), "another session")
    }

    @Test("No list is an empty table: where nothing stands, the page says what would")
    func empty() async throws {
        let console = try await ConsoleUnderTest()
        let (all, none) = (
            try await console.browser("coordinator-1"), try await console.browser("monitor-sha")
        )
        let record = "/participants/\(console.participant.hex)"
        for page in [record, "\(record)/BL", "\(record)/W48"] {
            #expect(await !all.get(page).hasEmptyTable, "\(page)")
        }
        #expect(await all.get("\(record)/W48").text.contains("Nothing has been saved here yet"))
        #expect(await all.get(record).text.contains("No log line yet"))
        for route in ConsoleRoute.allCases where route.method == .get && route != .news {
            for browser in [all, none] {
                #expect(await !browser.visit(route).hasEmptyTable, "\(route)")
            }
        }
        let open: Set = ["/audit", "/sites", "/people", "/laptops/links", "/study/versions"]
        for list in ListSearch.fields.keys where !open.contains(list) {
            #expect(await none.get(list).text.contains("<p class=\"empty\">"), "\(list)")
        }
    }

    @Test("Of a long list one page is shown, with the ways to its neighbours, within the search as well")
    func paged() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let record = "/participants/\(console.participant.hex)/BL"
        for number in 1...(Paging.rows + 1) {
            _ = await browser.post("\(record)/queries", ["item": "VS.weight", "text": "Question \(number)?"])
        }
        func rows(_ page: PageResponse) -> Int { page.text.ranges(of: "Question ").count }
        let first = await browser.get("/queries?all=1")
        #expect(rows(first) == Paging.rows)
        #expect(first.text.contains("/queries?from=\(Paging.rows)&amp;all=1"))
        #expect(rows(await browser.get("/queries?from=\(Paging.rows)&all=1")) == 1)
        let answer = await browser.post("/search", ["back": "/queries", "find": "weight"])
        let search = try #require(answer.location?.split(separator: "?").last)
        let found = await browser.get("/queries?\(search)").text
        #expect(found.contains("/queries?from=\(Paging.rows)&amp;\(search)"))
        for row in ["9000", "-1", "x", "\(Int.max)"] {
            for list in ListSearch.fields.keys {
                #expect(await browser.get("\(list)?from=\(row)").status == 200, "\(list) from \(row)")
            }
        }
    }
}

extension PageResponse {
    /// Whether a table has no row.
    fileprivate var hasEmptyTable: Bool { text.firstMatch(of: /<tbody>\s*<\/tbody>/) != nil }
}
