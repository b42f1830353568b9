import Crypto
import Foundation
import SyncProtocol
import Synchronization
import TrialModel
import TrialStore

/// A real store as a sync sees it: says when the page behind has been looked for, and is where mutants that
/// concern stores do their harm.
struct SimulatedStore: ReplicaStore {
    let base: SQLiteReplica
    var line: ExchangeLine?
    var mutant: Mutant?
    var memory = MutantMemory()
    var tally: Tally?

    // MARK: As a laptop

    func prepare(site: SiteCode, proving: [JournalID], limit: Int) async throws -> SyncRequest {
        var request = try await base.prepare(site: site, proving: proving, limit: limit)
        switch mutant {
        case .pendingInRecord: memory.note(pending: request.runs)
        case .bundlesNotForwarded: request.runs.removeAll(where: \.forwarded)
        case .quarantineNotReoffered:
            request.runs.removeAll { $0.judgements.contains { $0.verdict.kind == .quarantined } }
        case .reissuedDropped:
            let moved = Set(
                request.introductions.filter { ["fork", "epoch"].contains($0.reason) }.map(\.id))
            request.runs.removeAll { moved.contains($0.journal) && $0.judgements.isEmpty && !$0.forwarded }
        case .stickRaisesVector: request.hello.covered = memory.raisedBySticks(request.hello.covered)
        case .unconfirmedCounted:
            let stored = try await base.stored(site: site)
            request.hello.covered = request.hello.covered.map { place in
                guard stored[place.journal] > place.n else { return place }
                return Place(
                    journal: place.journal, n: stored[place.journal], verdictPrefix: place.verdictPrefix)
            }
        case .unknownFieldsDropped: try dropUnknownFields(of: &request)
        default: break
        }
        return request
    }

    func prepare(site: SiteCode, behind request: SyncRequest, limit: Int) async throws -> SyncRequest? {
        defer { line?.didLookAhead() }
        var next = try await base.prepare(site: site, behind: request, limit: limit)
        if mutant == .bundlesNotForwarded {
            next?.runs.removeAll(where: \.forwarded)
            if next?.runs.isEmpty == true { next = nil }
        }
        if mutant == .unknownFieldsDropped, var request = next {
            try dropUnknownFields(of: &request)
            next = request
        }
        return next
    }

    /// Writes each change as this program would have written it.
    private func dropUnknownFields(of request: inout SyncRequest) throws {
        for (index, run) in request.runs.enumerated() {
            guard let journal = request.introductions.first(where: { $0.id == run.journal }) else { continue }
            request.runs[index].changes = try run.changes.map { bytes in
                let change = try EncodedChange(received: bytes, id: Chain.changeID(of: bytes)).change
                guard !change.kind.needsSignature else { return bytes }
                return try EncodedChange(change, site: journal.site).bytes
            }
        }
    }

    func apply(_ response: SyncResponse, site: SiteCode) async throws -> AppliedExchange {
        if mutant == .answerFailsSilently { throw ErrorWithoutCode() }
        var applied = try await noticingFullDisk { try await base.apply(response, site: site) }
        if mutant == .reissuedAnew { try await saveAnew(after: response, site: site) }
        if mutant == .pendingInRecord, applied.digestsEqual == true {
            applied.digestsEqual = try await digestOfRows(site) == response.digest
        }
        return applied
    }

    /// The digest of rows into which was written what was pending, whatever became of it.
    private func digestOfRows(_ site: SiteCode) async throws -> StateDigest {
        let standings = try await base.holdings().standings
        let refused = memory.pending.filter { standings[$0.id]?.isShown == false }
        var (digest, filter) = (StateDigest(), RecordFilter())
        filter.site = site
        for entry in try await base.views(filter) {
            var state = entry.view.state
            for encoded in refused where encoded.change.record == state.key {
                state.apply(encoded.change, id: encoded.id) { standings[$0] == .judged(.applied) }
            }
            digest.add(state.digest)
        }
        return digest
    }

    func adopt(
        epoch: Data, held: [Place], heldAll: [Place], contested: [JournalID], site: SiteCode
    ) async throws {
        var (held, heldAll) = (held, heldAll)
        if mutant == .nothingComesBack {
            let mine = try await base.prepare(site: site, proving: [], limit: 1).hello
            (held, heldAll) = (mine.covered, mine.coveredAll)
        }
        try await noticingFullDisk { [held, heldAll] in
            try await base.adopt(epoch: epoch, held: held, heldAll: heldAll, contested: contested, site: site)
        }
    }

