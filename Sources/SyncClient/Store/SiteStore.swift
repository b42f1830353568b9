import Crypto
public import Foundation
package import SyncProtocol
import Synchronization
public import TrialModel
package import TrialStore

/// A laptop's store, opened by one person: the whole of what an app needs to capture data offline and keep it
/// in step.
///
/// ```swift
/// let store = try await SiteStore.open(at: places, user: "nurse-1", password: password)
/// let participant = try await store.addParticipant()
///
/// var draft = try await store.open(participant.participant, "BL")
///
/// try draft.set("VS.weight", "71.5")
///
/// try await store.save(draft)
///
/// for try await progress in store.sync() { print(progress.waiting) }
/// ```
///
/// Every call that saves returns when the save has reached the disk. Every error is a ``Problem``.
///
/// ## Topics
/// ### Opening
/// - ``enroll(_:at:device:user:password:progress:)``, ``open(at:user:password:lockAfterSeconds:)``
/// - ``lockScreen()``, ``unlock(password:)``, ``changePassword(from:to:)``
/// ### Participants and visits
/// - ``addParticipant(_:)``, ``participants()``, ``open(_:_:)``, ``save(_:reason:)``,
///   ``visit(_:_:withHistory:)``
/// ### Signing and confirming
/// - ``sign(_:_:meaning:password:)``, ``confirm(_:_:check:reason:)``
/// ### Conflicts
/// - ``conflicts()``, ``conflict(_:)``
/// ### Keeping in step
/// - ``sync()``, ``watch(whenCutOff:)``, ``changes()``, ``status()``
public final class SiteStore: Sendable {
    /// Where a laptop keeps its store, and the marker that tells a copied one.
    public struct Places: Hashable, Sendable {
        public let store: URL
        public let state: URL

        public init(store: URL, state: URL) { (self.store, self.state) = (store, state) }

        var file: String { store.appending(path: "store.db").path }
    }

    /// The person who opened the store.
    public let user: String
    public let role: Role
    public let site: SiteCode
    /// The name of this device.
    public var deviceName: String { identity.certificate.name }

    /// Which laptop's store this is, of all there are.
    package var deviceID: String { identity.certificate.device.hex }
    /// Whether this store was copied or put back since it was last written here.
    public let isCopied: Bool

    let places: Places
    let replica: SQLiteReplica
    let identity: ReplicaIdentity
    let signingKey: Curve25519.Signing.PrivateKey
    let link: CentreLink
    let environment: ReplicaEnvironment
    /// Milliseconds of a clock that only goes forward.
    let monotonic: @Sendable () -> Int64
    let gate = Mutex(AccessGate())
    /// For pages over all participants; a command that ends with its answer does without.
    let index: CaseIndex
    /// The last that the index gave, for as long as it gives the same.
    let lastWorklist = Mutex<(generation: Int, today: CalendarDate?, worklist: Worklist)?>(nil)

    init(
        places: Places, user: String, role: Role, isCopied: Bool, replica: SQLiteReplica,
        identity: ReplicaIdentity,
        signingKey: Curve25519.Signing.PrivateKey, link: CentreLink, environment: ReplicaEnvironment,
        monotonic: @escaping @Sendable () -> Int64 = uptime
    ) {
        (self.places, self.user, self.role, self.isCopied) = (places, user, role, isCopied)
        (self.replica, self.identity, self.signingKey) = (replica, identity, signingKey)
        (self.link, self.environment, self.monotonic) = (link, environment, monotonic)
        site = identity.certificate.site
        index = CaseIndex(replica, keepsFindings: true)
    }

    /// Writes the marker and closes the store.
    public func close() async {
        try? await mark()
        // It waits for what is still being read.
        try? await Offload.run { [replica] () throws(Problem) in replica.close() }
    }

    /// Notes outside the store how far its own journals have come.
    func mark() async throws {
        var marker = StoreMarker.here(places.file)
        marker.heads = try await replica.ownHeads(site: site).map(\.bytes)
        let missing = try await replica.notedMissing().map(\.bytes)
        marker.enrolled = true
        marker.missing = missing.isEmpty ? nil : missing
        try marker.write(in: places.state)
    }

    /// The newest study definition that came from the centre.
    public func study() async throws -> StudyDefinition { try await StudyShelf(replica).newest() }

    /// - Throws: `Problem(.screenLocked)`, and what ended the person's access.
    func book() async throws -> CaseBook {
        try admit()
        return CaseBook(store: replica, study: try await study())
    }

    var now: DeviceTime {
        let moment = environment.now()
        let offset =
            TimeZone.current.secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment) / 1000)) / 60
        return DeviceTime(milliseconds: moment, offsetMinutes: offset)
    }
}
