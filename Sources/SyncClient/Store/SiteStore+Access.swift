import Foundation
import SyncProtocol
import Synchronization
public import TrialModel
import TrialStore

/// Whether the person at the laptop may see and save now.
struct AccessGate: Sendable {
    /// `nil`: the screen never locks.
    var screen: ScreenLock?
    /// Why the person's access has ended, once the centre said so.
    var refusal: Problem?
}

extension SiteStore {
    /// The usual time without activity after which the screen locks.
    public static let usualLockSeconds = 15 * 60

    /// A clock that only goes forward, also while the machine sleeps, in milliseconds.
    static let uptime: @Sendable () -> Int64 = { [start = ContinuousClock.now] in
        let elapsed = (ContinuousClock.now - start).components
        return elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000
    }

    /// Whether what is read now is a person's activity: not what a page fetches by itself.
    @TaskLocal package static var isActivity = true

    /// Sets the time without activity after which the screen locks; `nil` for never.
    func lockScreen(afterSeconds limit: Int?) {
        let now = monotonic()
        gate.withLock { $0.screen = limit.map { ScreenLock(limitSeconds: $0, now: now) } }
    }

    /// Counts as activity.
    ///
    /// - Throws: `Problem(.screenLocked)`; `Problem(.userDisabled)` or `.notAllowed` if the centre ended the
    ///   person's access since the store was opened.
    func admit() throws(Problem) {
        let now = monotonic()
        let isActivity = Self.isActivity
        let refusal = gate.withLock { gate -> Problem? in
            if let refusal = gate.refusal { return refusal }
            let isOpen =
                isActivity ? gate.screen?.touch(at: now) : gate.screen.map { !$0.isLocked(at: now) }
            guard isOpen == false else { return nil }
            return Problem(.screenLocked, "the screen is locked")
        }
        if let refusal { throw refusal }
    }

    /// Whether the screen is locked. A sync goes on all the same.
    public var isScreenLocked: Bool { gate.withLock { $0.screen?.isLocked(at: monotonic()) ?? false } }

    /// How long the screen stays open if nobody does anything; `nil` if it never locks.
    package var lockMillisecondsLeft: Int64? {
        gate.withLock { $0.screen?.leftMilliseconds(at: monotonic()) }
    }

    /// Locks the screen at once.
    public func lockScreen() { gate.withLock { $0.screen?.lock() } }

    /// Unlocks the screen with the person's password, offline too.
    ///
    /// - Throws: `Problem(.wrongPassword)`, `.tooManyAttempts`.
    public func unlock(password: String) async throws {
        _ = try await slotContents(password: password)
        gate.withLock { $0.screen?.unlock(at: monotonic()) }
    }

    /// The person's slot, opened once more.
    func slotContents(password: String) async throws -> SlotContents {
        guard let slot = try await SlotStore(replica).slot(of: user) else {
            throw Problem(
                .wrongPassword, "\(user) has no slot on this laptop any more",
                remedy: "log in again with a connection")
        }
        return try await Self.open(
            slot, of: user, password: password, LoginAttempts(replica), environment)
    }

    /// Opens a slot; each wrong password is counted in the store.
    static func open(
        _ slot: KeySlot, of user: String, password: String, _ attempts: LoginAttempts,
        _ environment: ReplicaEnvironment
    ) async throws -> SlotContents {
        try await attempts.trying(user, isStrict: false, now: environment.now()) {
            let secret = try await Offload.run { () throws(Problem) in try slot.open(password: password) }
            let contents = try SlotContents(decoding: secret)
            guard contents.user == user else {
                throw Problem(.wrongPassword, "the key slot of \(user) is another person's")
            }
            return contents
        }
    }

    /// After each contact: deletes the slots of people whose access the centre ended, and those that are
    /// older than the person's password; and closes this store to its own person if that is one of them. Then
    /// takes up the site key that counts since somebody's access ended.
    func keepToRights() async throws {
        let people = try await PeopleShelf(replica).all()
        _ = try await SlotStore(replica).sweep(people, at: site)
        let own = people.first { $0.name == user }
        let refusal = own.flatMap { Self.refusal(of: $0, at: site) }
        gate.withLock { $0.refusal = refusal }
        try await replica.takeUpSiteKeys(of: site)
    }

    /// Why a person may not open the store of a laptop of this site, as far as is known here.
    static func refusal(of grant: PersonGrant, at site: SiteCode) -> Problem? {
        if grant.isDisabled {
            return Problem(.userDisabled, "the access of \(grant.name) was ended")
        }
        guard grant.covers(site), grant.role.may(.read) else {
            return Problem(
                .notAllowed, "\(grant.name) is \(grant.role.name) and has no role at site \(site)",
                remedy: "ask the coordinator")
        }
        return nil
    }
}
