package import ServiceLifecycle
package import TrialModel
package import TrialStore

/// Tells connected laptops that there is something to pull, whichever process wrote it.
package actor EventHub: Service {
    private struct Listener {
        let session: DeviceSession
        var seen: [SiteCode: Int]
        let continuation: AsyncStream<ServerSentEvent>.Continuation
    }

    private let centre: Centre
    private var listeners: [Int: Listener] = [:]
    private var pages: [Int: AsyncStream<ServerSentEvent>.Continuation] = [:]
    private var nextID = 0
    private var accepted: [SiteCode: Int] = [:]
    private var changes: Int64

    package init(_ centre: Centre) {
        self.centre = centre
        // Pages that were open over a restart are behind: no two runs count from the same number.
        changes = centre.environment.now()
    }

    /// Which news are out; another text after each change.
    var told: String { String(changes) }

    /// Looks after each change of the store; ends with the server.
    package func run() async throws {
        accepted = try await centre.replica.acceptedCounts()
        // Pages find the lists read already.
        async let _ = centre.list()
        for await _ in StoreWatcher(centre.replica).changes().cancelOnGracefulShutdown() {
            let before = accepted[.all]
            accepted = try await centre.replica.acceptedCounts()
            if accepted[.all] != before { try await endRevoked() }
            for id in listeners.keys.sorted() { tell(id) }
            _ = try? await centre.list()
            changes += 1
            for page in pages.values { page.yield(ServerSentEvent(name: "news", data: "")) }
        }
        for listener in listeners.values { listener.continuation.finish() }
        for page in pages.values { page.finish() }
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
