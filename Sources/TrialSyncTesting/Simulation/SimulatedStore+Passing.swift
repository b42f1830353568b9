import Crypto
import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// What no mutant touches.
extension SimulatedStore {
    func view(of key: RecordKey, site: SiteCode) async throws -> RecordView {
        try await base.view(of: key, site: site)
    }

    func views(_ filter: RecordFilter) async throws -> [(site: SiteCode, view: RecordView)] {
        try await base.views(filter)
    }

    func history(of key: RecordKey) async throws -> [HistoryEntry] { try await base.history(of: key) }

    func histories(of keys: [RecordKey]) async throws -> [[HistoryEntry]] {
        try await base.histories(of: keys)
    }

    func entry(of id: ChangeID) async throws -> HistoryEntry? { try await base.entry(of: id) }

    func resolutions(
        conflictPrefix: String
    ) async throws -> [(conflict: ConflictID, entry: HistoryEntry)] {
        try await base.resolutions(conflictPrefix: conflictPrefix)
    }

    func sites() async throws -> [SiteCode] { try await base.sites() }

    func newestStudy() async throws -> StudyDefinition? { try await base.newestStudy() }

    func epoch() async throws -> Data { try await base.epoch() }

    func setting(_ name: String) async throws -> Data? { try await base.setting(name) }

    func set(_ name: String, to value: Data?) async throws { try await base.set(name, to: value) }

    func verify() async throws -> VerifyReport { try await base.verify() }

    func save(
        _ changes: [Change], site: SiteCode, signedWith key: Curve25519.Signing.PrivateKey?
    ) async throws -> [EntryName] {
        try await base.save(changes, site: site, signedWith: key)
    }

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

    func lend(site: SiteCode, beyond stored: ChangeVector) async throws -> PullPage {
        try await base.lend(site: site, beyond: stored)
    }

    func borrow(_ page: PullPage, site: SiteCode) async throws -> Int {
        try await base.borrow(page, site: site)
    }

    func stored(site: SiteCode) async throws -> ChangeVector { try await base.stored(site: site) }
}