    func summary(of site: SiteCode) async throws -> ReplicaSummary {
        var summary = try await base.summary(of: site)
        if mutant == .pendingHidden { summary.pending = max(0, summary.pending - 1) }
        return summary
    }

    /// What is looked at after each event, how many saves the replica itself says to wait, and how much to be
    /// still on its way to the centre.
    func observation(
        of site: SiteCode, records: [RecordKey], unless known: [ChangeID: ChangeStanding]?
    ) async throws -> (seen: ReplicaObservation, pending: Int, waiting: Int) {
        let seen = try await base.observation(of: site, records: records, unless: known)
        let pending = mutant == .pendingHidden ? max(0, seen.pending - 1) : seen.pending
        return (seen, pending, mutant == .waitingHidden ? 0 : seen.waiting)
    }

    func duplicateNumbers(site: SiteCode?) async throws -> [[(site: SiteCode, view: RecordView)]] {
        mutant == .duplicatesHidden ? [] : try await base.duplicateNumbers(site: site)
    }

    func notApplied(site: SiteCode?) async throws -> [HistoryEntry] {
        mutant == .quarantineHidden ? [] : try await base.notApplied(site: site)
    }

    // MARK: Sticks

    func importBundle(
        _ path: String, into site: SiteCode, counting vector: ChangeVector
    ) async throws -> BundleTotals {
        try refuseStick()
        let totals = try await noticingFullDisk { try await base.importBundle(path, into: site) }
        memory.noteStick(vector)
        return totals
    }

    func takeBundle(_ path: String) async throws -> BundleTotals {
        try refuseStick()
        return try await noticingFullDisk {
            try await base.takeBundle(
                path, judge: SimulatedJudge(mutant: mutant),
                seal: { site, _ in SimulatedTrial.bundleSeal(site) }
            ).totals
        }
    }

    private func refuseStick() throws {
        if mutant == .sticksRefused { throw Problem(.notAllowed, "a mutant refuses it") }
    }

    /// Counts what the disk had no room for.
    private func noticingFullDisk<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let problem as Problem {
            if problem.code == .diskFull, problem.message != WriteTrap.failure {
                tally?.add(base.isCentre ? .centreDisksFull : .disksFull)
            }
            throw problem
        }
    }

    func save(_ saves: [SiteSave]) async throws -> [EntryName] {
        if mutant == .savesRefused { throw Problem(.notAllowed, "a mutant refuses it") }
        do { return try await noticingFullDisk { try await base.save(saves) } } catch let problem as Problem {
            guard mutant == .failedSavesAcknowledged, [.diskFull, .diskFailed].contains(problem.code)
            else { throw problem }
            return []
        }
    }

    // MARK: As the centre

    func inspect(_ request: SyncRequest) async throws -> CentreStanding {
        if mutant == .requestFailsSilently { throw ErrorWithoutCode() }
        var standing = try await base.inspect(request)
        if mutant == .receiptsIgnoredAfterRestore { standing.contradicted = [] }
        if mutant == .epochsIgnored { standing.epoch = request.hello.epoch }
        return standing
    }

    func take(_ request: SyncRequest, by judge: some EntryJudge) async throws -> [Outcome] {
        var request = request
        if mutant == .epochsIgnored { request.hello.epoch = try await base.epoch() }
        switch mutant {
        case .judgedAnew: for index in request.runs.indices { request.runs[index].judgements = [] }
        case .hashesIgnored: return try await takeByNumber(request, by: judge)
        case .segmentsRefused: return try await takeWithoutSegments(request, by: judge)
        case .takenTwice: return try await takeTwice(request, by: judge, .applied)
        case .judgedTwice:
            return try await takeTwice(request, by: judge, .quarantined(ProblemCode.notAllowed.rawValue))
        default: break
        }
        return try await noticingFullDisk { [request] in try await base.take(request, by: judge) }
    }

    func page(for hello: Hello, outcomes: [Outcome]) async throws -> SyncResponse {
        var asked = hello
        if mutant == .vectorSavedBeforeRows { asked.covered = memory.raised(hello.covered) }
        if mutant == .pagesOfOne { asked.entryLimit = 1 }
        if mutant == .otherSiteGiven { asked.site = SimulatedTrial.sites.first { $0 != hello.site } ?? .all }
        var response = try await base.page(for: asked, outcomes: outcomes)
        if mutant == .vectorSavedBeforeRows { memory.note(response.page) }
        if mutant == .epochsIgnored { response.epoch = hello.epoch }
        if mutant == .digestOfWrongVector, let digest = response.digest {
            response.digest = memory.exchange(digest)
        }
        guard let page = response.livePage, !page.cursor.cursor.isEmpty else { return response }
        switch mutant {
        case .liveMaskIgnored: response.live.records = response.live.records.map { widened($0, response) }
        case .historyIsMerged: if !page.more { response.livePage?.cursor = LiveCursor() }
        case .tailIsSkipped: if hello.live?.cursor.first == 3 { response.live = LiveContents() }
        case .shownTooSoon: response.livePage?.more = false
        default: break
        }
        return response
    }

    /// Makes every register live that an entry of the record writes.
    private func widened(_ record: LiveRecord, _ response: SyncResponse) -> LiveRecord {
        var record = record
        let own = record.entries
        for bytes in response.live.runs.flatMap(\.changes) {
            let id = Chain.changeID(of: bytes)
            guard own.contains(id), !record.held.contains(id),
                let change = try? EncodedChange(received: bytes, id: id).change
            else { continue }
            for write in change.writes {
                guard let index = record.registers.firstIndex(where: { $0.name == write.register }),
                    !record.registers[index].live.contains(id)
                else { continue }
                record.registers[index].live = (record.registers[index].live + [id]).sorted()
            }
        }
        return record
    }

    func drawEpoch(for site: SiteCode) async throws -> CentreStanding {
        tally?.add(.epochsDrawn)
        return try await base.drawEpoch(for: site)
    }
}

