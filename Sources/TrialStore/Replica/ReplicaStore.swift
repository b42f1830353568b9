package import Crypto
package import FoundationEssentials
package import SyncProtocol
public import TrialModel

/// Who this replica is: its device certificate and key, and the key of the centre it trusts.
package struct ReplicaIdentity: Sendable {
    package let certificate: DeviceCertificate
    package let key: Curve25519.Signing.PrivateKey
    /// The centre's public key: on the centre its own.
    package let serverKey: Data

    package init(certificate: DeviceCertificate, key: Curve25519.Signing.PrivateKey, serverKey: Data) {
        (self.certificate, self.key, self.serverKey) = (certificate, key, serverKey)
    }
}

/// The clock and the randomness of a replica, so that a simulation can bring its own, and its faults.
package struct ReplicaEnvironment: Sendable {
    /// Milliseconds since 1970 UTC.
    package let now: @Sendable () -> Int64
    package let random: @Sendable () -> UInt64
    /// Called before each statement that writes: a simulation makes it throw, as a disk that fails would, or
    /// copies the files as they are in the middle of a transaction, as a crash leaves them. Costs nothing
    /// else: it is `nil` everywhere else.
    package let beforeWriting: (@Sendable () throws -> Void)?
    /// Asked when a transaction is committed: what a simulated disk answers to that. `nil` everywhere else.
    package let beforeCommitting: (@Sendable () -> DiskFault?)?

    package init(
        now: @escaping @Sendable () -> Int64, random: @escaping @Sendable () -> UInt64,
        beforeWriting: (@Sendable () throws -> Void)? = nil,
        beforeCommitting: (@Sendable () -> DiskFault?)? = nil
    ) {
        (self.now, self.random) = (now, random)
        (self.beforeWriting, self.beforeCommitting) = (beforeWriting, beforeCommitting)
    }

    package func randomBytes(_ count: Int) -> Data {
        var bytes = Data()
        while bytes.count < count { bytes.append(bigEndian: random()) }
        return bytes.prefix(count)
    }
}

/// A change at its place, as a person names it: `JOURNAL/N`.
public struct EntryName: Hashable, Sendable, CustomStringConvertible {
    public let journal: JournalID
    public let n: UInt64

    public init(journal: JournalID, n: UInt64) { (self.journal, self.n) = (journal, n) }

    public var description: String { "\(journal.hex)/\(n)" }
}

/// An entry as history shows it.
package struct HistoryEntry: Hashable, Sendable {
    package let name: EntryName
    package let site: SiteCode
    package let deviceName: String
    package let device: DeviceID
    package let id: ChangeID
    /// `nil` if the bytes are no change.
    package let change: Change?
    /// `nil` while it has no verdict here.
    package let judgement: Judgement?

    /// Whether it took effect, or is to as far as is known here.
    package var counts: Bool { judgement.map { $0.verdict.kind == .applied } ?? true }
}

/// Which records to list.
package struct RecordFilter: Hashable, Sendable {
    package var site: SiteCode?
    package var kinds: [RecordKind] = []
    package var participant: EnrolmentID?
    package var number: NumberKey?
    package var inConflict = false

    package init() {}
}

/// Changes to save on records of one site, of several that are saved together.
package struct SiteSave: Sendable {
    package let site: SiteCode
    package var changes: [EncodedChange]
    /// What the site's confirmed state must still be; `nil` if it does not matter.
    package let expected: StateDigest?

    package init(site: SiteCode, changes: [EncodedChange], expected: StateDigest? = nil) {
        (self.site, self.changes, self.expected) = (site, changes, expected)
    }
}

/// How a site stands in a replica.
package struct ReplicaSummary: Hashable, Sendable {
    package var pending = 0
    package var borrowed = 0
    /// Saves of other devices that were brought here, and that no verdict shows to be at the centre.
    package var carried = 0
    /// Entries that the centre had and lost, as far as this replica knows.
    package var lost = 0
    /// What still has to reach the centre: own entries, borrowed runs, and entries that it lost.
    package var waiting = 0
    package var entries = 0
    package var records = 0
    package var quarantined = 0
    package var openConflicts = 0
    package var digest = StateDigest()
    package var journals = 0
}

