import Synchronization
import TrialPages

/// What people look for in lists, kept in memory under a random id: the id stands in the URL, so that each
/// tab shows its own, and what was typed never does, since it may name a participant.
final class ConsoleSearches: Sendable {
    /// One search of one list.
    struct Search: Sendable {
        let id: String
        /// The list's path.
        let list: String
        let fields: FormFields
    }

    private struct Kept {
        var searches: [Search] = []
        var keptMilliseconds: Int64 = 0
    }

    /// How many of a session are kept; the oldest goes first.
    static let most = 20
    /// No session is longer.
    private static let longestMilliseconds: Int64 = 12 * 3_600_000
    /// By the session's own secret.
    private let kept = Mutex<[String: Kept]>([:])

    func keep(_ search: Search, for session: ConsoleSessions.Session, now: Int64) {
        kept.withLock { kept in
            kept = kept.filter { now - $0.value.keptMilliseconds < Self.longestMilliseconds }
            var own = kept[session.csrf] ?? Kept()
            own.searches = Array((own.searches + [search]).suffix(Self.most))
            own.keptMilliseconds = now
            kept[session.csrf] = own
        }
    }

    /// - Returns: what was looked for; `nil` for an id of another session, of another list, or long ago.
    func fields(_ id: String, of session: ConsoleSessions.Session, in list: String) -> FormFields? {
        kept.withLock { $0[session.csrf]?.searches.last { $0.id == id && $0.list == list }?.fields }
    }

    func end(_ session: ConsoleSessions.Session) { kept.withLock { $0[session.csrf] = nil } }
}