/// What a mutant fails with: no problem of the catalogue.
private struct ErrorWithoutCode: Error {}

/// What a mutant remembers between two calls, of one laptop or of the centre.
final class MutantMemory: Sendable {
    /// The chain of verdicts of each journal, place by place.
    let verdicts = Mutex<[JournalID: [UInt64: ChainHash]]>([:])
    private let places = Mutex<[JournalID: UInt64]>([:])
    private let seen = Mutex<[ChangeID: EncodedChange]>([:])
    private let digests = Mutex<(before: StateDigest?, last: StateDigest?)>((nil, nil))

    private let sticks = Mutex<[JournalID: UInt64]>([:])

    func noteStick(_ vector: ChangeVector) {
        sticks.withLock { sticks in
            for (journal, n) in vector.journals { sticks[journal] = max(sticks[journal] ?? 0, n) }
        }
    }

    func raisedBySticks(_ covered: [Place]) -> [Place] {
        sticks.withLock { sticks in
            covered.map { place in
                guard let n = sticks[place.journal], n > place.n else { return place }
                return Place(journal: place.journal, n: n, verdictPrefix: place.verdictPrefix)
            }
        }
    }

    func raised(_ covered: [Place]) -> [Place] {
        places.withLock { places in
            var raised = covered.filter { places[$0.journal] ?? 0 <= $0.n }
            for (journal, n) in places where !raised.contains(where: { $0.journal == journal }) {
                raised.append(Place(journal: journal, n: n, verdictPrefix: Data(count: Place.prefixBytes)))
            }
            return raised
        }
    }

    /// What was pending when a sync was prepared, in the order of ids.
    var pending: [EncodedChange] { seen.withLock { $0.values.sorted { $0.id < $1.id } } }

    func note(pending runs: [EntryRun]) {
        for bytes in runs.filter({ $0.judgements.isEmpty && !$0.forwarded }).flatMap(\.changes) {
            let id = Chain.changeID(of: bytes)
            guard let change = try? EncodedChange(received: bytes, id: id) else { continue }
            seen.withLock { $0[id] = change }
        }
    }

    func note(_ page: PullPage) {
        places.withLock { places in
            for run in page.runs { places[run.journal] = max(places[run.journal] ?? 0, run.lastN) }
        }
    }

    /// The digest of the state before this one.
    func exchange(_ next: StateDigest) -> StateDigest {
        digests.withLock { digests in
            if digests.last != next { digests = (digests.last, next) }
            return digests.before ?? next
        }
    }
}
