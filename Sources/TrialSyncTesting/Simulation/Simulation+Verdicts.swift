import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// What the centre makes of entries, compared with what the rules say of them.
extension Simulation {
    /// What bears on verdicts, as the centre holds it at one moment.
    struct Circumstances {
        var locks: [RecordKey: [ChangeID]] = [:]
        var voids: [RecordKey: [ChangeID]] = [:]
        var departed: Set<EnrolmentID> = []
        var disabled: Set<String> = []
        var revoked: Set<DeviceID> = []
        var versions: Set<Int> = []
        /// What the centre has judged, and how.
        var judged: [ChangeID: Verdict.Kind] = [:]
    }

    /// A request of which entries will be judged.
    struct Watch {
        /// Changes that came without a verdict, and the device of their journal.
        var devices: [ChangeID: DeviceID] = [:]
        /// Verdicts that came with a receipt: more than one if the centre judged a change, lost it and judged
        /// it once more.
        var brought: [ChangeID: Set<Verdict.Kind>] = [:]
        var before = Circumstances()
    }

    func watchVerdicts(of body: Data, from laptop: SimulatedLaptop) async throws -> Watch? {
        guard let request = try? SyncRequest(decoding: body), !request.runs.isEmpty else { return nil }
        return try await watch(request)
    }

    private func watch(_ request: SyncRequest) async throws -> Watch {
        var watch = Watch()
        for run in request.runs {
            guard let journal = request.introductions.first(where: { $0.id == run.journal }) else { continue }
            for (index, bytes) in run.changes.enumerated() {
                let id = Chain.changeID(of: bytes)
                guard run.judgements.isEmpty else {
                    watch.brought[id, default: []].insert(run.judgements[index].verdict.kind)
                    reinstated[id, default: []].insert(run.judgements[index].verdict.kind)
                    continue
                }
                watch.devices[id] = journal.certificate.device
            }
        }
        watch.before = try await circumstances(
            of: Array(watch.devices.keys), await standingsAtCentre())
        return watch
    }

    func circumstances(
        of ids: [ChangeID], _ standings: [ChangeID: ChangeStanding]
    ) async throws -> Circumstances {
        var found = Circumstances()
        for (id, standing) in standings {
            if case .judged(let kind) = standing { found.judged[id] = kind }
        }
        found.versions = [1]
        // Without these nothing is locked, void or moved, nobody loses a right, and there is one version.
        let needed: [Fault] = [.decisions, .transfers, .endedAccess, .amendments]
        guard needed.contains(where: tape.faults.contains) else { return found }
        let views = try await viewsAtCentre()
        addRecords(to: &found, of: ids, views)
        addAccess(to: &found, views)
        for version in 2...3 where !views(.study(version: version)).state["@definition"].live.isEmpty {
            found.versions.insert(version)
        }
        return found
    }

    private func addRecords(
        to found: inout Circumstances, of ids: [ChangeID], _ views: (RecordKey) -> RecordView
    ) {
        var seen: Set<RecordKey> = []
        for id in ids {
            guard let known = oracle.changes[id] else { continue }
            let record = known.change.record
            var keys = [record]
            if let participant = record.participant { keys.append(.participant(participant)) }
            for key in keys where seen.insert(key).inserted {
                let state = views(key).state
                found.locks[key] = state[RegisterName.lock].standings
                found.voids[key] = state[RegisterName.void].standings
                if let participant = key.participant, key.kind == .participant, state.departure != nil {
                    found.departed.insert(participant)
                }
            }
        }
    }

    private func addAccess(to found: inout Circumstances, _ views: (RecordKey) -> RecordView) {
        if views(.person("helper")).state["@disabled"].standing != nil { found.disabled.insert("helper") }
        for laptop in laptops {
            let device = laptop.replica.identity.certificate.device
            if views(.device(device)).state["@revoked"].standing != nil { found.revoked.insert(device) }
        }
    }

