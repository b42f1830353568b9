import Crypto
import Foundation
import Synchronization
import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

/// Who is logged in at the console: kept in memory only, so a restart of the daemon logs everybody out, and
/// no key of a person is ever written down.
package final class ConsoleSessions: Sendable {
    /// A person at a browser.
    struct Session: Sendable {
        let person: String
        /// How often the password had been set: a new one ends the session.
        let generation: Int
        let key: Curve25519.Signing.PrivateKey
        /// What every form of this session bears.
        let csrf: String
        let beganMilliseconds: Int64
        var usedMilliseconds: Int64
        /// What the next page says of the last act.
        var notice: Shell.Notice?
    }

    /// A form that was sent when its session had ended: it is given back to the same person.
    struct HeldForm: Sendable {
        let person: String
        let path: String
        let form: FormFields
    }

    private let idleMilliseconds: Int64
    private static let longestMilliseconds: Int64 = 12 * 3_600_000
    private static let most = 1_000
    private let sessions = Mutex<[Data: Session]>([:])
    /// Whose sessions have ended of themselves, by the hash of the cookie, and what was sent since.
    private let ended = Mutex<[Data: (person: String, held: HeldForm?)]>([:])

    /// - Parameter idleSeconds: without a request for so long, one has to log in again.
    package init(idleSeconds: Int = 900) { idleMilliseconds = Int64(idleSeconds) * 1_000 }

    /// - Returns: the token for the browser's cookie; only its hash is kept.
    func begin(
        _ grant: PersonGrant, _ key: Curve25519.Signing.PrivateKey, now: Int64, randomBytes: (Int) -> Data
    ) throws(Problem) -> String {
        let (token, csrf) = (Hex.encode(randomBytes(32)), Hex.encode(randomBytes(16)))
        let session = Session(
            person: grant.name, generation: grant.generation, key: key, csrf: csrf, beganMilliseconds: now,
            usedMilliseconds: now)
        let isFull = sessions.withLock { sessions in
            for (hash, session) in sessions where isOver(session, now) {
                sessions[hash] = nil
                note(session, hash)
            }
            guard sessions.count < Self.most else { return true }
            sessions[Self.hash(token)] = session
            return false
        }
        guard !isFull else {
            throw Problem(.tooManyRequests, "\(Self.most) people are logged in at the console")
        }
        return token
    }

    /// The session of a token; its notice is given out once, to a page that a person asked for.
    ///
    /// - Parameter isActivity: whether it keeps the session from ending: not what a page fetches by itself.
    func use(_ token: String, now: Int64, isActivity: Bool) -> Session? {
        sessions.withLock { sessions in
            let hash = Self.hash(token)
            guard var session = sessions[hash] else { return nil }
            guard !isOver(session, now) else {
                sessions[hash] = nil
                note(session, hash)
                return nil
            }
            let shown = session
            if isActivity { (session.usedMilliseconds, session.notice) = (now, nil) }
            sessions[hash] = session
            return shown
        }
    }

    /// Notes whose session has ended of itself: what is sent with its cookie later is held for that person.
    private func note(_ session: Session, _ hash: Data) {
        ended.withLock { ended in
            if ended.count >= Self.most { ended = [:] }
            ended[hash] = (session.person, nil)
        }
    }

    /// How long the session of a token goes on if nobody does anything, for what listens and asks for
    /// nothing; `nil` if it has ended.
    func millisecondsLeft(_ token: String, now: Int64) -> Int64? {
        sessions.withLock { sessions in
            guard let session = sessions[Self.hash(token)], !isOver(session, now) else { return nil }
            return min(
                idleMilliseconds - max(0, now - session.usedMilliseconds),
                Self.longestMilliseconds - max(0, now - session.beganMilliseconds))
        }
    }

    /// Keeps a form that was sent with the cookie of a session that has ended.
    ///
    /// - Returns: whether it is kept: not if no such session is known, as after a restart.
    func hold(_ form: FormFields, sentTo path: String, with token: String) -> Bool {
        ended.withLock { ended in
            let hash = Self.hash(token)
            guard let person = ended[hash]?.person else { return false }
            ended[hash]?.held = HeldForm(person: person, path: path, form: form)
            return true
        }
    }

    /// Whether a form that was sent with that cookie waits for its person.
    func isHolding(_ token: String) -> Bool { ended.withLock { $0[Self.hash(token)]?.held != nil } }

    /// What was sent with that cookie by a person who has logged in again; it is given out once.
    func takeHeld(_ token: String, by person: String) -> HeldForm? {
        ended.withLock { ended in
            // Another person's log-in leaves it where it is.
            guard let held = ended[Self.hash(token)]?.held, held.person == person else { return nil }
            ended[Self.hash(token)] = nil
            return held
        }
    }

    func note(_ notice: Shell.Notice, for token: String) {
        sessions.withLock { $0[Self.hash(token)]?.notice = notice }
    }

    func end(_ token: String) { sessions.withLock { $0[Self.hash(token)] = nil } }

    private func isOver(_ session: Session, _ now: Int64) -> Bool {
        // A clock that was set back ends nothing early and keeps nothing for ever.
        !(0..<idleMilliseconds).contains(max(0, now - session.usedMilliseconds))
            || now - session.beganMilliseconds >= Self.longestMilliseconds
    }

    private static func hash(_ token: String) -> Data { Data(SHA256.hash(data: Data(token.utf8))) }
}
