import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages

/// Every page and act against every role and every kind of visitor. A new route is in here as soon as it
/// compiles.
@Suite("Who may open which page of the console", .timeLimit(.minutes(10)))
struct ConsoleAccessTests {
    @Test("Without a session every page but the log-in asks for one, and nothing changes")
    func nobody() async throws {
        let console = try await ConsoleUnderTest()
        let before = try await console.centre.standing()
        var stranger = ConsoleUnderTest.Browser(console: console)
        for cookie in [nil, "", "00", String(repeating: "0a", count: 32)] {
            stranger.cookies[console.console.tokenCookie] = cookie
            for route in ConsoleRoute.allCases where route.access != .anyone {
                let answer = await stranger.visit(route)
                #expect(answer.status == 401 || answer.status == 404, "\(route): \(answer.status)")
                #expect(!answer.text.contains("PKU-007") && !answer.text.contains("71.5"), "\(route)")
            }
        }
        #expect(try await console.centre.standing() == before)
    }

    @Test(
        "Each role opens what the table says, and no other page gives it anything", arguments: Role.ofPeople)
    func roles(role: Role) async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("\(role.name)-1")
        guard role.usesConsole else {
            #expect(browser.csrf == nil, "\(role) has no place at the console")
            return
        }
        for route in ConsoleRoute.allCases where route.method == .get && route != .news {
            let answer = await browser.visit(route)
            guard case .may(let action) = route.access, !role.may(action) else { continue }
            #expect(answer.status == 403, "\(route) as \(role): \(answer.status)")
            #expect(!answer.text.contains("71.5"), "\(route) as \(role)")
        }
        let before = try await console.centre.standing()
        for route in ConsoleRoute.allCases where route.method == .post {
            guard case .may(let action) = route.access, !role.may(action) else { continue }
            let answer = await browser.visit(route)
            #expect(answer.status == 403, "\(route) as \(role): \(answer.status)")
        }
        #expect(try await console.centre.standing() == before)
    }

    @Test("A form of another session, of another site or without a token changes nothing")
    func forged() async throws {
        let console = try await ConsoleUnderTest()
        _ = try await console.browser("coordinator-1")
        let before = try await console.centre.standing()
        for (csrf, origin) in [
            (nil, ConsoleUnderTest.ownOrigin), ("00", ConsoleUnderTest.ownOrigin),
            ("right", "https://evil.example"), ("right", "null"),
        ] as [(String?, String)] {
            var browser = try await console.browser("coordinator-1")
            if csrf != "right" { browser.csrf = csrf }
            browser.origin = origin
            for route in ConsoleRoute.allCases where route.method == .post && route.access != .anyone {
                let answer = await browser.visit(route)
                #expect(answer.status == 403, "\(route): \(answer.status)")
            }
        }
        #expect(try await console.centre.standing() == before)
    }

    @Test("A monitor of another site sees nothing of this one, on no page")
    func otherSite() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("monitor-sha")
        #expect(browser.csrf != nil)
        for route in ConsoleRoute.allCases where route.method == .get && route != .news {
            let text = await browser.visit(route).text
            #expect(!text.contains("PKU-007") && !text.contains("71.5"), "\(route)")
        }
        let answer = await browser.post(
            "/participants/\(console.participant.hex)/BL/queries", ["text": "Is that so?"])
        #expect(answer.status == 404)
        #expect(try await console.centre.centre.queries(site: nil, all: true).isEmpty)
    }

    @Test("No page puts a participant's number or a value into a URL")
    func urls() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        for route in ConsoleRoute.allCases where route.method == .get && route != .news {
            for link in await browser.visit(route).text.matches(of: /(href|action)="([^"]*)"/) {
                #expect(!link.output.2.contains("PKU-007"), "\(route): \(link.output.2)")
            }
        }
    }
}

extension ConsoleUnderTest {
    static let ownOrigin = "https://\(host)"
}

extension ConsoleUnderTest.Browser {
    /// Opens a page or sends its form, with paths of what is there.
    func visit(_ route: ConsoleRoute) async -> PageResponse {
        let path = route.template.replacing("{record}", with: console.participant.hex)
            .replacing("{sheet}", with: "BL")
            .replacing(
                "{id}", with: route.template.hasPrefix("/conflicts") ? console.conflict : "0123456789abcdef"
            )
            .replacing("{asset}", with: "style.css")
        return route.method == .get ? await get(path) : await post(path, ["reason": "made-up reason"])
    }
}
