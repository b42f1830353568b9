package import Foundation
package import SyncProtocol
package import TrialModel
package import TrialStore

/// Fresh laptops that join a busy site: two laptops write at the centre while a third one, cut off at any
/// step, gets the site by its live entries.
///
/// Its oracle is the centre itself: whenever the newcomer shows anything, that is everything the centre held
/// when the sync that made it visible began; and in the end both hold the same.
package struct FirstSyncSimulation {
    /// Rules broken on purpose, in what crosses the wire, to show that the oracle sees it.
    package enum Mutant: String, Sendable, CaseIterable {
        /// Every register that a live entry writes is taken for live.
        case liveMaskIgnored
        /// The history that comes behind is merged like any other entry.
        case historyIsMerged
        /// What was written after the first page was read is not told.
        case tailIsSkipped
        /// The site is shown after the first page.
        case shownTooSoon
    }

    private struct Lost: Error {}

    private var random: SeededGenerator
    private let replicas: TestReplicas
    private let records: [RecordKey]
    private let mutant: Mutant?
    private let centre: SQLiteReplica
    private let writers: [SQLiteReplica]
    private var salt: UInt64 = 0

    package init(seed: UInt64, mutant: Mutant? = nil) async throws {
        var random = SeededGenerator(seed: seed)
        replicas = try TestReplicas(seed: seed)
        var records: [RecordKey] = []
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            records.append(.visit(EnrolmentID(using: &random), event: "BL"))
        }
        self.records = records
        self.mutant = mutant
        centre = try await replicas.makeCentre()
        writers = [try await replicas.makeLaptop("writer0"), try await replicas.makeLaptop("writer1")]
        self.random = random
    }

    /// - Returns: what went wrong, or `nil`.
    package mutating func run() async throws -> String? {
        for _ in 0..<Int.random(in: 5...40, using: &random) { try await write() }
        for writer in writers { try await Self.whole(writer, replicas, centre) }
        for index in 0..<2 {
            let joiner = try await replicas.makeLaptop("joiner\(index)")
            if let problem = try await join(joiner) { return "newcomer \(index): \(problem)" }
            joiner.close()
        }
        for writer in writers { writer.close() }
        centre.close()
        return nil
    }

    /// One save by one of the writers, on what it sees; what salt decides is quarantined or held.
    private mutating func write() async throws {
        let writer = writers[Int.random(in: writers.indices, using: &random)]
        if random.chance(0.3) { try await Self.whole(writer, replicas, centre) }
        try await save(on: writer)
    }

    private mutating func save(on store: SQLiteReplica) async throws {
        guard let record = records.randomElement(using: &random) else { return }
        salt += 1
        let base = try await store.view(of: record, site: replicas.site).base
        var writes: [RegisterWrite] = []
        for register in ["i1", "i2", "i3"] where random.chance(0.5) {
            let known = base.registers[register]
            writes.append(
                RegisterWrite(
                    register, [ItemValue(register, .integer(Int64(salt)))], replaces: known?.shown ?? [],
                    through: known?.through ?? []))
        }
        guard !writes.isEmpty else { return }
        let change = Change(
            kind: .save, record: record, writes: writes, author: "nurse", role: .dataEntry,
            at: DeviceTime(milliseconds: 0, offsetMinutes: 0), studyVersion: 1, salt: salt)
        _ = try await store.save([change], site: replicas.site, signedWith: nil)
    }

    /// Takes most changes, quarantines some and holds some.
    private struct Judge: EntryJudge {
        func verdict(
            on change: EncodedChange, in journal: JournalIntroduction, evidence: some JudgeEvidence
        ) -> Verdict {
            switch change.change.salt % 11 {
            case 7: .quarantined("not-allowed")
            case 8: .heldLock
            default: .applied
            }
        }
    }

    private static func whole(_ store: SQLiteReplica, _ replicas: TestReplicas, _ centre: SQLiteReplica)
        async throws
    {
        let answering = CentreExchange(store: centre, judge: Judge())
        _ = try await LaptopExchange(store: store, site: replicas.site).run { try await answering.answer($0) }
    }

    // MARK: The newcomer

    private mutating func join(_ joiner: SQLiteReplica) async throws -> String? {
        var wasShown = false
        for _ in 0..<25 {
            let before = try await states(of: centre)
            let isDone = try await sync(joiner, loss: 0.25)
            if let problem = try await look(at: joiner, before, &wasShown) { return problem }
            if isDone { break }
            if wasShown, random.chance(0.3) { try await save(on: joiner) }
        }
        for writer in writers { try await Self.whole(writer, replicas, centre) }
        _ = try await sync(joiner, loss: 0)
        guard try await joiner.firstSync() == nil else { return "the history never became whole" }
        guard try await states(of: joiner) == states(of: centre) else { return "the merged states differ" }
        let here = try await joiner.summary(of: replicas.site)
        let there = try await centre.summary(of: replicas.site)
        guard here.digest == there.digest, here.entries == there.entries else { return "the digests differ" }
        guard here.quarantined == there.quarantined else { return "an entry in quarantine is missing" }
        guard try await joiner.stored(site: replicas.site) == centre.stored(site: replicas.site) else {
            return "the journals differ"
        }
        return try await joiner.verify().problems.first.map { "verify: \($0)" }
    }

    /// What is shown at all is everything that the centre held when the sync began, or is nothing.
    private func look(
        at joiner: SQLiteReplica, _ before: [RecordKey: RecordState], _ wasShown: inout Bool
    ) async throws -> String? {
        guard let firstSync = try await joiner.firstSync() else { return nil }
        guard firstSync.isShown else {
            if wasShown { return "what was shown is hidden again" }
            let shown = try? await joiner.view(of: records[0], site: replicas.site)
            return shown == nil ? nil : "something is shown too soon"
        }
        defer { wasShown = true }
        if let problem = try await joiner.verify().problems.first { return "verify on the way: \(problem)" }
        guard !wasShown else { return nil }
        let here = try await states(of: joiner)
        let now = try await states(of: centre)
        for (key, state) in before where here[key] != state && here[key] != now[key] {
            return "what is shown first is not what the centre held"
        }
        return nil
    }

    private func states(of store: SQLiteReplica) async throws -> [RecordKey: RecordState] {
        var states: [RecordKey: RecordState] = [:]
        for record in records {
            let view = try await store.view(of: record, site: replicas.site)
            states[record] = view.state
        }
        return states
    }

    /// - Returns: whether the sync ran to its end.
    private mutating func sync(_ joiner: SQLiteReplica, loss: Double) async throws -> Bool {
        let exchange = LaptopExchange(
            store: joiner, site: replicas.site, pageEntries: Int.random(in: 1...4, using: &random))
        let (centre, replicas, mutant) = (centre, replicas, mutant)
        let answering = CentreExchange(store: centre, judge: Judge())
        let network = SharedGenerator(seed: random.next())
        let writer = writers[Int.random(in: writers.indices, using: &random)]
        var busy: Set<UInt64> = []
        if loss > 0 { for _ in 0..<2 { busy.insert(UInt64.random(in: 1...6, using: &random)) } }
        for _ in busy { try await save(on: writer) }
        let rounds = SharedCounter()
        let moments = busy
        do {
            _ = try await exchange.run { body in
                if network.chance(loss / 2) { throw Lost() }
                let answer = try await answering.answer(body)
                // Others write while the newcomer reads page after page.
                if moments.contains(UInt64(rounds.next())) {
                    try await Self.whole(writer, replicas, centre)
                }
                if network.chance(loss / 2) { throw Lost() }
                return try await Self.broken(answer, by: mutant, asked: SyncRequest(decoding: body), centre)
            }
            return true
        } catch is Lost { return false }
    }

    // MARK: Mutants

    private static func broken(
        _ answer: Data, by mutant: Mutant?, asked: SyncRequest, _ centre: SQLiteReplica
    ) async throws -> Data {
        guard let mutant, case .exchanged(var response) = try SyncAnswer(decoding: answer),
            let page = response.livePage, !page.cursor.cursor.isEmpty
        else { return answer }
        switch mutant {
        case .liveMaskIgnored: response.live.records = response.live.records.map { widened($0, response) }
        case .historyIsMerged: if !page.more { response.livePage?.cursor = LiveCursor() }
        case .tailIsSkipped: if asked.hello.live?.cursor.first == 3 { response.live = LiveContents() }
        case .shownTooSoon: response.livePage?.more = false
        }
        return try SyncAnswer.exchanged(response).encoded()
    }

    private static func widened(_ record: LiveRecord, _ response: SyncResponse) -> LiveRecord {
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
}
