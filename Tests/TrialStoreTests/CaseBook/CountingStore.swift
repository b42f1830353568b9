import Crypto
import Foundation
import SyncProtocol
import Synchronization
import TrialModel
import TrialStore

/// A store that counts what a book asks of it: each question is one, and each record or entry that it is
/// handed is one more. Unlike statements that does not depend on which connection answers.
final class CountingStore: ReplicaStore {
    private let base: any ReplicaStore
    private let count = Mutex(0)

    init(_ base: any ReplicaStore) { self.base = base }

    func during(_ body: () async throws -> Void) async throws -> Int {
        count.withLock { $0 = 0 }
        try await body()
        return count.withLock { $0 }
    }

    private func counted<Answer>(_ answer: Answer, handing number: Int = 1) -> Answer {
        count.withLock { $0 += 1 + number }
        return answer
    }

    // MARK: What a book asks

    func view(of key: RecordKey, site: SiteCode) async throws -> RecordView {
        counted(try await base.view(of: key, site: site))
    }

    func views(_ filter: RecordFilter) async throws -> [(site: SiteCode, view: RecordView)] {
        let found = try await base.views(filter)
        return counted(found, handing: found.count)
    }

    func duplicateNumbers(site: SiteCode?) async throws -> [[(site: SiteCode, view: RecordView)]] {
        let found = try await base.duplicateNumbers(site: site)
        return counted(found, handing: found.count)
    }

    func history(of key: RecordKey) async throws -> [HistoryEntry] {
        let found = try await base.history(of: key)
        return counted(found, handing: found.count)
    }

    func histories(of keys: [RecordKey]) async throws -> [[HistoryEntry]] {
        let found = try await base.histories(of: keys)
        return counted(found, handing: found.reduce(0) { $0 + $1.count })
    }

    func notApplied(site: SiteCode?) async throws -> [HistoryEntry] {
        let found = try await base.notApplied(site: site)
        return counted(found, handing: found.count)
    }

    func entry(of id: ChangeID) async throws -> HistoryEntry? { counted(try await base.entry(of: id)) }

    func resolutions(
        conflictPrefix: String
    ) async throws -> [(conflict: ConflictID, entry: HistoryEntry)] {
        let found = try await base.resolutions(conflictPrefix: conflictPrefix)
        return counted(found, handing: found.count)
    }

    // MARK: The rest

    func sites() async throws -> [SiteCode] { try await base.sites() }
    func newestStudy() async throws -> StudyDefinition? { try await base.newestStudy() }
    func summary(of site: SiteCode) async throws -> ReplicaSummary { try await base.summary(of: site) }
    func epoch() async throws -> Data { try await base.epoch() }
    func setting(_ name: String) async throws -> Data? { try await base.setting(name) }
    func set(_ name: String, to value: Data?) async throws { try await base.set(name, to: value) }
    func verify() async throws -> VerifyReport { try await base.verify() }

    func save(
        _ changes: [Change], site: SiteCode, signedWith key: Curve25519.Signing.PrivateKey?
    ) async throws -> [EntryName] {
        try await base.save(changes, site: site, signedWith: key)
    }

    func save(_ saves: [SiteSave]) async throws -> [EntryName] { try await base.save(saves) }
    func closeJournals() async throws { try await base.closeJournals() }
    func numbers() async throws -> NumberPool { try await base.numbers() }
    func addLease(_ lease: NumberLease) async throws { try await base.addLease(lease) }
    func takeNumber() async throws -> Int { try await base.takeNumber() }

    func ownHead(site: SiteCode) async throws -> (journal: JournalID, n: UInt64, hash: ChainHash)? {
        try await base.ownHead(site: site)
    }

    func holds(journal: JournalID, n: UInt64, hash: ChainHash) async throws -> Bool {
        try await base.holds(journal: journal, n: n, hash: hash)
    }

    func changeCounts(of device: DeviceID) async throws -> (judged: Int, quarantined: Int) {
        try await base.changeCounts(of: device)
    }

    func prepare(site: SiteCode, proving: [JournalID], limit: Int) async throws -> SyncRequest {
        try await base.prepare(site: site, proving: proving, limit: limit)
    }

    func prepare(site: SiteCode, behind request: SyncRequest, limit: Int) async throws -> SyncRequest? {
        try await base.prepare(site: site, behind: request, limit: limit)
    }

    func apply(_ response: SyncResponse, site: SiteCode) async throws -> AppliedExchange {
        try await base.apply(response, site: site)
    }

    func adopt(
        epoch: Data, held: [Place], heldAll: [Place], contested: [JournalID], site: SiteCode
    ) async throws {
        try await base.adopt(epoch: epoch, held: held, heldAll: heldAll, contested: contested, site: site)
    }

    func inspect(_ request: SyncRequest) async throws -> CentreStanding { try await base.inspect(request) }

    func take(_ request: SyncRequest, by judge: some EntryJudge) async throws -> [Outcome] {
        try await base.take(request, by: judge)
    }

    func page(for hello: Hello, outcomes: [Outcome]) async throws -> SyncResponse {
        try await base.page(for: hello, outcomes: outcomes)
    }

    func drawEpoch(for site: SiteCode) async throws -> CentreStanding {
        try await base.drawEpoch(for: site)
    }

    func lend(site: SiteCode, beyond stored: ChangeVector) async throws -> PullPage {
        try await base.lend(site: site, beyond: stored)
    }

    func borrow(_ page: PullPage, site: SiteCode) async throws -> Int {
        try await base.borrow(page, site: site)
    }

    func stored(site: SiteCode) async throws -> ChangeVector { try await base.stored(site: site) }
}