    /// Compares what became of a request's entries with what the rules say, and the answer with the sender's
    /// rights.
    func check(_ watch: Watch?, answer: Data, isRevoked: Bool) async throws {
        if isRevoked, case .exchanged(let response)? = try? SyncAnswer(decoding: answer) {
            guard response.page.runs.isEmpty, response.live.runs.isEmpty, response.digest == nil else {
                throw SimulationFinding("a laptop whose access was ended was given something")
            }
        }
        guard let watch else { return }
        try await lookAtCentre()
        try await check(watch, try await standingsAtCentre())
    }

    private func check(_ watch: Watch, _ standings: [ChangeID: ChangeStanding]) async throws {
        for (id, kinds) in watch.brought where watch.before.judged[id] == nil {
            guard case .judged(let now)? = standings[id], !kinds.contains(now) else { continue }
            let kind = kinds.map { "\($0)" }.sorted().joined(separator: " or ")
            throw SimulationFinding("a verdict that came with a receipt was \(kind), and became \(now)")
        }
        guard !watch.devices.isEmpty else { return }
        let after = try await circumstances(of: Array(watch.devices.keys), standings)
        for (id, device) in watch.devices.sorted(by: { $0.key < $1.key })
        where watch.before.judged[id] == nil && watch.brought[id] == nil {
            guard case .judged(let kind)? = standings[id], let known = oracle.changes[id] else { continue }
            let allowed = [
                expected(known, id, by: device, watch.before, after.judged),
                expected(known, id, by: device, after, after.judged),
                expected(known, id, by: device, after, watch.before.judged),
            ]
            guard !allowed.contains(kind) else { continue }
            throw SimulationFinding(
                "a \(known.change.kind) was judged \(kind), and should have been \(allowed[1])")
        }
    }

    /// The rules of section 6 of the protocol, as far as simulated people can break them.
    private func expected(
        _ known: CausalOracle.Known, _ id: ChangeID, by device: DeviceID, _ now: Circumstances,
        _ judged: [ChangeID: Verdict.Kind]
    ) -> Verdict.Kind {
        let change = known.change
        if now.revoked.contains(device) || now.disabled.contains(change.author) { return .quarantined }
        if change.kind != .resolve, replacesSiblingsThatDiffer(change, judged) { return .quarantined }
        guard now.versions.contains(change.studyVersion), fits(change) else { return .quarantined }
        guard change.kind != .sign, change.kind != .query else { return .applied }
        if !Set(now.voids[change.record] ?? []).isDisjoint(with: change.guards) { return .quarantined }
        let locks = now.locks[change.record] ?? []
        guard locks.isEmpty else {
            return Set(locks).isDisjoint(with: change.guards) ? .heldLock : .quarantined
        }
        let isGone = change.record.participant.map(now.departed.contains) ?? false
        return isGone && change.record.kind != .participant ? .heldLock : .applied
    }

    /// What did not take effect replaced nothing: in its place stands what it had replaced. A save on top of
    /// a refused one does not end a conflict that the refused one was refused for.
    private func replacesSiblingsThatDiffer(
        _ change: Change, _ judged: [ChangeID: Verdict.Kind]
    ) -> Bool {
        change.writes.contains { write in
            guard !RegisterName.standsAlone(write.register) else { return false }
            var (open, seen, values) = (write.replaces, Set(write.replaces), Set<[ItemValue]>())
            while let id = open.popLast() {
                guard let kind = judged[id],
                    let other = oracle.changes[id]?.change.writes.first(where: {
                        $0.register == write.register
                    })
                else { continue }
                if kind == .applied {
                    values.insert(other.values)
                } else {
                    for next in other.replaces + other.through where seen.insert(next).inserted {
                        open.append(next)
                    }
                }
            }
            return values.count > 1
        }
    }

    /// Whether the study version that the change names has its items, and they take its values.
    private func fits(_ change: Change) -> Bool {
        change.writes.allSatisfy { write in
            write.register.hasPrefix("@")
                || write.values.allSatisfy { entry in
                    guard case .integer = entry.value else { return entry.value == .empty }
                    if entry.item.hasPrefix("G") { return write.register == "g" }
                    let number = Int(entry.item.dropFirst(2)) ?? .max
                    return number <= change.studyVersion + 1 && write.register == entry.item
                }
        }
    }
}
