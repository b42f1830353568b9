import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// What coordinators do at the centre.
extension Simulation {
    static let coordinator = "coordinator"

    var moment: DeviceTime { DeviceTime(milliseconds: centre.clock.now, offsetMinutes: 0) }

    /// Every change that the centre shows.
    func shown() async throws -> Set<ChangeID> {
        Set(try await standingsAtCentre().lazy.filter(\.value.isShown).map(\.key))
    }

    func keep(
        _ change: Change, _ site: SiteCode, past: [String: Set<ChangeID>]
    ) async throws {
        let key = change.kind.needsSignature ? try SimulatedTrial.key(change.author) : nil
        let encoded = try EncodedChange(change, site: site, signedWith: key)
        oracle.add(encoded, site: site, past: past)
        try await keep([SiteSave(site: site, changes: [encoded])])
    }

    /// - Returns: whether they were kept.
    @discardableResult
    func keep(_ saves: [SiteSave]) async throws -> Bool {
        var isKept = false
        do {
            _ = try await SimulatedStore(base: centre.store, mutant: mutant, tally: tally).save(saves)
            isKept = true
            for change in saves.flatMap(\.changes) {
                tally(change.change)
                note("the centre saves \(change.id.hex.prefix(8)) (\(change.change.kind))")
            }
        } catch let problem as Problem {
            try note(problem, "the centre cannot save", expected: refusals(of: saves, at: centre))
        }
        if centre.trap.crashImage == nil { try await lookAtCentre() }
        return isKept
    }

    /// Counts what a person did.
    func tally(_ change: Change) {
        switch change.kind {
        case .resolve: tally.add(.conflictsDecided)
        case .query: tally.add(.queries)
        case .lock: tally.add(.locks)
        case .void: tally.add(.voids)
        case .sign: tally.add(.signatures)
        case .release: tally.add(.releases)
        default: break
        }
        if change.writes.contains(where: { RegisterName.isConfirmation($0.register) }) {
            tally.add(.confirmations)
        }
        if change.reason == Self.otherProgramReason { tally.add(.foreignChanges) }
    }

    /// What a replica shows of every record, read at one moment.
    func views(of replica: SimulatedReplica) async throws -> (RecordKey) -> RecordView {
        let found =
            replica.isCentre
            ? try await replica.store.confirmedStates().map { RecordView(confirmed: $0) }
            : try await replica.store.views(RecordFilter()).map(\.view)
        let views = Dictionary(found.map { ($0.state.key, $0) }) { first, _ in first }
        return { views[$0] ?? RecordView(confirmed: RecordState(key: $0)) }
    }

    func viewsAtCentre() async throws -> (RecordKey) -> RecordView {
        let version = centre.version
        if let known = centreViews[version] { return known }
        let views = try await views(of: centre)
        centreViews[version] = views
        return views
    }

    // MARK: Locks and voids

    /// The first record from a picked one on that can be locked, or what the step asks for.
    func decide(_ step: Step) async throws {
        let all = SimulatedTrial.sites.flatMap { site in (records[site] ?? []).map { (site, $0) } }
        let start = step.pick(1, below: all.count)
        let views = try await viewsAtCentre()
        for (site, key) in all[start...] + all[..<start] {
            let view = views(key)
            guard let (register, says) = decision(step.kind, on: view.state) else { continue }
            return try await decide(register, says, on: view, at: site)
        }
    }

    private func decision(
        _ kind: Step.Kind, on state: RecordState
    ) -> (register: String, says: Bool)? {
        let isLocked = state[RegisterName.lock].standing != nil
        let isVoid = state[RegisterName.void].standing != nil
        guard !state.liveData.isEmpty, state.departure == nil else { return nil }
        let isFree = !isLocked && state.conflicts.isEmpty
        switch kind {
        case .lock where isFree && !isVoid: return (RegisterName.lock, true)
        case .unlock where isLocked: return (RegisterName.lock, false)
        case .void where isFree && !isVoid: return (RegisterName.void, true)
        case .unvoid where isFree && isVoid: return (RegisterName.void, false)
        default: return nil
        }
    }

    private func decide(
        _ register: String, _ says: Bool, on view: RecordView, at site: SiteCode
    ) async throws {
        let (state, key) = (view.state, view.state.key)
        let write = RegisterWrite(
            register, [ItemValue(register, .yesNo(says))],
            replaces: view.base.registers[register]?.shown ?? [])
        let kind: ChangeKind = register == RegisterName.void ? .void : says ? .lock : .unlock
        var change = Change(
            kind: kind, record: key, writes: [write], author: Self.coordinator, role: .coordinator,
            at: moment,
            studyVersion: 1, salt: nextSalt())
        (change.guards, change.reason) = (view.base.guards, "decided")
        if kind == .void, says { change.cites = state.liveData }
        try await keep(change, site, past: oracle.past(of: key, [register], shown: try await shown()))
    }

    func resolveAtCentre(_ step: Step) async throws {
        let views = try await viewsAtCentre()
        for site in SimulatedTrial.sites {
            for key in records[site] ?? [] {
                let view = views(key)
                let open = view.state.conflicts.filter {
                    $0.kind == .concurrentEdit
                        && ($0.register.first != "@" || $0.register == RegisterName.number)
                }
                guard let conflict = open.first, view.state[RegisterName.lock].standing == nil,
                    view.state[RegisterName.void].standing == nil
                else { continue }
                let change = try resolution(
                    of: conflict, view, step, by: (Self.coordinator, .coordinator), at: moment)
                return try await keep(
                    change, site,
                    past: oracle.past(of: key, [conflict.register], shown: try await shown()))
            }
        }
    }

