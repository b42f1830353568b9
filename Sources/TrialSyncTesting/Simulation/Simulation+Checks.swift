import SyncProtocol
import TrialModel
import TrialStore

/// What must be true at every moment.
extension Simulation {
    /// Looks at a laptop as its people do.
    func inspect(_ laptop: SimulatedLaptop) async throws {
        let isBusy = laptop.line != nil
        let version = laptop.replica.version
        if let known = laptop.seen[version], isBusy || known.isWhole {
            // Nothing was written since: only the centre may be another.
            return try await checkCentreHolds(known.observation, of: laptop)
        }
        let (seen, waiting) = try await SimulatedStore(base: laptop.store, mutant: mutant).observation(
            of: laptop.site, records: everything(at: laptop.site), unless: isBusy ? laptop.standings : nil)
        laptop.seen[version] = (seen, !isBusy || seen.states != nil)
        let standings = seen.standings
        if let lost = laptop.saved.first(where: { standings[$0] == nil }) {
            throw SimulationFinding(
                "\(laptop.name) lost a save that it had acknowledged (\(lost.hex.prefix(8)))")
        }
        try checkRegress(laptop, standings)
        try checkStatus(laptop, seen, says: waiting)
        try await checkCentreHolds(seen, of: laptop)
        (laptop.standings, laptop.firstSync) = (standings, seen.firstSync)
        try checkPromise(laptop, seen)
        try checkViews(laptop, seen)
        if let firstSync = seen.firstSync, !firstSync.isShown, let record = records[laptop.site]?.first,
            (try? await laptop.store.view(of: record, site: laptop.site)) != nil
        {
            throw SimulationFinding("\(laptop.name) shows something of a site that it has in part")
        }
    }

    /// Every record that anybody has begun at a site.
    func everything(at site: SiteCode) -> [RecordKey] { (records[site] ?? []) + (queries[site] ?? []) }

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
        for id in standings.keys.filter({ laptop.standings[$0] == nil }).sorted() {
            note("\(laptop.name) has \(id.hex.prefix(8)) \(standings[id].map { "\($0)" } ?? "")")
        }
        laptop.shown = Set(standings.lazy.filter(\.value.isShown).map(\.key))
        laptop.applied = Set(standings.lazy.filter { $0.value == .judged(.applied) }.map(\.key))
    }

    /// What a laptop says of itself is true: what people saved here and no verdict came for waits.
    private func checkStatus(
        _ laptop: SimulatedLaptop, _ seen: ReplicaObservation, says waiting: Int
    ) throws {
        let unheard = laptop.saved.count { id in
            switch seen.standings[id] {
            case .judged, .borrowed: false
            case .pending, nil: true
            }
        }
        // What came as a live entry of a first sync has no receipt yet, and waits as well.
        guard waiting == unheard || seen.firstSync != nil && waiting > unheard else {
            throw SimulationFinding(
                "\(laptop.name) says that \(waiting) saves wait, and \(unheard) do")
        }
        // Whatever the laptop's tables say: nobody can have judged what never was at the centre.
        if let id = laptop.saved.subtracting(everHeld).first(where: { seen.standings[$0] != .pending }) {
            throw SimulationFinding(
                "\(laptop.name) does not count \(id.hex.prefix(8)) as waiting, which never was at the centre")
        }
    }

    /// Where nothing is lost on the way, one sync brings everything to the centre, whoever made it.
    func checkDelivered(_ laptop: SimulatedLaptop) throws {
        guard let id = laptop.asked.subtracting(held).min() else { return }
        throw SimulationFinding("a sync of \(laptop.name) left \(id.hex.prefix(8)) behind")
    }

    /// A sync that says to be in step has brought to the centre what the laptop held when it began, what came
    /// by sticks too, and the verdicts back.
    func checkInStep(_ laptop: SimulatedLaptop) throws {
        guard laptop.restores == restores else { return }
        for id in laptop.asked.sorted() {
            guard case .judged? = laptop.standings[id], held.contains(id) else {
                throw SimulationFinding(
                    "\(laptop.name) is in step, and \(id.hex.prefix(8)) is not at the centre or not judged")
            }
        }
    }

    /// What a laptop tells to be at the centre is there.
    private func checkCentreHolds(_ seen: ReplicaObservation, of laptop: SimulatedLaptop) async throws {
        let missing = seen.standings.filter { entry in
            if case .judged = entry.value { !held.contains(entry.key) } else { false }
        }
        guard missing.count > seen.reoffered else { return }
        let epoch = try await centre.store.epoch()
        guard epoch != putBackEpoch, try await laptop.store.epoch() == epoch else { return }
        throw SimulationFinding(
            "\(laptop.name) tells \(missing.count) changes to be at the centre that are not there")
    }

    /// Every record shows what exact history gives for what the laptop holds.
    private func checkViews(_ laptop: SimulatedLaptop, _ seen: ReplicaObservation) throws {
        let held = Set(seen.standings.lazy.filter { $0.value == .judged(.heldLock) }.map(\.key))
        for state in seen.states ?? [] {
            if let problem = oracle.difference(
                state, site: laptop.site, applied: laptop.shown, held: held, isAtRest: false)
            {
                throw SimulationFinding("\(laptop.name) in \(state.key.kind): \(problem)")
            }
        }
    }

    /// What is shown first is everything that the centre had when the sync began.
    private func checkPromise(_ laptop: SimulatedLaptop, _ seen: ReplicaObservation) throws {
        guard let promised = laptop.promised, seen.firstSync?.isShown == true else { return }
        laptop.promised = nil
        for place in oracle.places[laptop.site] ?? [] {
            let seen = oracle.past(of: place, shown: laptop.shown)
            guard let missing = oracle.live(place, among: promised).subtracting(seen).min() else { continue }
            throw SimulationFinding(
                "\(laptop.name) shows its site without \(missing.hex.prefix(8)) in \(place.register)")
        }
    }

    func standingsAtCentre() async throws -> [ChangeID: ChangeStanding] {
        let version = centre.version
        if let known = centreStandings[version] { return known }
        let standings = try await centre.store.standings()
        centreStandings[version] = standings
        return standings
    }

    /// Remembers what the centre holds. What it has decided once it neither loses nor decides again.
    func lookAtCentre() async throws {
        let standings = try await standingsAtCentre()
        for (id, standing) in judged {
            guard let now = standings[id] else {
                throw SimulationFinding("the centre lost \(id.hex.prefix(8)), which was \(standing)")
            }
            guard now == standing else {
                throw SimulationFinding("\(id.hex.prefix(8)) was \(standing) at the centre, and is \(now)")
            }
        }
        for id in standings.keys where oracle.changes[id] == nil {
            throw SimulationFinding("the centre holds a change that nobody made")
        }
        (judged, held) = (standings, Set(standings.keys))
        everHeld.formUnion(held)
    }
}
