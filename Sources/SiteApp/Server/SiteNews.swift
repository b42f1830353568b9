import SyncClient
import TrialModel
import TrialPages

/// What an open page is told without asking.
enum SiteNews: Hashable, Sendable {
    /// Something has come, or was saved: the page is to be looked at anew.
    case changed
    /// The sync line, as JSON.
    case sync(String)
    /// The screen locks within a minute unless someone does something.
    case locksSoon
    /// Someone did.
    case staysOpen
    /// The screen has locked: nothing is to stay in sight.
    case locked
    /// The password was given: pages may be seen again.
    case unlocked
    /// Nobody is logged in any more.
    case ended

    /// As server-sent events go over the wire.
    var wireText: String {
        switch self {
        case .changed: "event: news\ndata: \n\n"
        case .locksSoon: "event: soon\ndata: \n\n"
        case .staysOpen: "event: awake\ndata: \n\n"
        case .locked: "event: locked\ndata: \n\n"
        case .unlocked: "event: unlocked\ndata: \n\n"
        case .ended: "event: ended\ndata: \n\n"
        case .sync(let json): "event: sync\ndata: \(json)\n\n"
        }
    }
}

extension SitePages {
    /// How often an open page looks whether the screen has locked by itself.
    private static let lockLook: Duration = .milliseconds(500)
    /// How long before it locks an open page says so.
    private static let lockWarningMilliseconds: Int64 = 60_000

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
                        continuation.yield(.sync(SyncLine(desk, now, words).json))
                        continuation.yield(.changed)
                    }
                    last = now
                }
            }
            let turns = desk.phases()
            let phases = Task {
                func tell() async -> Bool {
                    guard let now = try? await desk.store.standing() else { return false }
                    continuation.yield(.sync(SyncLine(desk, now, words).json))
                    return true
                }
                // A sync that the page shows may have ended since.
                guard await tell() else { return continuation.finish() }
                for await _ in turns where await !tell() { break }
                // Not where the program ends: then nobody has logged out.
                if session(request)?.desk !== desk { continuation.yield(.ended) }
                continuation.finish()
            }
            let lock = Task {
                var (wasLocked, wasSoon) = (false, false)
                repeat {
                    let left = desk.store.lockMillisecondsLeft ?? .max
                    let (isLocked, isSoon) = (left == 0, (1...Self.lockWarningMilliseconds).contains(left))
                    if isLocked != wasLocked { continuation.yield(isLocked ? .locked : .unlocked) }
                    if isSoon != wasSoon, !isLocked { continuation.yield(isSoon ? .locksSoon : .staysOpen) }
                    (wasLocked, wasSoon) = (isLocked, isSoon)
                } while (try? await Task.sleep(for: Self.lockLook)) != nil
            }
            continuation.onTermination = { _ in
                changes.cancel()
                phases.cancel()
                lock.cancel()
            }
        }
    }
}
