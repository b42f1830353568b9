import HTTPTypes
import Hummingbird
import NIOCore
import TrialModel
import TrialPages

/// The console as the HTTP server sees it: its pages, and the news that open pages listen to.
package struct ConsolePages: Sendable {
    let console: Console
    let hub: EventHub

    /// - Parameters:
    ///   - centre: what the pages show and change.
    ///   - hub: tells of what has changed, whichever process wrote it.
    ///   - isTLS: whether browsers come by TLS, to this server or to the proxy before it.
    package init(_ centre: Centre, hub: EventHub, isTLS: Bool) {
        var console = Console(centre, isTLS: isTLS)
        console.isRead = { await hub.isRead(within: $0) }
        (self.console, self.hub) = (console, hub)
    }
}

extension RouteResponder {
    /// Answers a request for a page of the console.
    func pages(
        _ pages: ConsolePages, _ request: Request, _ context: ServerContext, log: AccessLog
    ) async throws -> Response {
        var log = log
        log.route = "page"
        let method = PageRequest.Method(rawValue: request.method == .head ? "GET" : request.method.rawValue)
        guard let method else {
            closeLater(request, context)
            let response = unread(.usage, status: 405, pages, request)
            return answer(response, to: request, context, log: log, reusable: !mayHaveBody(request, context))
        }
        if request.uri.path == ConsoleRoute.news.template, method == .get {
            return try await news(pages, request, context, log: log)
        }
        let reader = RequestBodyReader(
            limitBytes: ConsoleRoute.bodyLimitBytes, timeLimit: limits.body(of: .password), clock: clock)
        let body: [UInt8]
        switch try await reader.read(request) {
        case .refused(let problem, let status):
            closeLater(request, context)
            let response = unread(problem.code, status: status, pages, request)
            return answer(response, to: request, context, log: log, reusable: false)
        case .whole(let whole): body = whole
        }
        guard var page = pageRequest(method, request, body) else {
            let response = unread(.malformed, status: 400, pages, request)
            return answer(response, to: request, context, log: log, reusable: true)
        }
        page.newsSeen = await pages.hub.told
        let (response, route) = await pages.console.answer(page)
        log.route = route
        return answer(ServerResponse(response), to: request, context, log: log, reusable: true)
    }

    /// Why a request for a page was not read: a page for a person, the bare status for a script.
    func unread(
        _ code: ProblemCode, status: Int, _ pages: ConsolePages, _ request: Request
    ) -> ServerResponse {
        ServerResponse(pages.console.unreadPage(code, head(.get, request), status: status))
    }

    /// The stream of news for an open page. Its body is not read: the stream watches the connection by it.
    private func news(
        _ pages: ConsolePages, _ request: Request, _ context: ServerContext, log: AccessLog
    ) async throws -> Response {
        guard let page = pageRequest(.get, request, []),
            let visitor = try await pages.console.visitor(page, isActivity: false)
        else {
            closeLater(request, context)
            let problem = Problem(.tokenInvalid, "nobody is logged in")
            let reusable = !mayHaveBody(request, context)
            return answer(.problem(problem), to: request, context, log: log, reusable: reusable)
        }
        let news = pages.console.untilEnded(
            await pages.hub.news(since: page.query["since"]), token: visitor.token,
            pause: { [clock] in try await clock.sleep(for: .seconds(1)) })
        return stream(news, to: request, context, log: log)
    }

    private func pageRequest(
        _ method: PageRequest.Method, _ request: Request, _ body: [UInt8]
    ) -> PageRequest? {
        var page = head(method, request)
        guard let query = FormFields(encoded: (request.uri.query ?? "").utf8),
            let form = FormFields(encoded: body)
        else { return nil }
        (page.query, page.form) = (query, form)
        return page
    }

    /// What the head of a request says, but for the query.
    private func head(_ method: PageRequest.Method, _ request: Request) -> PageRequest {
        var page = PageRequest(method, request.uri.path)
        page.cookies = PageRequest.cookies(request.headers[.cookie])
        page.host = request.head.authority ?? request.headers[values: .init("Host") ?? .cookie].first
        page.origin = request.headers[.origin]
        page.fetchSite = HTTPField.Name("Sec-Fetch-Site").flatMap { request.headers[$0] }
        page.fetchDestination = HTTPField.Name("Sec-Fetch-Dest").flatMap { request.headers[$0] }
        page.language = Language(accepting: request.headers[.acceptLanguage])
        return page
    }
}

extension ServerResponse {
    /// A page as an answer of the server, with what a browser may do with it.
    init(_ page: PageResponse) {
        self.init(
            status: page.status, contentType: page.body.isEmpty ? nil : page.contentType, body: page.body,
            code: page.code)
        headers[.contentSecurityPolicy] = PageResponse.contentSecurityPolicy
        if let location = page.location { headers[.location] = location }
        if let seconds = page.cacheSeconds { headers[.cacheControl] = "max-age=\(seconds)" }
        if let seconds = page.refreshSeconds, let name = HTTPField.Name("Refresh") {
            headers[name] = String(seconds)
        }
        if let name = page.fileName { headers[.contentDisposition] = "attachment; filename=\"\(name)\"" }
        for cookie in page.cookies { headers.append(HTTPField(name: .setCookie, value: cookie)) }
        // Without a referrer to this server itself browsers send `Origin: null` with its own forms.
        for (name, value) in [("X-Frame-Options", "DENY"), ("Referrer-Policy", "same-origin")] {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
    }
}
