import SyncClient
import TrialModel
import TrialPages

/// What an open page is told without asking.
enum SiteNews: Hashable, Sendable {
    /// Something has come, or was saved: the page is to be looked at anew.
    case changed
    /// The sync line, as JSON.
    case sync(String)

    /// As server-sent events go over the wire.
    var wireText: String {
        switch self {
        case .changed: "event: news\ndata: \n\n"
        case .sync(let json): "event: sync\ndata: \(json)\n\n"
        }
    }
}

extension SitePages {
    /// The news for an open page: `nil` if this is no request for news, or of nobody who may hear them.
    func news(_ request: PageRequest) async -> AsyncStream<SiteNews>? {
        guard request.method == .get, request.path == "/news", let host = request.host,
            hosts.contains(host.lowercased()), request.comes(from: host),
            let desk = session(request)?.desk
        else { return nil }
        let language = request.cookies[Self.languageCookie].flatMap(Language.init(rawValue:))
        let words = Words(language ?? request.language)
        return AsyncStream(bufferingPolicy: .bufferingNewest(16)) { continuation in
            let changes = Task {
                // What a form keeps as a draft changes the store too; only entries are news.
                var last = try? await desk.store.standing()
                // The page may be older than this connection.
                if request.query["since"] != last?.mark { continuation.yield(.changed) }
                for await _ in desk.store.changes() {
                    guard let now = try? await desk.store.standing() else { break }
                    if now != last {
                        continuation.yield(.sync(SyncLine(desk.phase, now, words).json))
                        continuation.yield(.changed)
                    }
                    last = now
                }
                continuation.finish()
            }
            let turns = desk.phases()
            let phases = Task {
                func tell() async -> Bool {
                    guard let now = try? await desk.store.standing() else { return false }
                    continuation.yield(.sync(SyncLine(desk.phase, now, words).json))
                    return true
                }
                // A sync that the page shows may have ended since.
                guard await tell() else { return continuation.finish() }
                for await _ in turns where await !tell() { break }
                continuation.finish()
            }
            continuation.onTermination = { _ in
                changes.cancel()
                phases.cancel()
            }
        }
    }
}
