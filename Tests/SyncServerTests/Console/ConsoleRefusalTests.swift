@testable import SyncServer
import Testing
import TrialModel
import TrialPages

@Suite("Forms that the console refuses", .timeLimit(.minutes(10)))
struct ConsoleRefusalTests {
    private func fields(of page: PageResponse) -> [(label: String, name: String)] {
        page.text.matches(of: /<label>([^<]*)<(?:input type="text"|textarea) name="([^"]+)"/).map {
            (String($0.output.1), String($0.output.2))
        }
    }

    @Test("A form comes back with each field under what it is called, in the reader's language")
    func labels() async throws {
        let console = try await ConsoleUnderTest()
        var browser = try await console.browser("coordinator-1")
        browser.cookies[Console.languageCookie] = "zh"
        let conflict = "/conflicts/\(console.conflict)"
        for (path, form) in [
            ("/laptops", ["site": "PKU", "hours": "x", "server": "http://127.0.0.1:1", "systemTrust": "1"]),
            ("/sites", ["code": "?", "name": "made-up"]),
            ("/people/new", ["user": "?!", "role": "coordinator", "site": "PKU"]),
            (conflict, ["choice": "set", "item.VS.weight": "heavy", "reason": "x"]),
            (conflict, ["choice": "set", "missing.VS.weight": "notDone", "reason": ""]),
            ("/participants/\(console.participant.hex)/BL/queries", ["item": "VS.weight", "text": ""]),
            ("/quarantine", ["entry": "00/1", "reason": "x"]),
            (
                "/search",
                [
                    "back": "/exports", "find": "x", "site": "PKU", "kind": "x", "participant": "x",
                    "person": "x", "firstDay": "x", "lastDay": "x", "all": "1",
                ]
            ),
        ] as [(String, [String: String])] {
            let page = await browser.post(path, form)
            #expect((400..<500).contains(page.status), "\(path): \(page.status)")
            let fields = fields(of: page)
            #expect(!fields.isEmpty, "\(path)")
            for (label, name) in fields {
                let isChinese = label.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }
                #expect(label != name && isChinese, "\(path) \(name): \(label)")
            }
        }
        browser.csrf = "00"
        let forged = await browser.post(conflict, ["item.VS.weight": "70", "reason": "x"])
        #expect(forged.status == 403 && fields(of: forged).count == 2)
        for (label, name) in fields(of: forged) { #expect(label != name) }
    }

    @Test(
        "A form of another session can be sent again, one of another site cannot, and both are told",
        arguments: Language.allCases)
    func foreign(language: Language) async throws {
        let (console, words) = (try await ConsoleUnderTest(), Words(language))
        var browser = try await console.browser("coordinator-1")
        browser.cookies[Console.languageCookie] = language.rawValue
        let token = try #require(browser.csrf)
        let form = ["item": "VS.weight", "text": "weighed twice?"]
        let path = "/participants/\(console.participant.hex)/BL/queries"
        func says(_ page: PageResponse, _ texts: [String]) {
            #expect(page.status == 403)
            for text in texts { #expect(page.text.contains(text), "\(text): \(page.text)") }
            #expect(!page.text.contains(words("problem.not-allowed")), "the role has nothing to do with it")
            #expect(!page.text.contains("class=\"quiet\" lang=\"en\""), "nothing is left in English")
        }
        browser.csrf = "00"
        let other = await browser.post(path, form)
        says(other, [words("otherSession"), words("otherSessionConsoleRemedy"), "weighed twice?"])
        let given = other.text.firstMatch(of: /name="csrf" value="([^"]+)"/).map { String($0.output.1) }
        #expect(given == token)
        browser.origin = "https://evil.example"
        let foreign = await browser.post(path, form.merging(["csrf": token]) { $1 })
        says(foreign, [words("foreignPage"), words("foreignPageConsoleRemedy")])
        #expect(!foreign.text.contains(token), "another site's form gets no token")
        browser.origin = "https://\(ConsoleUnderTest.host)"
        #expect(await browser.post(path, form.merging(["csrf": token]) { $1 }).status == 303)
    }
}
