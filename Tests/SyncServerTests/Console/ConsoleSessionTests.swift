import Foundation
import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages

@Suite("Sessions of the console", .timeLimit(.minutes(10)))
struct ConsoleSessionTests {
    @Test("A session ends after a quarter of an hour without a page; what a page fetches by itself is none")
    func idle() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        console.centre.advance(seconds: 899)
        #expect(await browser.get("/").status == 200)
        console.centre.advance(seconds: 899)
        #expect(await browser.get("/").status == 200)
        console.centre.advance(seconds: 600)
        var news = PageRequest(.get, "/news")
        news.cookies = browser.cookies
        #expect(try await console.console.visitor(news, isActivity: false) != nil)
        console.centre.advance(seconds: 301)
        let answer = await browser.get("/conflicts")
        #expect(answer.status == 401)
        #expect(answer.text.contains("name=\"back\" value=\"/conflicts\""))
    }

    @Test("A form of a session that had ended comes back, whoever has logged in since")
    func tooLateAfterAnother() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        console.centre.advance(seconds: 901)
        _ = try await console.browser("dataManager-1")
        let reason = ["choice": "set", "item.VS.weight": "71.5", "reason": "weighed once more"]
        #expect(await browser.post("/conflicts/\(console.conflict)", reason).status == 401)
        let page = await browser.post(
            "/login", ["user": "coordinator-1", "password": ConsoleUnderTest.password])
        #expect(page.status == 200 && page.text.contains("weighed once more"))
    }

    @Test("A form that is sent too late comes back to its person after the log-in, and to nobody else")
    func tooLate() async throws {
        let console = try await ConsoleUnderTest()
        for (again, comesBack) in [("coordinator-1", true), ("dataManager-1", false)] {
            _ = try await console.browser(again)
            let browser = try await console.browser("coordinator-1")
            console.centre.advance(seconds: 901)
            let reason = ["choice": "set", "item.VS.weight": "71.5", "reason": "weighed once more"]
            let answer = await browser.post("/conflicts/\(console.conflict)", reason)
            #expect(answer.status == 401 && !answer.text.contains("weighed once more"))
            #expect(answer.text.contains("comes back filled in"))
            let page = await browser.post(
                "/login", ["user": again, "password": ConsoleUnderTest.password])
            #expect((page.status == 200) == comesBack, "\(again): \(page.status)")
            #expect(page.text.contains("weighed once more") == comesBack)
            #expect(page.text.contains("/conflicts/\(console.conflict)") == comesBack)
        }
    }

    @Test("A form of a session that nobody knows is left to its browser, to be sent again after a log-in")
    func afterRestart() async throws {
        let console = try await ConsoleUnderTest()
        var browser = try await console.browser("coordinator-1")
        let cookies = browser.cookies
        browser.cookies[console.console.tokenCookie] = String(repeating: "0a", count: 32)
        let path = "/participants/\(console.participant.hex)/BL"
        let form = ["item": "VS.weight", "text": "weighed twice?"]
        let left = await browser.post("\(path)/queries", form)
        #expect(left.status == 401 && left.code == .tokenInvalid)
        for part in ["weighed twice?", "VS.weight", "Nobody is logged in here any more", "Send again"] {
            #expect(left.text.contains(part), "\(part)")
        }
        #expect(left.text.contains("/login?back=\(urlEscaped(path))\" target=\"_blank\""))
        #expect(!left.text.contains("PKU-007") && !left.text.contains("71.5"), "nothing but what was sent")
        let login = await browser.get("/login?back=\(urlEscaped(path))").text
        #expect(login.contains("name=\"back\" value=\"\(path)\""))
        let asked = await browser.get(path).text
        #expect(asked.contains("name=\"back\" value=\"\(path)\"") && !asked.contains("comes back filled in"))
        // Only an act, and nothing that was typed: the log-in leads to where it was.
        let act = await browser.post("/laptops/access", ["id": "00", "decision": "lost"])
        #expect(act.status == 401 && act.text.contains("name=\"back\" value=\"/laptops\""))
        let foreign = await browser.post("/people", ["user": "someone", "back": "//evil.example"]).text
        #expect(foreign.contains("someone") && !foreign.contains("evil.example"))
        // In another tab the person has logged in meanwhile.
        browser.cookies = cookies
        let token = try #require(browser.csrf)
        browser.csrf = ""
        let again = await browser.post("\(path)/queries", form).text
        #expect(again.contains("weighed twice?") && again.contains("name=\"csrf\" value=\"\(token)\""))
    }

    @Test("Nobody stays logged in for more than half a day")
    func longest() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        for _ in 0..<(12 * 6 - 1) {
            console.centre.advance(seconds: 600)
            #expect(await browser.get("/people").status == 200)
        }
        console.centre.advance(seconds: 600)
        #expect(await browser.get("/people").status == 401)
    }

    @Test("A disabled person, one with a new password and one who logged out are out at once")
    func ended() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        _ = try await console.centre.centre.setDisabled(true, person: "coordinator-1")
        #expect(await browser.get("/").status == 401)

        let second = try await console.browser("dataManager-1")
        _ = try await console.centre.centre.resetPassword(of: "dataManager-1", to: "another-made-up-word")
        #expect(await second.get("/").status == 401)

        let third = try await console.browser("statistician-1")
        #expect(await third.get("/").status == 200)
        #expect(await third.post("/logout", [:]).status == 303)
        #expect(await third.get("/").status == 401)
    }

    /// A page that has heard one piece of news, and what makes the console look at its session again.
    private func openPage(
        _ browser: ConsoleUnderTest.Browser
    ) async throws -> (heard: AsyncStream<ServerSentEvent>.Iterator, tick: AsyncStream<Void>.Continuation) {
        let console = browser.console.console
        let token = try #require(browser.cookies[console.tokenCookie])
        let (news, source) = AsyncStream.makeStream(of: ServerSentEvent.self)
        let (ticks, tick) = AsyncStream.makeStream(of: Void.self)
        let stream = console.untilEnded(news, token: token) { for await _ in ticks { return } }
        var heard = stream.makeAsyncIterator()
        source.yield(ServerSentEvent(name: "news", data: ""))
        #expect(await heard.next()?.name == "news")
        return (heard, tick)
    }

    @Test(
        "An open page is told at once that its session has ended, and hears no more",
        arguments: [true, false])
    func endedStream(logsOut: Bool) async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let page = try await openPage(browser)
        var heard = page.heard
        if logsOut {
            _ = await browser.post("/logout", [:])
        } else {
            console.centre.advance(seconds: 901)
        }
        page.tick.yield()
        #expect(await heard.next()?.name == "ended")
        #expect(await heard.next() == nil)
    }

    @Test("A minute before a session ends its open pages say so, until someone says to be there")
    func endsSoon() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        #expect(await browser.get("/people").text.contains(/<form id="locks-soon"[^>]* hidden>/))
        let page = try await openPage(browser)
        var heard = page.heard
        console.centre.advance(seconds: 841)
        page.tick.yield()
        #expect(await heard.next()?.name == "soon")
        let answer = await browser.post("/stay", ["back": "/people"])
        #expect(answer.status == 303 && answer.location == "/people")
        page.tick.yield()
        #expect(await heard.next()?.name == "awake")
        console.centre.advance(seconds: 899)
        #expect(await browser.get("/people").status == 200)
    }

    @Test("A page that is gone is watched no longer, even by a clock whose pauses take no time")
    func closed() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let token = try #require(browser.cookies[console.console.tokenCookie])
        let (left, leaves) = AsyncStream.makeStream(of: Void.self)
        let (news, source) = AsyncStream.makeStream(of: ServerSentEvent.self)
        _ = console.console.untilEnded(news, token: token) { [pause = Pause(leaves)] in pause.pass() }
        for await _ in left {}
        source.finish()
    }

    /// Tells when the last who holds it has let it go.
    private final class Pause: Sendable {
        private let leaves: AsyncStream<Void>.Continuation
        init(_ leaves: AsyncStream<Void>.Continuation) { self.leaves = leaves }
        func pass() {}
        deinit { leaves.finish() }
    }

    @Test("An answer to a form hears of the end of its session, and of nothing that would replace it")
    func answerHears() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        #expect(await !browser.get("/conflicts").text.contains(" data-answer"))
        let open = try await console.centre.centre.conflict(console.conflict)
        let choice = ["choice": open.versions[0].stamp.entry, "reason": "the scale was checked"]
        for form in [choice, ["choice": "x", "reason": "y"]] {
            let page = await browser.post("/conflicts/\(console.conflict)", form).text
            #expect(page.contains(" data-news=\"/news?since=") && page.contains(" data-answer"), "\(form)")
        }
    }

    @Test("Whatever shows a form to who is logged in bears the person, hears of the end and leads back")
    func refusedHears() async throws {
        let console = try await ConsoleUnderTest()
        let path = "/conflicts/\(console.conflict)"
        let form = [
            "choice": "set", "item.VS.weight": "71.5", "reason": "weighed once more", "back": "/conflicts",
        ]
        func hears(_ page: PageResponse, _ told: String) {
            for part in [
                " data-person=\"coordinator-1\"", " data-news=\"/news?since=", " data-answer",
                "<a class=\"button\" href=\"/conflicts\">", "value=\"weighed once more\"",
            ] { #expect(page.text.contains(part), "\(told): \(part)") }
        }
        let late = try await console.browser("coordinator-1")
        console.centre.advance(seconds: 901)
        #expect(await late.post(path, form).status == 401)
        let again = ["user": "coordinator-1", "password": ConsoleUnderTest.password]
        hears(await late.post("/login", again), "held")

        var browser = try await console.browser("coordinator-1")
        let token = try #require(browser.csrf)
        browser.csrf = "00"
        let other = await browser.post(path, form)
        #expect(other.status == 403 && other.text.contains("name=\"csrf\" value=\"\(token)\""))
        hears(other, "of another session")
        browser.csrf = token
        let centre = console.centre.centre
        _ = try await centre.setRights(of: "coordinator-1", role: .statistician, sites: [])
        let denied = await browser.post(path, form)
        #expect(denied.status == 403)
        hears(denied, "not allowed")
    }

    @Test("Who says too late to be there gets nothing back as a form that was sent too late")
    func stayedTooLate() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        console.centre.advance(seconds: 901)
        let reason = ["choice": "set", "item.VS.weight": "71.5", "reason": "weighed once more"]
        #expect(await browser.post("/conflicts/\(console.conflict)", reason).status == 401)
        #expect(await browser.post("/stay", ["back": "/people"]).status == 401)
        let page = await browser.post(
            "/login", ["user": "coordinator-1", "password": ConsoleUnderTest.password])
        #expect(page.status == 200 && page.text.contains("weighed once more"))
    }

    @Test("A person whose role was changed has the new rights on the next page")
    func regranted() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        _ = try await console.centre.centre.setRights(of: "coordinator-1", role: .statistician, sites: [])
        #expect(await browser.get("/people").status == 403)
        let answer = await browser.post("/conflicts/\(console.conflict)", ["choice": "x", "reason": "y"])
        #expect(answer.status == 403)
    }

    @Test("A wrong password is refused with the name kept, and counted as everywhere")
    func wrongPassword() async throws {
        let console = try await ConsoleUnderTest()
        _ = try await console.browser("coordinator-1")
        let browser = ConsoleUnderTest.Browser(console: console)
        for _ in 0..<5 {
            let answer = await browser.post("/login", ["user": "coordinator-1", "password": "wrong"])
            #expect(answer.code == .wrongPassword)
            #expect(
                answer.text.contains("value=\"coordinator-1\"") && !answer.text.contains("value=\"wrong\""))
        }
        let answer = await browser.post(
            "/login", ["user": "coordinator-1", "password": ConsoleUnderTest.password])
        #expect(answer.code == .tooManyAttempts)
    }

    @Test("The cookie is for this server alone, and no script may read it")
    func cookie() async throws {
        let console = try await ConsoleUnderTest()
        _ = try await console.browser("coordinator-1")
        let answer = await ConsoleUnderTest.Browser(console: console).post(
            "/login",
            ["user": "coordinator-1", "password": ConsoleUnderTest.password, "back": "//evil.example"])
        let cookie = try #require(answer.cookies.first)
        #expect(cookie.hasPrefix("__Host-trialsync="))
        for part in ["; Path=/", "; HttpOnly", "; SameSite=Strict", "; Secure"] {
            #expect(cookie.contains(part))
        }
        #expect(answer.location == "/")
    }
}
