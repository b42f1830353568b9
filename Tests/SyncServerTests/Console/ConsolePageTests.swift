import Foundation
import HTTPTypes
@testable import SyncServer
import Testing
import TrialModel
import TrialPages

@Suite("What every page of the console keeps to", .timeLimit(.minutes(10)))
struct ConsolePageTests {
    @Test("Every answer forbids scripts of others, frames, guessed types and caches")
    func headers() async throws {
        let console = try await ConsoleUnderTest()
        let ids = try await console.filled()
        let browser = try await console.browser("coordinator-1")
        let standard = StandardHeaders(isTLS: true)
        let stranger = ConsoleUnderTest.Browser(console: console)
        for route in ConsoleRoute.allCases where route != .news && route != .logOut {
            for (answer, who) in [
                (await stranger.visit(route, ids), "a stranger"),
                (await browser.visit(route, ids), "a coordinator"),
            ] {
                let fields = standard.fields(for: ServerResponse(answer), requestID: "id", close: false)
                let policy = fields[values: .contentSecurityPolicy]
                #expect(policy == [PageResponse.contentSecurityPolicy], "\(route) for \(who)")
                #expect(fields[.xContentTypeOptions] == "nosniff", "\(route) for \(who)")
                let cache = route == .asset ? "max-age=300" : "no-store"
                #expect(fields[values: .cacheControl] == [cache], "\(route) for \(who)")
                for (name, value) in [("X-Frame-Options", "DENY"), ("Referrer-Policy", "same-origin")] {
                    let name = try #require(HTTPField.Name(name))
                    #expect(fields[values: name] == [value], "\(route) for \(who)")
                }
            }
        }
        let policy = PageResponse.contentSecurityPolicy
        #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("unsafe") && !policy.contains("*") && !policy.contains("data:"))
    }

    @Test("Every time of day stands with its zone", arguments: Language.allCases)
    func zones(language: Language) async throws {
        let console = try await ConsoleUnderTest()
        let ids = try await console.filled()
        var browser = try await console.browser("coordinator-1")
        browser.cookies[Console.languageCookie] = language.rawValue
        var found = 0
        for route in ConsoleRoute.allCases
        where route.method == .get && ![.news, .asset, .export, .auditFile].contains(route) {
            for time in await browser.visit(route, ids).text.matches(of: /[0-9]{2}:[0-9]{2}(.{0,7})/) {
                let zone = time.output.1
                let hasZone = zone.hasPrefix(" UTC") || zone.firstMatch(of: /^ [+-][0-9]{2}:[0-9]{2}/) != nil
                #expect(hasZone, "\(route): \(time.output.0)")
                found += 1
            }
        }
        #expect(found > 10)
    }

    @Test("Chinese has its own marks wherever a text is put together")
    func marks() async throws {
        let console = try await ConsoleUnderTest()
        let ids = try await console.filled()
        var browser = try await console.browser("coordinator-1")
        browser.cookies[Console.languageCookie] = Language.zh.rawValue
        let first = Change.saving(["RL.reinstituted": .yesNo(true)], of: console.participant, at: "W12")
        try await console.centre.save([first], as: "fifth")
        let state = "/participants/\(console.participant.hex)/W12/state"
        _ = await browser.act(state, ["decision": "lock", "reason": "source data verified"])
        let late = Change.saving(["RL.reason": .text("a relapse")], of: console.participant, at: "W12")
        try await console.centre.save([late], as: "sixth")
        let release = ["entry": ids.entry, "reason": "she was ill"]
        var pages = ["release": await browser.post("/quarantine", release).text]
        for route in ConsoleRoute.allCases
        where route.method == .get && ![.news, .asset, .export, .auditFile].contains(route) {
            pages["\(route)"] = await browser.visit(route, ids).text
        }
        #expect(pages["records"]?.contains("（nurse-PKU，") == true)
        for (name, text) in pages {
            #expect(text.marksOfEnglish.isEmpty, "\(name): \(text.marksOfEnglish)")
        }
    }

    @Test("No line of the log names a participant, a record or a value, whatever is asked for")
    func log() async throws {
        let console = try await ConsoleUnderTest()
        _ = try await console.browser("coordinator-1")
        let hub = console.centre.hub
        let running = Task { try await hub.run() }
        defer { running.cancel() }
        #expect(await hub.isRead(within: .seconds(600)))
        let pages = ConsolePages(console.centre.centre, hub: hub, isTLS: true)
        let jar = FileManager.default.temporaryDirectory.appending(path: "jar-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: jar) }
        let record = "/participants/\(console.participant.hex)"
        let conflict = console.conflict
        try await ServerUnderTest.run(console: pages) { server in
            @Sendable func ask(_ path: String, _ form: KeyValuePairs<String, String> = [:]) async throws
                -> Curl.Answer
            {
                let fields = form.flatMap { ["--data-urlencode", "\($0.key)=\($0.value)"] }
                return try await server.start(path, .http2, ["-b", jar, "-c", jar] + fields).answer()
            }
            let logIn = try await ask(
                "/login", ["user": "coordinator-1", "password": ConsoleUnderTest.password])
            #expect(logIn.status == 303)
            for path in [
                "\(record)/BL", "/conflicts/\(conflict)", "/PKU-007", "/participants?find=PKU-007&site=71.5",
                "/quarantine/PKU-007", "/participants/PKU-007/71.5",
            ] {
                _ = try await ask(path)
            }
            let page = try await ask(record)
            #expect(page.status == 200 && page.body.contains("PKU-007"))
            let token = try #require(page.body.firstMatch(of: /name="csrf" value="([^"]+)"/)).output.1
            let search = try await ask(
                "/search", ["csrf": String(token), "back": "/participants", "find": "PKU-007"])
            // Curl's answers give heads in lower case.
            let location = try #require(search.header("location"))
            #expect(search.status == 303 && !location.contains("pku-007"))
            let lines = server.log.all
            #expect(lines.contains { $0.contains("route=/participants/{record}/{sheet} status=200") })
            let secrets = [
                "PKU-007", "71.5", String(record.dropFirst(14)), conflict, ConsoleUnderTest.password,
                String(token),
            ]
            for line in lines {
                #expect(!secrets.contains { line.contains($0) }, "\(line)")
            }
        }
    }
}

extension String {
    /// Where Chinese stands beside a mark of English on a page; tags within a line are not looked at.
    fileprivate var marksOfEnglish: [String] {
        replacing(#/</?(?:a|code|del|mark|small|span|strong)\b[^>]*>/#, with: "")
            .matches(of: #/.{0,20}(?:\p{Han} ?[,:()]|[,:()] ?\p{Han}).{0,20}/#).map { String($0.output) }
    }
}
