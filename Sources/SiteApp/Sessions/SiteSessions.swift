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
        /// Ends when `joining` says how the last enrolment came out.
        var joinTask: Task<Void, Never>?
        /// What the next page says of the last act.
        var notice: Shell.Notice?
        /// Forms that were sent behind the locked screen, or after the log-out: each comes back after the
        /// password of the person who filled it in.
        var held: [HeldForm] = []
        /// What was filled in to join, but for the password: it comes back when joining failed.
        var joinForm = FormFields()
        /// Who was logged in last: a form that was sent after the log-out is given back to nobody else.
        var lastUser = ""
        /// Forms that were saved, and how often something had been typed in them: what their page sent
        /// before comes too late to be a draft.
        var savedForms: [(form: String, keys: Int)] = []
        /// Forms that are being saved or were, with what was in them: a second click saves nothing again.
        fileprivate var claims: [(form: String, content: [String: String])] = []
        /// What was looked for among participants, by a random name: a number never stands in a URL, and
        /// each tab has its own search.
        var searches: [(id: String, text: String)] = []
    }

    /// What was filled in when the screen was locked, or nobody was logged in any more.
    struct HeldForm: Sendable {
        let user: String
        let path: String
        let back: String
        let form: FormFields

        /// Whether it is what the same page has sent before.
        func isSame(as other: HeldForm) -> Bool {
            user == other.user && path == other.path && form["form"] == other.form["form"]
        }
    }

    /// Whether a form was sent before.
    enum Claim { case new, same, other }

    /// So many searches are remembered.
    static let searchLimit = 20

    /// So many forms are held; who sends more is no person.
    private static let heldLimit = 20

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

    /// Takes a form to be saved, once.
    ///
    /// - Returns: `.same` if just this was taken before; `.other` if it was with something else in it.
    func claim(_ form: String, _ content: [String: String], of token: String) -> Claim {
        guard !form.isEmpty else { return .new }
        var claim = Claim.new
        change(token) { session in
            if let known = session.claims.first(where: { $0.form == form }) {
                claim = known.content == content ? .same : .other
            }
            session.claims = (session.claims.filter { $0.form != form } + [(form, content)])
                .suffix(Self.savedFormLimit)
        }
        return claim
    }

    /// Lets a form be saved after all: nothing came of it.
    func release(_ form: String, of token: String) {
        change(token) { session in session.claims.removeAll { $0.form == form } }
    }

    /// Keeps a form for the person who sent it, in the place of what the same page sent before.
    func hold(_ held: HeldForm, of token: String) {
        change(token) { session in
            session.held = (session.held.filter { !$0.isSame(as: held) } + [held]).suffix(Self.heldLimit)
        }
    }

    /// What a person had sent; it is given out once.
    func takeHeld(by user: String, of token: String) -> [HeldForm] {
        var taken: [HeldForm] = []
        change(token) { session in
            taken = session.held.filter { $0.user == user }
            session.held.removeAll { $0.user == user }
        }
        return taken
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