/// One replica: a laptop's or the centre's. Nothing above it knows how it is kept.
///
/// Each call is one transaction, and returns when what it wrote has reached the disk. Another process may
/// write at any time between two calls. Every implementation passes the contract suite in TrialSyncTesting.
///
/// ## Topics
/// ### Reading
/// - ``view(of:site:)``, ``views(_:)``, ``history(of:)``, ``summary(of:)``, ``verify()``
/// ### Writing here
/// - ``save(_:site:signedWith:)``, ``save(_:)``, ``closeJournals()``
/// ### Syncing as a laptop
/// - ``prepare(site:proving:limit:)``, ``prepare(site:behind:limit:)``, ``apply(_:site:)``,
///   ``adopt(epoch:held:heldAll:contested:site:)``
/// ### Syncing as the centre
/// - ``inspect(_:)``, ``take(_:by:)``, ``page(for:outcomes:)``, ``drawEpoch(for:)``
/// ### From laptop to laptop
/// - ``lend(site:beyond:)``, ``borrow(_:site:)``
package protocol ReplicaStore: Sendable {
    /// The record as this replica shows it; an empty one if nothing was ever saved on it.
    func view(of key: RecordKey, site: SiteCode) async throws -> RecordView
    func views(_ filter: RecordFilter) async throws -> [(site: SiteCode, view: RecordView)]
    /// Records that bear one number, in groups of two or more.
    func duplicateNumbers(site: SiteCode?) async throws -> [[(site: SiteCode, view: RecordView)]]
    func history(of key: RecordKey) async throws -> [HistoryEntry]
    /// The histories of several records in their order, from one snapshot.
    func histories(of keys: [RecordKey]) async throws -> [[HistoryEntry]]
    /// Entries that were kept and not applied, of all sites or one.
    func notApplied(site: SiteCode?) async throws -> [HistoryEntry]
    func entry(of id: ChangeID) async throws -> HistoryEntry?
    /// The changes that decided a conflict whose name starts like this (in hexadecimal).
    func resolutions(conflictPrefix: String) async throws -> [(conflict: ConflictID, entry: HistoryEntry)]
    func sites() async throws -> [SiteCode]
    /// The newest study definition held here, if there is one.
    func newestStudy() async throws -> StudyDefinition?
    func summary(of site: SiteCode) async throws -> ReplicaSummary
    func epoch() async throws -> Data
    func setting(_ name: String) async throws -> Data?
    func set(_ name: String, to value: Data?) async throws
    func verify() async throws -> VerifyReport

    /// Saves changes together: all or none. On a laptop they are pending; the centre's own have their verdict
    /// at once.
    func save(
        _ changes: [Change], site: SiteCode, signedWith key: Curve25519.Signing.PrivateKey?
    ) async throws -> [EntryName]
    /// Saves changes on records of several sites together: all or none.
    ///
    /// - Throws: `Problem(.storeBusy)` if a site is not any more as was expected.
    func save(_ saves: [SiteSave]) async throws -> [EntryName]
    /// The next save opens a new journal: this store was copied or put back.
    func closeJournals() async throws
    func numbers() async throws -> NumberPool
    func addLease(_ lease: NumberLease) async throws
    /// - Throws: `Problem(.numbersExhausted)`.
    func takeNumber() async throws -> Int
    /// The head of the own open journal of a site, pending entries included.
    func ownHead(site: SiteCode) async throws -> (journal: JournalID, n: UInt64, hash: ChainHash)?
    /// Whether the entry of this place is here, in whatever journal, or the place was the head of an own one
    /// until its entries were issued anew.
    func holds(journal: JournalID, n: UInt64, hash: ChainHash) async throws -> Bool

    /// How many of a device's changes have a verdict here, and how many of them are in quarantine.
    func changeCounts(of device: DeviceID) async throws -> (judged: Int, quarantined: Int)

    func prepare(site: SiteCode, proving: [JournalID], limit: Int) async throws -> SyncRequest
    func prepare(site: SiteCode, behind request: SyncRequest, limit: Int) async throws -> SyncRequest?
    func apply(_ response: SyncResponse, site: SiteCode) async throws -> AppliedExchange
    /// - Parameter contested: journals that the centre contradicted and asked the receipts of.
    func adopt(
        epoch: Data, held: [Place], heldAll: [Place], contested: [JournalID], site: SiteCode
    ) async throws

    func inspect(_ request: SyncRequest) async throws -> CentreStanding
    func take(_ request: SyncRequest, by judge: some EntryJudge) async throws -> [Outcome]
    func page(for hello: Hello, outcomes: [Outcome]) async throws -> SyncResponse
    func drawEpoch(for site: SiteCode) async throws -> CentreStanding

    /// What a replica that holds `stored` lacks, with unreceipted entries on their owners' signed heads.
    func lend(site: SiteCode, beyond stored: ChangeVector) async throws -> PullPage
    func borrow(_ page: PullPage, site: SiteCode) async throws -> Int
    /// Everything held at a site, confirmed or not.
    func stored(site: SiteCode) async throws -> ChangeVector
}
