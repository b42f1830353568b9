package import ServiceLifecycle
package import TrialModel
package import TrialStore

/// Tells connected laptops that there is something to pull, whichever process wrote it.
package actor EventHub: Service {
    private struct Listener {
        let site: SiteCode
        var seen: [SiteCode: Int]
        let continuation: AsyncStream<ServerSentEvent>.Continuation
    }

    private let replica: SQLiteReplica
    private var listeners: [Int: Listener] = [:]
    private var nextID = 0
    private var accepted: [SiteCode: Int] = [:]

    package init(_ replica: SQLiteReplica) { self.replica = replica }

    /// Looks after each change of the store; ends with the server.
    package func run() async throws {
        accepted = try await replica.acceptedCounts()
        for await _ in StoreWatcher(replica).changes().cancelOnGracefulShutdown() {
            accepted = try await replica.acceptedCounts()
            for id in listeners.keys.sorted() { tell(id) }
        }
        for listener in listeners.values { listener.continuation.finish() }
    }

    /// A stream for one laptop: `ready` at once, then `changed` whenever its site or `*` has something new.
    func events(for site: SiteCode) -> AsyncStream<ServerSentEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ServerSentEvent.self, bufferingPolicy: .bufferingNewest(4))
        nextID += 1
        let id = nextID
        listeners[id] = Listener(site: site, seen: accepted, continuation: continuation)
        continuation.yield(ServerSentEvent(name: "ready", data: site.text))
        continuation.onTermination = { _ in Task { await self.forget(id) } }
        return stream
    }

    private func forget(_ id: Int) { listeners[id] = nil }

    private func tell(_ id: Int) {
        guard var listener = listeners[id] else { return }
        let news = [listener.site, .all].contains {
            accepted[$0, default: 0] != listener.seen[$0, default: 0]
        }
        listener.seen = accepted
        listeners[id] = listener
        if news { listener.continuation.yield(ServerSentEvent(name: "changed", data: listener.site.text)) }
    }
}
