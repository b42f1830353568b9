import Foundation
import Logging
import ServiceLifecycle
import SyncClient
import SyncProtocol
import Testing
import TrialModel
import TrialPages

@testable import SiteApp
@testable import SyncServer

/// A site's page over a laptop that has joined a centre in this process; no socket before the pages.
struct SiteUnderTest: Sendable {
    static let password = "made-up-word"
    static let host = "127.0.0.1:4711"
    let pages: SitePages
    let centre: Centre
    let url: String
    let folder: URL

    /// A browser: its cookies, and the last page it was shown.
    final class Browser {
        let pages: SitePages
        var cookies: [String: String] = [:]
        var page = ""
        var status = 0
        var path = "/"

        init(_ pages: SitePages) { self.pages = pages }

        @discardableResult
        func send(_ request: PageRequest) async -> PageResponse {
            var request = request
            request.cookies = cookies
            if request.host == nil { request.host = SiteUnderTest.host }
            let response = await TemplateCheck.$report.withValue({ missing in
                Issue.record("a template names what its model does not have: \(missing)")
            }) { [request] in await pages.answer(request) }
            for cookie in response.cookies {
                let pair = cookie.split(separator: ";")[0].split(separator: "=", maxSplits: 1)
                cookies[String(pair[0])] = pair.count > 1 ? String(pair[1]) : ""
            }
            (page, status, path) = (
                String(decoding: response.body, as: UTF8.self), response.status, request.path
            )
            guard let location = response.location else { return response }
            return await get(location)
        }

        @discardableResult
        func get(_ path: String) async -> PageResponse {
            let parts = path.split(separator: "?", maxSplits: 1)
            var request = PageRequest(.get, String(parts[0]))
            if parts.count > 1 { request.query = FormFields(encoded: parts[1].utf8) ?? FormFields() }
            return await send(request)
        }

        /// Sends a form with the token that the page bears.
        @discardableResult
        func post(_ path: String, _ fields: [(name: String, value: String)]) async -> PageResponse {
            var request = PageRequest(.post, path)
            request.form = FormFields([(name: "csrf", value: csrf)] + fields)
            request.origin = "http://\(SiteUnderTest.host)"
            return await send(request)
        }

        /// Waits until the enrolment that this browser began has come out, well or not.
        func untilJoined() async {
            let session = cookies["trialsync-4711"].flatMap { pages.sessions.use($0, takesNotice: false) }
            await session?.joinTask?.value
        }

        func logIn(_ user: String = "nurse-1", password: String = SiteUnderTest.password) async {
            await post("/login", [(name: "user", value: user), (name: "password", value: password)])
        }

        /// Begins another session of the same browser: to it the program is as one that was started again.
        func startAgain() { cookies["trialsync-4711"] = pages.sessions.begin(randomBytes: SitePages.random) }

        var csrf: String { hidden("csrf") }

        /// What the form on the page sends when items are typed in it.
        func fields(_ typed: KeyValuePairs<String, String>) -> [(name: String, value: String)] {
            [(name: "base", value: hidden("base")), (name: "form", value: hidden("form"))]
                + typed.flatMap { item, text in
                    [
                        (name: "was.\(item)", value: hidden("was.\(item)")),
                        (name: "item.\(item)", value: text),
                    ]
                }
        }

        /// Opens a form, types in it, and saves it.
        func save(_ path: String, _ typed: KeyValuePairs<String, String>) async {
            await get(path)
            await post(path, fields(typed))
        }

        /// The value of the first field of that name.
        func hidden(_ name: String) -> String {
            guard let start = page.range(of: "name=\"\(name)\" value=\"")?.upperBound,
                let end = page[start...].firstIndex(of: "\"")
            else { return "" }
            return String(page[start..<end])
        }
    }

    /// A browser that was let in, and has joined as a person.
    func joined(_ user: String = "nurse-1", device: String = "ward-1") async throws -> Browser {
        let browser = Browser(pages)
        await browser.get("/?token=made-up-token")
        let link = try await centre.invite(site: "PKU", expiresSeconds: 3600, server: url).link.description
        await browser.post(
            "/start",
            [("link", link), ("device", device), ("user", user), ("password", Self.password)].map {
                (name: $0.0, value: $0.1)
            })
        await browser.untilJoined()
        await browser.get("/")
        return browser
    }

    /// The path of a participant who was enrolled with this browser.
    func enrolled(_ browser: Browser) async throws -> String {
        await browser.get("/participants")
        await browser.post(
            "/participants",
            [(name: "form", value: browser.hidden("form")), (name: "consented", value: "Y")])
        return browser.path
    }

    /// A browser before the baseline visit of a participant who was enrolled with it.
    ///
    /// - Returns: the browser, and the path of the visit.
    func atBaseline(as user: String = "nurse-1") async throws -> (Browser, path: String) {
        let browser = try await joined(user)
        let path = try await enrolled(browser) + "/BL"
        await browser.get(path)
        return (browser, path)
    }

    /// What an open page of a browser is told.
    func news(_ browser: Browser) async throws -> AsyncStream<SiteNews>.AsyncIterator {
        var request = PageRequest(.get, "/news")
        (request.host, request.cookies) = (Self.host, browser.cookies)
        return try #require(await pages.news(request)).makeAsyncIterator()
    }

    static func run(_ body: @Sendable (SiteUnderTest) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "site-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let centre = try await Centre.create(
            in: DataDirectory(folder.appending(path: "centre").path), study: try .shipped(), names: []
        ).centre
        defer { centre.close() }
        _ = try await centre.addSite("PKU", name: "Made-up hospital")
        for (name, role) in [
            ("nurse-1", Role.dataEntry), ("nurse-2", .dataEntry), ("doctor-1", .investigator),
            ("coordinator-1", .coordinator),
        ] {
            let sites = role == .coordinator ? [] : ["PKU"]
            _ = try await centre.addPerson(name, role: role, sites: sites, password: password)
        }
        let (urls, listening) = AsyncStream.makeStream(of: String.self)
        let hub = EventHub(centre)
        let server = try SyncHTTPServer(
            address: ServerAddress(host: "127.0.0.1", port: 0), tls: nil,
            handler: CentreHandler(centre: centre, hub: hub, authorityPEM: { "" }),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, services: [hub],
            onListening: { listening.yield($0) })
        let group = server.serviceGroup(gracefulShutdownSignals: [])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { listening.finish() }
                try await server.run(group)
            }
            for await url in urls {
                let places = SiteStore.Places(
                    store: folder.appending(path: "laptop"), state: folder.appending(path: "state"))
                var pages = SitePages(places: places, token: "made-up-token", port: 4711)
                // However busy this machine is, no page stands in for another.
                pages.readingLimit = .seconds(600)
                let site = SiteUnderTest(pages: pages, centre: centre, url: url, folder: folder)
                var failure: (any Error)?
                do { try await body(site) } catch { failure = error }
                for desk in pages.sessions.desks { await desk.close() }
                await group.triggerGracefulShutdown()
                if let failure { throw failure }
                break
            }
            try await tasks.waitForAll()
        }
    }
}

extension AsyncStream<SiteNews>.AsyncIterator {
    /// Waits for a piece of news; it is an issue if another one comes before it, or none.
    mutating func hears(_ wanted: SiteNews, never: SiteNews? = nil) async {
        while let piece = await next() {
            if piece == wanted { return }
            #expect(piece != never)
        }
        Issue.record("the news ended before \(wanted)")
    }
}
