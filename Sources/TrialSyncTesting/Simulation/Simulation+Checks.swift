import SyncProtocol
import TrialModel
import TrialStore

/// What must be true at every moment.
extension Simulation {
    /// Looks at a laptop as its people do.
    func inspect(_ laptop: SimulatedLaptop) async throws {
        let standings = try await laptop.store.standings()
        if let lost = laptop.saved.first(where: { standings[$0] == nil }) {
            throw SimulationFinding("\(laptop.name) lost a save that it had acknowledged (\(lost.hex.prefix(8)))")
        }
        try checkRegress(laptop, standings)
        try await checkStatus(laptop, standings)
        try await checkViews(laptop, standings)
    }

    private func checkRegress(
        _ laptop: SimulatedLaptop, _ standings: [ChangeID: ChangeStanding]
    ) throws {
        for id in laptop.shown where standings[id] == nil {
            throw SimulationFinding("\(laptop.name) showed \(id.hex.prefix(8)) and has it no more")
        }
        for id in laptop.applied {
            guard let standing = standings[id], !standing.isShown else { continue }
            throw SimulationFinding("\(laptop.name) takes back that \(id.hex.prefix(8)) took effect")
        }
        for (id, _) in standings {
            guard let known = oracle.changes[id] else {
                throw SimulationFinding("\(laptop.name) holds a change that nobody made")
            }
            guard known.site == laptop.site || known.site == .all else {
                throw SimulationFinding("\(laptop.name) holds a change of another site")
            }
        }
        for id in standings.keys.filter({ !laptop.known.contains($0) }).sorted() {
            note("\(laptop.name) has \(id.hex.prefix(8)) \(standings[id].map { "\($0)" } ?? "")")
        }
        laptop.known = Set(standings.keys)
        laptop.shown = Set(standings.lazy.filter(\.value.isShown).map(\.key))
        laptop.applied = Set(standings.lazy.filter { $0.value == .judged(.applied) }.map(\.key))
    }

    /// What a laptop says of itself is true: what waits, waits, and what it tells to be at the centre is
    /// there.
    private func checkStatus(
        _ laptop: SimulatedLaptop, _ standings: [ChangeID: ChangeStanding]
    ) async throws {
        let store = SimulatedStore(base: laptop.store, mutant: mutant)
        let summary = try await store.summary(of: laptop.site)
        let waiting = standings.values.count { $0 == .pending }
        // What came as a live entry of a first sync has no receipt yet, and waits as well.
        let isWhole = try await laptop.store.firstSync() == nil
        guard summary.pending == waiting || !isWhole && summary.pending > waiting else {
            throw SimulationFinding(
                "\(laptop.name) says that \(summary.pending) saves wait, and \(waiting) do")
        }
        guard !wasPutBack, try await laptop.store.epoch() == centre.store.epoch() else { return }
        let missing = standings.filter { entry in
            if case .judged = entry.value { !held.contains(entry.key) } else { false }
        }
        guard missing.count > summary.waiting else { return }
        throw SimulationFinding(
            "\(laptop.name) tells \(missing.count) changes to be at the centre that are not there")
    }

    /// Every record shows what exact history gives for what the laptop holds.
    private func checkViews(
        _ laptop: SimulatedLaptop, _ standings: [ChangeID: ChangeStanding]
    ) async throws {
        if let firstSync = try await laptop.store.firstSync() {
            guard firstSync.isShown else {
                guard let record = records[laptop.site]?.first,
                    (try? await laptop.store.view(of: record, site: laptop.site)) != nil
                else { return }
                throw SimulationFinding("\(laptop.name) shows something of a site that it has in part")
            }
        }
        let shown = laptop.shown
        let held = Set(standings.lazy.filter { $0.value == .judged(.heldLock) }.map(\.key))
        let all = records[laptop.site] ?? []
        for record in all {
            let view = try await laptop.store.view(of: record, site: laptop.site)
            if let problem = oracle.difference(
                view.state, site: laptop.site, applied: shown, held: held, isAtRest: false)
            {
                throw SimulationFinding("\(laptop.name) in \(record.kind): \(problem)")
            }
        }
    }

    /// Remembers what the centre holds.
    func lookAtCentre() async throws {
        held = Set(try await centre.store.standings().keys)
    }
}
