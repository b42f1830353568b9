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

    @Test(
        "With the ids of what is there each role gets every page that it may see, and no other",
        arguments: Role.ofPeople.filter(\.usesConsole))
    func ids(role: Role) async throws {
        let console = try await ConsoleUnderTest()
        let ids = try await console.filled()
        let browser = try await console.browser("\(role.name)-pku")
        for route in ConsoleRoute.allCases where route.method == .get && route != .news {
            let isAllowed = if case .may(let action) = route.access { role.may(action) } else { true }
            let answer = await browser.visit(route, ids)
            #expect(answer.status == (isAllowed ? 200 : 403), "\(route): \(answer.status)")
            // Whoever may not read is shown no participant, on pages that anybody may open neither.
            if !role.may(.read) { #expect(!answer.text.contains("PKU-00"), "\(route)") }
        }
        for route in ConsoleRoute.allCases where route.method == .post && route != .logOut {
            guard case .may(let action) = route.access else { continue }
            let answer = await browser.visit(route, ids)
            #expect((answer.status == 403) == !role.may(action), "\(route): \(answer.status)")
        }
    }

    @Test("The ids of another site's things lead a monitor nowhere")
    func foreignIDs() async throws {
        let console = try await ConsoleUnderTest()
        let ids = try await console.filled()
        let browser = try await console.browser("monitor-sha")
        for route in ConsoleRoute.allCases where route != .news && route.hasID {
            guard case .may(let action) = route.access, Role.monitor.may(action) else { continue }
            let answer = await browser.visit(route, ids)
            #expect(answer.status == 404, "\(route): \(answer.status)")
            #expect(!answer.text.contains("PKU-00"), "\(route)")
        }
    }

    @Test("No page puts a participant's number or a value into a URL, and no act leads to one that has it")
    func urls() async throws {
        let console = try await ConsoleUnderTest()
        let ids = try await console.filled()
        let browser = try await console.browser("coordinator-1")
        for route in ConsoleRoute.allCases where route != .news && route != .logOut {
            let answer = await browser.visit(route, ids)
            var urls = answer.text.matches(of: /(href|action)="([^"]*)"/).map { String($0.output.2) }
            urls += [answer.location].compactMap(\.self)
            for url in urls {
                #expect(!url.contains("PKU-00") && !url.contains("71.5"), "\(route): \(url)")
            }
        }
        let record = "/participants/\(console.participant.hex)"
        for (path, form) in [
            ("\(record)/BL/queries", ["item": "VS.weight", "text": "PKU-007?"]),
            (
                "/participants/renumber/\(console.participant.hex)",
                ["number": "PKU-300", "reason": "PKU-009"]
            ),
        ] {
            let location = try #require(await browser.act(path, form).location, "\(path)")
            #expect(!location.contains("PKU-"), "\(path): \(location)")
        }
    }
}

extension ConsoleUnderTest {
    static let ownOrigin = "https://\(host)"
}

extension ConsoleRoute {
    /// Whether its path names something of a site.
    fileprivate var hasID: Bool {
        ["{record}", "{id}", "{entry}"].contains { template.contains($0) }
    }
}

extension ConsoleUnderTest {
    /// The ids of a query, of an entry of quarantine and of another participant.
    struct IDs: Sendable {
        var query = "0123456789abcdef"
        var entry = "nothing"
        var other = "nothing"
    }

    /// Adds a query and an entry of quarantine to what is there.
    func filled() async throws -> IDs {
        let question = ["item": "VS.weight", "text": "Which scale?"]
        let raised = await (try await browser("coordinator-1"))
            .post("/participants/\(participant.hex)/BL/queries", question)
        let query = try #require(raised.location?.split(separator: "/").last)
        let other = EnrolmentID(prefixOf: [9])
        try await centre.save([.number("PKU-009", of: other)], as: "third")
        try await centre.save([.weight("80", of: other, by: "stranger")], as: "fourth")
        let entry = try #require(try await centre.centre.quarantined().first).entry
        return IDs(query: String(query), entry: entry, other: other.hex)
    }
}

extension ConsoleUnderTest.Browser {
    /// Opens a page or sends its form, with paths of what is there.
    func visit(_ route: ConsoleRoute, _ ids: ConsoleUnderTest.IDs = .init()) async -> PageResponse {
        let path = route.template.replacing("{record}", with: console.participant.hex)
            .replacing("{other}", with: ids.other)
            .replacing("{sheet}", with: "BL").replacing("{repeat}", with: urlEscaped("UNS#1"))
            .replacing("{id}", with: route.template.hasPrefix("/conflicts") ? console.conflict : ids.query)
            .replacing("{entry}", with: urlEscaped(ids.entry))
            .replacing("{file}", with: ConsoleExport.definition.rawValue)
            .replacing("{asset}", with: "style.css")
        return route.method == .get ? await get(path) : await post(path, ["reason": "made-up reason"])
    }
}
