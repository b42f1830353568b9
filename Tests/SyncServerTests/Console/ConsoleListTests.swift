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

    @Test("What one person looks for is not another's, and nothing is kept for what is no list")
    func own() async throws {
        let console = try await ConsoleUnderTest()
        let (one, two) = (try await console.browser("coordinator-1"), try await console.browser("monitor-1"))
        let answer = await one.post("/search", ["back": "/participants", "find": "SHA-009"])
        #expect(!(await one.get(answer.location ?? "").text.contains("PKU-007")))
        #expect(await two.get(answer.location ?? "").text.contains("PKU-007"))
        #expect(await one.get("/participants?find=SHA-009").text.contains("PKU-007"))
        for place in ["/people", "//evil.example", ""] {
            #expect(await one.post("/search", ["back": place, "find": "x"]).status == 404)
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
        for number in 1..<ConsoleSearches.most { _ = await search("PKU-\(number)") }
        #expect(await !browser.get(one).text.contains("SHA-009"))
        #expect(await browser.get(two).text.contains("value=\"PKU-007\""))
        _ = await browser.post("/logout", [:])
        let again = try await console.browser("coordinator-1")
        #expect(await !again.get(two).text.contains("value=\"PKU-007\""), "another session")
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
