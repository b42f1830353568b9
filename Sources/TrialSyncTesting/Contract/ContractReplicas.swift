package import Crypto
package import Foundation
package import SyncProtocol
package import TrialModel
package import TrialStore

/// What an implementation of `ReplicaStore` brings to its contract suite: a centre, laptops, and images of
/// them.
package protocol ContractReplicas: Sendable {
    associatedtype Store: ReplicaStore
    var site: SiteCode { get }
    /// The epoch of the centre that is made.
    var epoch: Data { get }
    func makeCentre() async throws -> Store
    func makeLaptop(_ name: String) async throws -> Store
    /// The same replica, on an image of its store as it is now.
    func image(of store: Store) async throws -> Store
    /// A device of the site that has no store: a journal can be written by hand for it.
    func laptopIdentity(_ name: String) throws -> ReplicaIdentity
}

extension TestReplicas: ContractReplicas {
    package func makeCentre() async throws -> SQLiteReplica { try await makeCentre("centre") }

    package func image(of store: SQLiteReplica) async throws -> SQLiteReplica {
        let path = path("image-\(environment.random())")
        try await store.copy(to: path)
        return try open(path, as: store, kind: store.isCentre ? .centre : .laptop)
    }
}

/// Takes every change, but what `stranger` writes (quarantined) and what `latecomer` writes (held by a lock).
package struct ContractJudge: EntryJudge {
    package static let refusal = ProblemCode.notAllowed.rawValue

    package init() {}

    package func verdict(
        on change: EncodedChange, in journal: JournalIntroduction, evidence: some JudgeEvidence
    ) -> Verdict {
        switch change.change.author {
        case "stranger": .quarantined(Self.refusal)
        case "latecomer": .heldLock
        default: .applied
        }
    }
}

/// A person who saves whole numbers in registers of one item.
package struct ContractAuthor: Sendable {
    package let name: String
    private let salts: SharedGenerator

    package init(_ name: String = "nurse", seed: UInt64 = 7) {
        self.name = name
        salts = SharedGenerator(seed: seed)
    }

    /// - Parameter base: what the person was shown; nothing by default.
    package func save(_ values: [String: Int64], on record: RecordKey, from base: Base = Base()) -> Change {
        let writes = values.sorted { $0.key < $1.key }.map { item, value in
            let shown = base.registers[item] ?? .init(shown: [])
            return RegisterWrite(
                item, [ItemValue(item, .integer(value))], replaces: shown.shown, through: shown.through)
        }
        var change = Change(
            kind: .save, record: record, writes: writes, author: name, role: .dataEntry,
            at: DeviceTime(milliseconds: 1_772_000_000_000, offsetMinutes: 480), studyVersion: 1,
            salt: salts.next())
        change.guards = base.guards
        return change
    }
}

/// A journal written by hand on a device that has no store: any bytes, properly chained and signed.
package struct HandwrittenJournal: Sendable {
    package let introduction: JournalIntroduction
    private let identity: ReplicaIdentity
    package private(set) var n: UInt64 = 0
    package private(set) var head: ChainHash

    package init(_ identity: ReplicaIdentity, site: SiteCode, epoch: Data, salt: UInt8 = 0) throws {
        self.identity = identity
        introduction = try JournalIntroduction(
            opening: site, certificate: identity.certificate, epoch: epoch, reason: .enrolled,
            salt: Data(repeating: salt, count: 16))
        head = introduction.root
    }

    /// The next entries, signed by the device.
    package mutating func run(_ changes: [Data]) throws -> EntryRun {
        var run = EntryRun(journal: introduction.id, firstN: n + 1, previous: head, changes: changes)
        head = ChainedRun(run, in: introduction).last
        n = run.lastN
        run.headSignature = try Signing.sign(
            .head, site: introduction.site, SignedHead.value(journal: introduction.id, n: n, hash: head),
            with: identity.key)
        return run
    }

    package func request(_ runs: [EntryRun]) -> SyncRequest {
        var request = SyncRequest(hello: Hello(site: introduction.site, epoch: introduction.epoch))
        request.introductions = [introduction]
        request.runs = runs
        return request
    }
}
