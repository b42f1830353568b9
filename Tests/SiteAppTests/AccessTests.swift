import Foundation
import HTTPTypes
import HummingbirdCore
import SyncClient
import Testing
import TrialModel
import TrialPages

@testable import SiteApp

@Suite("Who is let in to a site's page")
struct AccessTests {
    private let pages = SitePages(
        places: SiteStore.Places(
            store: URL(fileURLWithPath: "/nowhere/store"), state: URL(fileURLWithPath: "/nowhere/state")),
        token: "made-up-token", port: 4711)

    private func request(_ path: String, host: String? = SiteUnderTest.host) -> PageRequest {
        var request = PageRequest(.get, path)
        request.host = host
        return request
    }

    @Test(
        "A request under another host's name is refused, whatever it bears",
        arguments: ["evil.example", "127.0.0.1:4712", "127.0.0.1", "localhost.evil.example:4711", nil])
    func host(name: String?) async {
        var request = request("/", host: name)
        request.query = FormFields([(name: "token", value: "made-up-token")])
        let answer = await pages.answer(request)
        #expect(answer.status == 403 && answer.cookies.isEmpty)
        let browser = SiteUnderTest.Browser(pages)
        await browser.get("/?token=made-up-token")
        #expect(browser.status == 200, "the token was not used up by a stranger")
    }

    @Test("The token opens once, leads away from its address, and gives a cookie that scripts cannot read")
    func token() async {
        var request = request("/")
        request.query = FormFields([(name: "token", value: "made-up-token")])
        let first = await pages.answer(request)
        #expect(first.status == 303 && first.location == "/")
        #expect(first.cookies.count == 1)
        for part in ["HttpOnly", "SameSite=Strict", "Path=/"] { #expect(first.cookies[0].contains(part)) }
        let second = await pages.answer(request)
        #expect(second.status == 401 && second.cookies.isEmpty)
    }

    @Test("Who asks only for the head of the address uses up no token")
    func head() async {
        var request = request("/")
        request.query = FormFields([(name: "token", value: "made-up-token")])
        let head = await pages.answer(request, isHead: true)
        #expect(head.status == 401 && head.cookies.isEmpty)
        #expect(await pages.answer(request).status == 303)
    }

    @Test("A wrong token, or none, shows nothing")
    func wrongToken() async {
        for token in ["", "made-up-toke", "made-up-token2"] {
            var request = request("/")
            request.query = FormFields([(name: "token", value: token)])
            #expect(await pages.answer(request).status == 401)
        }
        for path in ["/", "/start", "/login", "/participants", "/conflicts"] {
            #expect(await pages.answer(request(path)).status == 401, "\(path)")
        }
    }

    @Test("A form that another page sends is refused", arguments: ["http://evil.example", "null", ""])
    func origin(from: String) async {
        let browser = SiteUnderTest.Browser(pages)
        await browser.get("/?token=made-up-token")
        var request = PageRequest(.post, "/language")
        request.form = FormFields([(name: "csrf", value: browser.csrf), (name: "language", value: "zh")])
        request.origin = from.isEmpty ? nil : from
        if from.isEmpty { request.fetchSite = "same-site" }
        await browser.send(request)
        #expect(browser.status == 403)
        #expect(browser.cookies["language"] == nil)
    }

    @Test("A form without this session's token is refused", arguments: ["", "0123456789abcdef"])
    func csrf(token: String) async {
        let browser = SiteUnderTest.Browser(pages)
        await browser.get("/?token=made-up-token")
        var request = PageRequest(.post, "/start")
        request.form = FormFields([(name: "csrf", value: token), (name: "link", value: "trialsync://x")])
        request.origin = "http://\(SiteUnderTest.host)"
        await browser.send(request)
        #expect(browser.status == 403)
        #expect(!browser.page.contains("<progress"))
    }

    @Test("Every answer forbids scripts of others, frames, guessed types and caches")
    func headers() async throws {
        let browser = SiteUnderTest.Browser(pages)
        await browser.get("/?token=made-up-token")
        for path in ["/", "/start", "/login", "/nowhere", "/participants", "/site.css"] {
            let cache = path == "/site.css" ? "max-age=300" : "no-store"
            var request = request(path)
            for cookies in [[:], browser.cookies] {
                request.cookies = cookies
                let fields = SiteResponder.response(await pages.answer(request), isHead: false).headers
                #expect(
                    fields[values: .contentSecurityPolicy] == [PageResponse.contentSecurityPolicy], "\(path)")
                #expect(fields[.xContentTypeOptions] == "nosniff", "\(path)")
                #expect(fields[.cacheControl] == cache, "\(path)")
                for (name, value) in [("X-Frame-Options", "DENY"), ("Referrer-Policy", "same-origin")] {
                    let name = try #require(HTTPField.Name(name))
                    #expect(fields[name] == value, "\(path)")
                }
            }
        }
    }

    @Test(
        "Whoever is refused is told in the own language what happened and what to do",
        arguments: [Language.en, .zh])
    func refusals(language: Language) async {
        let browser = SiteUnderTest.Browser(pages)
        func says(_ request: PageRequest, _ key: String, status: Int) async {
            var request = request
            request.language = language
            await browser.send(request)
            let words = Words(language)
            #expect(browser.status == status, "\(key)")
            for text in [words(key), words(key + "Remedy")] {
                #expect(browser.page.contains(text.replacing("'", with: "&#39;")), "\(text): \(browser.page)")
            }
            #expect(!browser.page.contains("class=\"quiet\" lang=\"en\""), "nothing is left in English")
        }
        await says(request("/participants"), "notLetIn", status: 401)
        await browser.get("/?token=made-up-token")
        var used = request("/")
        used.query = FormFields([(name: "token", value: "made-up-token")])
        await says(used, "usedAddress", status: 401)
        await says(request("/", host: "evil.example"), "foreignHost", status: 403)
        var form = PageRequest(.post, "/language")
        form.form = FormFields([(name: "csrf", value: "of another session"), (name: "device", value: "x-9")])
        form.origin = "http://evil.example"
        await says(form, "foreignPage", status: 403)
        form.origin = "http://\(SiteUnderTest.host)"
        await says(form, "otherSession", status: 403)
        #expect(browser.hidden("device") == "x-9", "what was filled in is there")
        #expect(browser.page.contains("<label>\(Words(language)("deviceName"))<input"))
        await browser.post("/language", [(name: "device", value: browser.hidden("device"))])
        #expect(browser.status == 200, "and can be sent as a form of this session")
    }

    @Test("News are for nobody who is not logged in, and for no other page")
    func news() async {
        #expect(await pages.news(request("/news")) == nil)
        #expect(await pages.news(request("/news", host: "evil.example")) == nil)
    }

    @Test(
        "The page listens on this laptop alone", arguments: ["0.0.0.0:0", "192.168.0.1:80", "example.com:1"])
    func listen(address: String) throws {
        let places = SiteStore.Places(
            store: URL(fileURLWithPath: "/nowhere"), state: URL(fileURLWithPath: "/nowhere"))
        let problem = #expect(throws: Problem.self) {
            _ = try SiteServer(listen: address, places: places) { _ in }
        }
        #expect(problem?.code == .notAllowed)
    }
}
