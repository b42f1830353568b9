import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import SyncClient
import Synchronization
import TrialModel
import TrialPages

/// What Hummingbird knows about a request beside the request.
struct SiteContext: InitializableFromSource {
    init(source: ApplicationRequestContextSource) {}
}

/// Leads requests to the pages, and answers back.
final class SiteResponder: HTTPResponder {
    /// A form must be here within this time.
    private static let bodyTime: Duration = .seconds(20)
    /// So much of one that is too large is read, and let go: a browser that still sends may not read why it
    /// was not taken.
    private static let passedOverBytes = 8 << 20
    private let state = Mutex<SitePages?>(nil)

    /// `nil` until the port is known.
    var pages: SitePages? { state.withLock { $0 } }

    func open(_ pages: SitePages) { state.withLock { $0 = pages } }

    func respond(to request: Request, context: SiteContext) async throws -> Response {
        // The program has just started, and nobody has been told its address.
        guard let pages else { return Response(status: .serviceUnavailable, headers: Self.headers()) }
        let method = request.method == .head ? "GET" : request.method.rawValue
        guard let method = PageRequest.Method(rawValue: method) else {
            return Self.response(.method, to: request)
        }
        let body: [UInt8]
        switch try await self.body(of: request) {
        case .success(let whole): body = whole
        case .failure(let unread): return Self.response(unread, to: request)
        }
        guard let page = Self.page(method, request, body) else {
            return Self.response(.malformed, to: request)
        }
        let isHead = request.method == .head
        if !isHead, let news = await pages.news(page) { return stream(news, request) }
        return Self.response(await pages.answer(page, isHead: isHead), isHead: isHead)
    }

    private func body(of request: Request) async throws -> Result<[UInt8], Unread> {
        let limit = SiteRoute.bodyLimitBytes
        // A stream of news reads the body itself, to hear that the browser has left: it may be read once.
        if request.method != .post { return .success([]) }
        if let declared = request.headers[.contentLength].flatMap({ Int($0) }),
            declared > Self.passedOverBytes
        {
            return .failure(.tooLarge)
        }
        return try await withThrowingTaskGroup(of: Result<[UInt8], Unread>.self) { group in
            group.addTask {
                var (bytes, count): ([UInt8], Int) = ([], 0)
                for try await part in request.body {
                    count += part.readableBytes
                    guard count <= Self.passedOverBytes else { return .failure(.tooLarge) }
                    if count <= limit { bytes.append(contentsOf: part.readableBytesView) }
                }
                return count <= limit ? .success(bytes) : .failure(.tooLarge)
            }
            group.addTask {
                try await Task.sleep(for: Self.bodyTime)
                return .failure(.tooSlow)
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .success([])
        }
    }

    private static func page(
        _ method: PageRequest.Method, _ request: Request, _ body: [UInt8]
    ) -> PageRequest? {
        var page = PageRequest(method, request.uri.path)
        guard let query = FormFields(encoded: (request.uri.query ?? "").utf8),
            let form = FormFields(encoded: body)
        else { return nil }
        (page.query, page.form) = (query, form)
        page.cookies = PageRequest.cookies(request.headers[.cookie])
        page.host = request.head.authority
        page.origin = request.headers[.origin]
        page.fetchSite = HTTPField.Name("Sec-Fetch-Site").flatMap { request.headers[$0] }
        page.fetchDestination = HTTPField.Name("Sec-Fetch-Dest").flatMap { request.headers[$0] }
        page.language = Language(accepting: request.headers[.acceptLanguage])
        return page
    }

    /// What says why no page was asked.
    private static func response(_ unread: Unread, to request: Request) -> Response {
        var answer = response(unread.page(for: request.headers), isHead: request.method == .head)
        // The rest of it may still be on its way.
        if [.tooLarge, .tooSlow].contains(unread) { answer.headers[.connection] = "close" }
        return answer
    }

    /// A page as an answer of the server, with what a browser may do with it.
    static func response(_ page: PageResponse, isHead: Bool) -> Response {
        var headers = headers()
        if !page.body.isEmpty { headers[.contentType] = page.contentType }
        if let location = page.location { headers[.location] = location }
        if let seconds = page.cacheSeconds { headers[.cacheControl] = "max-age=\(seconds)" }
        if let seconds = page.refreshSeconds, let name = HTTPField.Name("Refresh") {
            headers[name] = String(seconds)
        }
        for cookie in page.cookies { headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return Response(
            status: HTTPResponse.Status(code: page.status), headers: headers,
            body: isHead ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: page.body)))
    }

    /// What every answer bears. Without a referrer to this server itself browsers send `Origin: null` with
    /// its own forms.
    private static func headers() -> HTTPFields {
        var headers: HTTPFields = [
            .contentSecurityPolicy: PageResponse.contentSecurityPolicy, .cacheControl: "no-store",
            .xContentTypeOptions: "nosniff",
        ]
        let more = [
            ("X-Frame-Options", "DENY"), ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
        ]
        for (name, value) in more {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return headers
    }

    /// Server-sent events until the browser leaves or the program ends.
    private func stream(_ news: AsyncStream<SiteNews>, _ request: Request) -> Response {
        var headers = Self.headers()
        headers[.contentType] = "text/event-stream"
        let (lines, line) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(64))
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                try await request.body.consumeWithInboundCloseHandler { _ in
                    await withGracefulShutdownHandler {
                        await withTaskGroup(of: Void.self) { group in
                            group.addTask {
                                for await event in news { line.yield(event.wireText) }
                                line.finish()
                            }
                            group.addTask {
                                repeat {
                                    line.yield(":\n\n")
                                } while (try? await Task.sleep(for: .seconds(20)))
                                    != nil
                            }
                            for await text in lines {
                                guard (try? await writer.write(ByteBuffer(string: text))) != nil else {
                                    break
                                }
                            }
                            group.cancelAll()
                        }
                    } onGracefulShutdown: {
                        line.finish()
                    }
                } onInboundClosed: {
                    line.finish()
                }
                try await writer.finish(nil)
            })
    }
}