    /// What came after a lock is admitted or not; an edit against a void likewise.
    func decideHeld(_ step: Step) async throws {
        let views = try await viewsAtCentre()
        for site in SimulatedTrial.sites {
            for key in records[site] ?? [] {
                let view = views(key)
                let conflict = view.state.conflicts.first { $0.kind != .concurrentEdit }
                guard let conflict, view.state.departure == nil else { continue }
                return try await settle(conflict, view, site, admits: step.chance(2, 0.5))
            }
        }
    }

    private func settle(
        _ conflict: Conflict, _ view: RecordView, _ site: SiteCode, admits: Bool
    ) async throws {
        var (writes, cites): ([RegisterWrite], [ChangeID]) = ([], conflict.siblings)
        var past: [String: Set<ChangeID>] = [:]
        if conflict.kind == .editVersusVoid {
            let base = view.base.registers[RegisterName.void]
            writes = [
                RegisterWrite(
                    RegisterName.void, [ItemValue(RegisterName.void, .yesNo(!admits))],
                    replaces: base?.shown ?? [])
            ]
            cites = view.state.liveData
            past = oracle.past(of: conflict.record, [RegisterName.void], shown: try await shown())
        } else if admits, let known = oracle.changes[conflict.siblings[0]] {
            // What the lock held is written anew, with what its author was shown.
            (writes, past) = (known.change.writes, known.past)
            cites += known.change.cites
        }
        var change = Change(
            kind: .resolve, record: conflict.record, writes: writes, author: Self.coordinator,
            role: .coordinator,
            at: moment, studyVersion: 1, salt: nextSalt())
        if let known = oracle.changes[conflict.siblings[0]], !writes.isEmpty {
            change.studyVersion = max(1, known.change.studyVersion)
        }
        (change.conflict, change.guards, change.cites) = (conflict.id, view.base.guards, cites)
        change.reason = "decided"
        try await keep(change, site, past: past)
    }

    func release(_ step: Step) async throws {
        for site in SimulatedTrial.sites {
            let kept = try await centre.store.quarantine(site: site).filter { $0.change?.kind == .save }
            guard !kept.isEmpty else { continue }
            let entry = kept[step.pick(1, below: kept.count)]
            guard let original = entry.change, let known = oracle.changes[entry.id] else { return }
            let view = try await centre.store.view(of: original.record, site: site)
            guard view.state[RegisterName.lock].standing == nil, view.state[RegisterName.void].standing == nil
            else { return }
            var change = Change(
                kind: .release, record: original.record, writes: original.writes, author: Self.coordinator,
                role: .coordinator, at: moment, studyVersion: 1, salt: nextSalt())
            (change.cites, change.guards, change.reason) = ([entry.id], view.base.guards, "released")
            return try await keep(change, site, past: known.past)
        }
    }

    // MARK: Access and study

    private func administer(_ record: RecordKey, _ register: String, _ value: Value) async throws {
        let view = try await centre.store.view(of: record, site: .all)
        let write = RegisterWrite(
            register, [ItemValue(register, value)], replaces: view.base.registers[register]?.shown ?? [])
        let encoded = try SimulatedTrial.administering(record, [write], salt: nextSalt())
        oracle.add(
            encoded, site: .all, past: oracle.past(of: record, [register], shown: try await shown()))
        try await keep([SiteSave(site: .all, changes: [encoded])])
    }

    func setDisabled(_ isDisabled: Bool) async throws {
        let state = try await centre.store.view(of: .person("helper"), site: .all).state
        guard (state["@disabled"].standing != nil) != isDisabled else { return }
        try await administer(.person("helper"), "@disabled", .yesNo(isDisabled))
        tallyAccess(isEnded: isDisabled)
    }

    func setRevoked(_ isRevoked: Bool, _ laptop: SimulatedLaptop) async throws {
        let device = RecordKey.device(laptop.replica.identity.certificate.device)
        let state = try await centre.store.view(of: device, site: .all).state
        guard (state["@revoked"].standing != nil) != isRevoked else { return }
        try await administer(device, "@revoked", .yesNo(isRevoked))
        tallyAccess(isEnded: isRevoked)
    }

    private func tallyAccess(isEnded: Bool) {
        tally.add(isEnded ? .accessEnded : .accessGivenBack)
        if isAnyoneMidPull { tally.add(isEnded ? .accessEndedMidPull : .accessGivenBackMidPull) }
    }

    /// - Returns: whether somebody had none.
    func giveAccessBack() async throws -> Bool {
        guard tape.faults.contains(.endedAccess) else { return false }
        let views = try await viewsAtCentre()
        var isChanged = false
        if views(.person("helper")).state["@disabled"].standing != nil {
            try await setDisabled(false)
            isChanged = true
        }
        for laptop in laptops {
            let device = RecordKey.device(laptop.replica.identity.certificate.device)
            guard views(device).state["@revoked"].standing != nil else { continue }
            try await setRevoked(false, laptop)
            isChanged = true
        }
        return isChanged
    }

    func amend() async throws {
        for version in [2, 3] {
            let record = RecordKey.study(version: version)
            let state = try await centre.store.view(of: record, site: .all).state
            guard state["@definition"].live.isEmpty else { continue }
            tally.add(.studyVersions)
            if isAnyoneMidPull { tally.add(.studyVersionsMidPull) }
            return try await administer(
                record, "@definition", .text(SimulatedTrial.json(version: version)))
        }
    }
}
