import Foundation
import SyncClient
import Synchronization
import TrialModel
import TrialPages

/// The browsers that were let in with the one-time token: kept in memory only.
final class SiteSessions: Sendable {
    /// How an enrolment goes on that a browser has begun.
    enum Joining: Sendable {
        case running(received: Int)
        case failed(Problem)
    }

    /// One browser, and the person at it if one is logged in.
    struct Session: Sendable {
        /// What every form of this session bears.
        let csrf: String
        var desk: SyncDesk?
        var joining: Joining?
        /// What the next page says of the last act.
        var notice: Shell.Notice?
        /// A form that was sent behind the locked screen: it comes back after the password.
        var held: HeldForm?
        /// Who was logged in last: a form that was sent after the log-out is given back to nobody else.
        var lastUser = ""
        /// Forms that were saved, and how often something had been typed in them: what their page sent
        /// before comes too late to be a draft.
        var savedForms: [(form: String, keys: Int)] = []
        /// What is looked for among participants: a number of it never stands in a URL.
        var search = ""
    }

    /// What was filled in when the screen was locked, or nobody was logged in any more.
    struct HeldForm: Sendable {
        let user: String
        let path: String
        let back: String
        let form: FormFields
    }

    /// So many saved forms are remembered; a page that is older has long been left.
    static let savedFormLimit = 200

    /// More browsers than anyone has, and few enough to be searched.
    private static let most = 32
    private let sessions = Mutex<[Data: Session]>([:])

    /// - Returns: the token for the browser's cookie, of which only the hash is kept; `nil` if too many
    ///   browsers are in.
    func begin(randomBytes: (Int) -> Data) -> String? {
        let (token, csrf) = (Hex.encode(randomBytes(32)), Hex.encode(randomBytes(16)))
        return sessions.withLock { sessions in
            guard sessions.count < Self.most else { return nil }
            sessions[OneTimeToken.hash(token)] = Session(csrf: csrf)
            return token
        }
    }

    /// The session of a cookie; its notice is given out once, to a page that a person asked for.
    func use(_ token: String, takesNotice: Bool) -> Session? {
        sessions.withLock { sessions in
            let hash = OneTimeToken.hash(token)
            let shown = sessions[hash]
            if takesNotice { sessions[hash]?.notice = nil }
            return shown
        }
    }

    /// Whether a form was saved with at least what is in it now.
    func isSaved(_ form: String, keys: Int, of token: String) -> Bool {
        use(token, takesNotice: false)?.savedForms.contains { $0.form == form && $0.keys >= keys } ?? false
    }

    func change(_ token: String, _ body: (inout Session) -> Void) {
        sessions.withLock { sessions in
            let hash = OneTimeToken.hash(token)
            guard var session = sessions[hash] else { return }
            body(&session)
            sessions[hash] = session
        }
    }

    /// Everybody who is logged in.
    var desks: [SyncDesk] { sessions.withLock { $0.values.compactMap(\.desk) } }
}
