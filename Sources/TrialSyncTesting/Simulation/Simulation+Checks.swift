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
        let store = SimulatedStore(base: laptop.store, mutant: mutant)
        let (seen, pending, waiting) = try await store.observation(
            of: laptop.site, records: everything(at: laptop.site), unless: isBusy ? laptop.standings : nil)
        laptop.seen[version] = (seen, !isBusy || seen.states != nil)
        let standings = seen.standings
        if let lost = laptop.saved.first(where: { standings[$0] == nil }) {
            throw SimulationFinding(
                "\(laptop.name) lost a save that it had acknowledged (\(lost.hex.prefix(8)))")
        }
        try checkRegress(laptop, standings)
        try checkStatus(laptop, seen, says: pending)
        try checkWaiting(laptop, seen, says: waiting)
        try await checkQuarantine(laptop, seen)
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

    /// What a laptop says of itself is true, by number and by name: what was saved here and no verdict came
    /// for waits; what was carried here came by a stick; what the centre is to be given back has a name.
    private func checkStatus(
        _ laptop: SimulatedLaptop, _ seen: ReplicaObservation, says waiting: Int
    ) throws {
        let unheard = laptop.saved.filter { id in
            switch seen.standings[id] {
            case .judged, .borrowed: false
            case .pending, nil: true
            }
        }
        let named = seen.held.pending
        // What came as a live entry of a first sync has no receipt yet, and waits as well.
        let isRight = seen.firstSync == nil ? named == unheard : named.isSuperset(of: unheard)
        guard waiting == named.count, isRight else {
            throw SimulationFinding(
                "\(laptop.name) says that \(waiting) saves wait and names \(named.count), "
                    + "and \(unheard.count) do")
        }
        try checkCarried(laptop, seen)
        let lost = seen.held.lost.count
        guard seen.reoffered == lost else {
            throw SimulationFinding(
                "\(laptop.name) says that the centre lost \(seen.reoffered), and names \(lost)")
        }
        // Whatever the laptop's tables say: nobody can have judged what never was at the centre.
        if let id = laptop.saved.subtracting(everHeld).first(where: { seen.standings[$0] != .pending }) {
            throw SimulationFinding(
                "\(laptop.name) does not count \(id.hex.prefix(8)) as waiting, which never was at the centre")
        }
    }

    /// It says that nothing is to reach the centre any more exactly while it names nothing that is: "safe at
    /// the centre" and "in step" are said by that count.
    private func checkWaiting(
        _ laptop: SimulatedLaptop, _ seen: ReplicaObservation, says waiting: Int
    ) throws {
        let named = seen.held.pending.count + seen.held.carried.count + seen.held.lost.count
        guard (waiting == 0) == (named == 0) else {
            throw SimulationFinding(
                "\(laptop.name) says that \(waiting) are to reach the centre, and names \(named)")
        }
    }

    /// What a laptop says to be kept in quarantine, as its `status` counts it, is every entry of what it
    /// holds with that verdict and holds no release of; and the verdict is the centre's.
    private func checkQuarantine(_ laptop: SimulatedLaptop, _ seen: ReplicaObservation) async throws {
        guard seen.standings != laptop.standings else { return }
        let kept = Set(seen.standings.lazy.filter { $0.value == .judged(.quarantined) }.map(\.key))
        // What stands applied elsewhere, by a receipt from before a restore, is not looked at here.
        let told = try await SimulatedStore(base: laptop.store, mutant: mutant)
            .quarantine(site: laptop.site).filter { kept.contains($0.id) }
        let waiting = kept.subtracting(released(among: seen.standings))
        let entries = waiting.reduce(0) { $0 + (seen.held.repeated[$1]?.entries ?? 1) }
        guard told.count == entries, Set(told.map(\.id)) == waiting else {
            throw SimulationFinding(
                "\(laptop.name) says that \(told.count) saves are kept in quarantine, and \(entries) are")
        }
        // A restored centre may have judged what it lost otherwise before.
        guard !hasRestores, let id = kept.filter({ judged[$0] != .judged(.quarantined) }).min()
        else { return }
        throw SimulationFinding("\(laptop.name) keeps \(id.hex.prefix(8)) in quarantine, and not the centre")
    }

    /// What a release that took effect admits, of the same record.
    private func released(among standings: [ChangeID: ChangeStanding]) -> Set<ChangeID> {
        var released: Set<ChangeID> = []
        for (id, standing) in standings where standing == .judged(.applied) {
            guard let change = oracle.changes[id]?.change, change.kind == .release else { continue }
            released.formUnion(change.cites.filter { oracle.changes[$0]?.change.record == change.record })
        }
        return released
    }

    private func checkCarried(_ laptop: SimulatedLaptop, _ seen: ReplicaObservation) throws {
        guard seen.carried == seen.held.carried.count else {
            throw SimulationFinding(
                "\(laptop.name) says that it carries \(seen.carried) changes, and names others")
        }
        // A restored centre makes what it holds otherwise of something to be carried, too.
        guard !hasRestores, let id = seen.held.carried.subtracting(laptop.lent).min() else { return }
        throw SimulationFinding("\(laptop.name) carries \(id.hex.prefix(8)), which no stick brought it")
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
        let lost = Set(seen.held.lost)
        let missing = seen.standings.filter { entry in
            guard case .judged = entry.value else { return false }
            return !held.contains(entry.key) && !lost.contains(entry.key)
        }
        guard let id = missing.keys.min() else { return }
        let epoch = try await centre.store.epoch()
        guard epoch != putBackEpoch, try await laptop.store.epoch() == epoch else { return }
        throw SimulationFinding(
            "\(laptop.name) tells \(id.hex.prefix(8)) to be at the centre, and it is not")
    }

    /// Every record shows what exact history gives for what the laptop holds. One that shows what it showed,
    /// with the same changes of it here, was found right before.
    private func checkViews(_ laptop: SimulatedLaptop, _ seen: ReplicaObservation) throws {
        guard let states = seen.states else { return }
        let before = laptop.checked
        let held = Set(seen.standings.lazy.filter { $0.value == .judged(.heldLock) }.map(\.key))
        var now = SimulatedLaptop.CheckedViews(shown: laptop.shown, held: held)
        let moved = now.shown.symmetricDifference(before.shown).union(held.symmetricDifference(before.held))
        let touched = oracle.records(touchedBy: moved)
        for state in states {
            now.states[state.key] = state
            guard touched.contains(state.key) || before.states[state.key] != state else { continue }
            if let problem = oracle.difference(
                state, site: laptop.site, applied: laptop.shown, held: held,
                .underWay(isRestored: restores > 0, isFirstSync: seen.firstSync != nil))
            {
                throw SimulationFinding("\(laptop.name) in \(state.key.kind): \(problem)")
            }
        }
        laptop.checked = now
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

    func holdingsAtCentre() async throws -> ReplicaHoldings {
        let version = centre.version
        if let known = centreHoldings[version] { return known }
        let holdings = try await centre.store.holdings()
        centreHoldings[version] = holdings
        return holdings
    }

    func standingsAtCentre() async throws -> [ChangeID: ChangeStanding] {
        try await holdingsAtCentre().standings
    }

    /// Remembers what the centre holds. What it has decided once it neither loses nor decides again.
    func lookAtCentre() async throws {
        let holdings = try await holdingsAtCentre()
        let standings = holdings.standings
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
        try checkRepeated(holdings.repeated)
        (judged, held) = (standings, Set(standings.keys))
        everHeld.formUnion(held)
    }

    /// A change is judged once, wherever it stands: another verdict on it is one that came with a receipt. It
    /// stands at one place, unless a copy, a stick or a restore brought it into another journal.
    private func checkRepeated(_ repeated: [ChangeID: RepeatedChange]) throws {
        for (id, places) in repeated.sorted(by: { $0.key < $1.key }) {
            let judgedHere = Set([places.strongest, places.weakest]).subtracting(reinstated[id] ?? [])
            guard judgedHere.count < 2 else {
                throw SimulationFinding(
                    "\(id.hex.prefix(8)) was judged twice: \(places.strongest) and \(places.weakest)")
            }
            guard hasSecondPlaces else {
                throw SimulationFinding("the centre took \(id.hex.prefix(8)) \(places.entries) times")
            }
        }
    }
}
