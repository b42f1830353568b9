package import Logging
package import ServiceLifecycle
package import TrialModel
import TrialPages
package import TrialStore

/// Tells connected laptops that there is something to pull, whichever process wrote it.
package actor EventHub: Service {
    private struct Listener {
        let session: DeviceSession
        var seen: [SiteCode: Int]
        let continuation: AsyncStream<ServerSentEvent>.Continuation
    }

    private let centre: Centre
    private let logger: Logger?
    private let counts: @Sendable () async throws -> [SiteCode: Int]
    private var listeners: [Int: Listener] = [:]
    private var pages: [Int: AsyncStream<ServerSentEvent>.Continuation] = [:]
    private var nextID = 0
    private var accepted: [SiteCode: Int] = [:]
    private var changes: Int64
    /// Of what pages show: it goes on until it is over, also before it was begun.
    private let reading = FirstReading()

    /// - Parameters:
    ///   - logger: is told of reads that failed.
    ///   - counts: how many entries each site has; `nil` asks the store.
    package init(
        _ centre: Centre, logger: Logger? = nil,
        counts: (@Sendable () async throws -> [SiteCode: Int])? = nil
    ) {
        (self.centre, self.logger) = (centre, logger)
        let stored: @Sendable () async throws -> [SiteCode: Int] = {
            try await centre.replica.acceptedCounts()
        }
        self.counts = counts ?? stored
        // Pages that were open over a restart are behind: no two runs count from the same number.
        changes = centre.environment.now()
    }

    /// Which news are out; another text after each change.
    var told: String { String(changes) }

    /// Looks after each change of the store; ends with the server, and with nothing else: a read that fails
    /// is made again after the next change.
    package func run() async throws {
        // A server that ends at once, for its port is in use, has nothing to say of what it did not read.
        do { accepted = try await counts() } catch { if !Task.isCancelled { note(error) } }
        // Pages find the lists read already.
        async let _ = readLists()
        for await _ in StoreWatcher(centre.replica).changes().cancelOnGracefulShutdown() {
            await look()
            _ = try? await centre.list()
            changes += 1
            for page in pages.values { page.yield(ServerSentEvent(name: "news", data: "")) }
        }
        for listener in listeners.values { listener.continuation.finish() }
        for page in pages.values { page.finish() }
    }

    private func readLists() async {
        // What goes wrong with it goes wrong with the page too, which says so.
        _ = try? await centre.list()
        reading.end()
    }

    /// Waits until what pages show was read once, but not for longer than a limit.
    ///
    /// - Returns: whether it was.
    nonisolated func isRead(within limit: Duration) async -> Bool { await reading.isOver(within: limit) }

    /// Tells laptops what is new to them. If that cannot be read all are told to look for themselves, and
    /// what is read next is compared with what was read last.
    func look() async {
        do {
            let found = try await counts()
            if found[.all] != accepted[.all] { try await endRevoked() }
            accepted = found
            for id in listeners.keys.sorted() { tell(id) }
        } catch {
            guard !Task.isCancelled else { return }
            note(error)
            for listener in listeners.values {
                listener.continuation.yield(
                    ServerSentEvent(name: "changed", data: listener.session.site.text))
            }
        }
    }

    private func note(_ error: any Error) {
        let code = (error as? Problem)?.code ?? .internalError
        logger?.error(
            "what is new could not be read: laptops are told to look, and the next change is looked at again",
            metadata: ["code": "\(code.rawValue)"])
    }

    /// A stream for one laptop: `ready` at once, then `changed` whenever its site or `*` has something new.
    func events(for session: DeviceSession) -> AsyncStream<ServerSentEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ServerSentEvent.self, bufferingPolicy: .bufferingNewest(4))
        nextID += 1
        let id = nextID
        listeners[id] = Listener(session: session, seen: accepted, continuation: continuation)
        continuation.yield(ServerSentEvent(name: "ready", data: session.site.text))
        continuation.onTermination = { _ in Task { await self.forget(id) } }
        return stream
    }

    /// A stream for one page of the console: `news` whenever anything has changed, never what.
    ///
    /// - Parameter since: what ``told`` was when the page was made: it is told at once of what it missed.
    func news(since: String?) -> AsyncStream<ServerSentEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ServerSentEvent.self, bufferingPolicy: .bufferingNewest(1))
        nextID += 1
        let id = nextID
        pages[id] = continuation
        if since != told { continuation.yield(ServerSentEvent(name: "news", data: "")) }
        continuation.onTermination = { _ in Task { await self.leave(id) } }
        return stream
    }

    private func leave(_ id: Int) { pages[id] = nil }

    /// Ends the streams of devices whose access was ended: a record of `*` says so.
    private func endRevoked() async throws {
        for (id, listener) in listeners.sorted(by: { $0.key < $1.key }) {
            let record = try await centre.replica.view(of: .device(listener.session.device), site: .all)
            guard record.state["@revoked"].standing != nil else { continue }
            listener.continuation.finish()
            listeners[id] = nil
        }
    }

    private func forget(_ id: Int) { listeners[id] = nil }

    private func tell(_ id: Int) {
        guard var listener = listeners[id] else { return }
        let news = [listener.session.site, .all].contains {
            accepted[$0, default: 0] != listener.seen[$0, default: 0]
        }
        listener.seen = accepted
        listeners[id] = listener
        if news {
            listener.continuation.yield(ServerSentEvent(name: "changed", data: listener.session.site.text))
        }
    }
}
