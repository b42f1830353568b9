import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TrialModel

/// What Hummingbird knows about a request beside the request.
struct ServerContext: InitializableFromSource {
    /// The connection in HTTP/1.1, the stream in HTTP/2.
    let channel: any Channel
    let logger: Logger

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
        logger = source.logger
    }

    /// A stream's parent is the connection, and the connection's is the listening socket.
    var isHTTP2: Bool { channel.parent?.parent != nil }
}

/// Leads each request to the handler and each answer back, and keeps the limits on the way.
struct RouteResponder: HTTPResponder {
    let handler: any SyncHTTPHandler
    let limits: HTTPLimits
    let clock: any Clock<Duration>
    let headers: StandardHeaders
    let proxies: TrustedProxies
    /// The console's pages; `nil` for a server without.
    let console: ConsolePages?
    /// Requests of one address; `nil` without a limit.
    let addressLimit: RateLimit<ClientAddress>?

    func respond(to request: Request, context: ServerContext) async throws -> Response {
        var log = AccessLog(method: request.method, logger: context.logger)
        log.address = proxies.client(
            peer: context.channel.remoteAddress?.ipAddress,
            forwarded: HTTPField.Name.forwardedFor.flatMap { request.headers[$0] })
        let console = ConsoleRoute.isPage(request.uri.path) ? self.console : nil
        if let address = log.address, var refusal = addressLimit?.refuse(address) {
            closeLater(request, context)
            if let console {
                let wait = refusal.headers[.retryAfter]
                refusal = unread(.tooManyRequests, status: refusal.status, console, request)
                refusal.headers[.retryAfter] = wait
            }
            return answer(refusal, to: request, context, log: log, reusable: !mayHaveBody(request, context))
        }
        if let console { return try await pages(console, request, context, log: log) }
        switch Admission(method: request.method, path: request.uri.path, headers: request.headers) {
        case .refused(let refusal, let route):
            log.route = route?.template ?? log.route
            closeLater(request, context)
            return answer(refusal, to: request, context, log: log, reusable: !mayHaveBody(request, context))
        case .admitted(let route, let pathSite, let token):
            log.route = route.template
            let serverRequest = ServerRequest(
                route: route, method: request.method, path: request.uri.path, pathSite: pathSite,
                token: token,
                contentEncoding: request.headers[.contentEncoding],
                requestID: log.requestID)
            if route == .events { return await events(serverRequest, request, context, log: log) }
            return try await exchange(serverRequest, request, context, log: log)
        }
    }

    private func exchange(
        _ serverRequest: ServerRequest, _ request: Request, _ context: ServerContext, log: AccessLog
    ) async throws -> Response {
        var (serverRequest, log) = (serverRequest, log)
        let reader = RequestBodyReader(
            limitBytes: serverRequest.route.bodyLimitBytes, timeLimit: limits.body(of: serverRequest.route),
            clock: clock)
        // Its size is said without looking anything up.
        if serverRequest.route.access.needsToken, !reader.isDeclaredTooLarge(request),
            let problem = await handler.refusal(of: serverRequest)
        {
            closeLater(request, context)
            let reusable = !mayHaveBody(request, context)
            return answer(.problem(problem), to: request, context, log: log, reusable: reusable)
        }
        let outcome: RequestBodyReader.Outcome
        do {
            outcome = try await reader.read(request)
        } catch {
            log.writeAborted()
            throw error
        }
        switch outcome {
        case .refused(let problem, let status):
            closeLater(request, context)
            return answer(.problem(problem, status: status), to: request, context, log: log, reusable: false)
        case .whole(let body):
            log.bytesIn = body.count
            serverRequest.body = body
            let response = await handler.handle(serverRequest)
            return answer(response, to: request, context, log: log, reusable: true)
        }
    }

    private func events(
        _ serverRequest: ServerRequest, _ request: Request, _ context: ServerContext, log: AccessLog
    ) async -> Response {
        switch await handler.events(serverRequest) {
        case .failure(let problem):
            closeLater(request, context)
            let reusable = !mayHaveBody(request, context)
            return answer(.problem(problem), to: request, context, log: log, reusable: reusable)
        case .success(let events): return stream(events, to: request, context, log: log)
        }
    }

    /// An answer that goes on until the client leaves or the server ends.
    func stream(
        _ events: AsyncStream<ServerSentEvent>, to request: Request, _ context: ServerContext, log: AccessLog
    ) -> Response {
        let stream = EventStream(limits: limits, clock: clock)
        let fields = headers.fields(
            for: ServerResponse(contentType: "text/event-stream", headers: Self.unbuffered),
            requestID: log.requestID,
            close: mustClose(request, context, reusable: true))
        return Response(
            status: .ok, headers: fields,
            body: ResponseBody { writer in
                let count = try await request.body.consumeWithInboundCloseHandler { _ in
                    await stream.write(events, to: &writer)
                } onInboundClosed: {
                    stream.finish()
                }
                log.write(status: 200, bytesOut: count)
                try await writer.finish(nil)
            })
    }

    /// Tells a reverse proxy to hand each event on at once.
    private static let unbuffered =
        HTTPField.Name("X-Accel-Buffering").map { HTTPFields([HTTPField(name: $0, value: "no")]) } ?? [:]

    func answer(
        _ reply: ServerResponse, to request: Request, _ context: ServerContext, log: AccessLog, reusable: Bool
    ) -> Response {
        let close = mustClose(request, context, reusable: reusable)
        let fields = headers.fields(for: reply, requestID: log.requestID, close: close)
        let bodiless = request.method == .head || reply.body.isEmpty
        let body = bodiless ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body))
        log.write(
            status: reply.status, bytesOut: bodiless ? 0 : reply.body.count, code: reply.code,
            notes: reply.notes)
        return Response(status: HTTPResponse.Status(code: reply.status), headers: fields, body: body)
    }

    /// Whether the answer must tell the client that no other request can follow on this connection.
    ///
    /// HTTP/2 has no such header: there it is the stream alone that ends. After an offer to upgrade (curl
    /// makes one on plain HTTP) the HTTP/1.1 decoder takes what follows for another protocol's and would
    /// never answer it.
    func mustClose(_ request: Request, _ context: ServerContext, reusable: Bool) -> Bool {
        !context.isHTTP2 && (!reusable || request.headers.contains(.upgrade))
    }

    /// Whether a body may follow that nobody has read. HTTP/2 announces none in its head.
    func mayHaveBody(_ request: Request, _ context: ServerContext) -> Bool {
        if let length = request.headers[.contentLength] { return length != "0" }
        return context.isHTTP2 || request.headers.contains(.transferEncoding)
    }

    /// Ends the connection, or the stream, a moment after a refusal, if its client still sends.
    ///
    /// Until then Hummingbird reads on and throws away; nothing of it is kept.
    func closeLater(_ request: Request, _ context: ServerContext) {
        guard mayHaveBody(request, context) else { return }
        let channel = context.channel
        channel.eventLoop.scheduleTask(in: TimeAmount(limits.linger)) { channel.close(promise: nil) }
    }
}
