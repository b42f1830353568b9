import Foundation
import Logging
import ServiceLifecycle
import Synchronization
@testable import SyncServer
import TrialModel

/// A handler that notes what it gets and answers what the test wants.
final class StubHandler: SyncHTTPHandler {
    private let received = Mutex<[ServerRequest]>([])
    private let respond: @Sendable (ServerRequest) async -> ServerResponse
    private let stream: @Sendable (ServerRequest) async -> Result<AsyncStream<ServerSentEvent>, Problem>

    init(
        respond: @escaping @Sendable (ServerRequest) async -> ServerResponse = { _ in
            ServerResponse(contentType: "text/plain", body: Array("ok".utf8))
        },
        stream: @escaping @Sendable (ServerRequest) async -> Result<AsyncStream<ServerSentEvent>, Problem> = {
            _ in
            .failure(Problem(.notAllowed, "no events in this test"))
        }
    ) {
        self.respond = respond
        self.stream = stream
    }

    var requests: [ServerRequest] { received.withLock { $0 } }

    func refusal(of request: ServerRequest) async -> Problem? {
        request.token == "refused" ? Problem(.tokenInvalid, "not in this test") : nil
    }

    func handle(_ request: ServerRequest) async -> ServerResponse {
        received.withLock { $0.append(request) }
        return await respond(request)
    }

    func events(_ request: ServerRequest) async -> Result<AsyncStream<ServerSentEvent>, Problem> {
        received.withLock { $0.append(request) }
        return await stream(request)
    }
}

/// The log of one server: each line as `message key=value ...`, keys sorted.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    /// A logger of everything from debug on.
    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(lines: self) }
        logger.logLevel = .debug
        return logger
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            let fields = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            lines.lines.withLock { $0.append("\(event.message)\(fields)") }
        }
    }
}

/// A server that runs for the time of one test.
struct ServerUnderTest: Sendable {
    let url: String
    let handler: StubHandler
    let log: LogLines
    let authorityFile: String
    let group: ServiceGroup

    var port: Int { Int(url.split(separator: ":").last ?? "") ?? 0 }

    /// Asks for a path with curl, trusting the server's authority only.
    func curl(
        _ path: String, _ version: Curl.Version = .http2, _ arguments: String..., input: String = "/dev/null"
    ) async throws -> Curl.Answer {
        try await start(path, version, arguments, input: input).answer()
    }

    /// Starts curl and leaves it running.
    func start(
        _ path: String, _ version: Curl.Version = .http2, _ arguments: [String] = [],
        input: String = "/dev/null"
    ) throws -> Curl {
        let fixed = [version.rawValue, "--cacert", authorityFile]
        return try Curl(fixed + arguments + [url + path], input: input)
    }

    /// Runs a server on a free port of loopback, ends it in good order, and hands on what it threw.
    static func run(
        tls: Bool = true, limits: HTTPLimits = HTTPLimits(), clock: any Clock<Duration> = ContinuousClock(),
        handler: StubHandler = StubHandler(), console: ConsolePages? = nil,
        _ body: @Sendable (ServerUnderTest) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "http-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let files = try TLSFiles.create(in: directory, names: [], now: Date())
        let log = LogLines()
        let (urls, listening) = AsyncStream.makeStream(of: String.self)
        let server = try SyncHTTPServer(
            address: ServerAddress(host: "127.0.0.1", port: 0), tls: tls ? LiveCertificate(files) : nil,
            handler: handler,
            logger: log.logger, limits: limits, clock: clock, console: console,
            onListening: { listening.yield($0) })
        let group = server.serviceGroup(gracefulShutdownSignals: [])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { listening.finish() }
                try await server.run(group)
            }
            for await url in urls {
                let running = ServerUnderTest(
                    url: url, handler: handler, log: log, authorityFile: directory.path + "/tls/ca.pem",
                    group: group)
                do {
                    try await body(running)
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
                await group.triggerGracefulShutdown()
                break
            }
            try await tasks.waitForAll()
        }
    }
}
