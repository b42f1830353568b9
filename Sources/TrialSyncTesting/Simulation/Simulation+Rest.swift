import SyncProtocol
import TrialModel
import TrialStore

/// What must be true when faults have stopped and everybody has synced.
extension Simulation {
    /// Whole syncs of each laptop until all are in step.
    static let syncsUntilRest = 4
    /// Round trips of one sync, whether or not it comes to its end: these, and a few for each page of all
    /// that there is.
    static func roundTripLimit(changes: Int, page: Int) -> Int { 20 + 3 * (changes + page) / page }

    func settle() async throws {
        isCalm = true
        centre.trap.disarm()
        for laptop in laptops { laptop.replica.trap.disarm() }
        if tape.faults.contains(.fullDisks) {
            for replica in [centre] + laptops.map(\.replica) {
                try await replica.store.limitGrowth(toPages: nil)
            }
        }
        note("faults have stopped")
        // Syncs in a row that moved nothing. When each laptop had one, the next would be the same again.
        var quiet = 0
        for round in 0..<Self.syncsUntilRest where quiet < laptops.count {
            // Laptops of an older study have what they lack, and access is given back, before the last syncs.
            if round < 2, try await giveAccessBack() { quiet = 0 }
            for laptop in laptops where quiet < laptops.count {
                if isAtRest(laptop) {
                    quiet += 1
                    continue
                }
                try await beginSync(laptop, step: -1, pageEntries: tape.lastPage ?? tape.pageLimit)
                try await play()
                quiet = laptop.last?.isQuiet == true ? quiet + 1 : 0
            }
        }
        for laptop in laptops where laptop.last?.inStep != true {
            throw SimulationFinding("\(laptop.name) is not in step after \(Self.syncsUntilRest) syncs")
        }
        try await compareAtRest()
    }

    private func compareAtRest() async throws {
        let all = try await centre.store.summary(of: .all)
        for site in SimulatedTrial.sites.prefix(hasTwoSites ? 2 : 1) {
            let sum = try await centre.store.summary(of: site)
            let there = try await centre.store.observation(
                of: site, records: everything(at: site), unless: nil)
            let applied = Set(there.standings.lazy.filter { $0.value == .judged(.applied) }.map(\.key))
            let heldByLock = Set(there.standings.lazy.filter { $0.value == .judged(.heldLock) }.map(\.key))
            tally.add(.heldByLock, heldByLock.count)
            tally.add(.quarantined, there.standings.values.count { $0 == .judged(.quarantined) })
            for state in there.states ?? [] {
                if let problem = oracle.difference(
                    state, site: site, applied: applied, held: heldByLock, .atRest)
                {
                    throw SimulationFinding("the centre in \(state.key.kind): \(problem)")
                }
            }
            try await checkQueries(of: centre.store, "the centre", site: site, applied: applied)
            try await checkConflicts(in: centre.store, "the centre", site: site, there.states ?? [])
            try checkSignatures(there.states ?? [], site: site, applied: applied)
            for laptop in laptops where laptop.site == site {
                try await compare(laptop, with: there, [(site, sum), (.all, all)])
                try await checkQueries(of: laptop.store, laptop.name, site: site, applied: applied)
                try await checkConflicts(in: laptop.store, laptop.name, site: site, there.states ?? [])
            }
        }
        for laptop in verified { try await verify(laptop.store, laptop.name) }
        try await verify(centre.store, "the centre")
    }

    /// In one of ten runs all is done that could show what it shows elsewhere already.
    private var isThorough: Bool { tape.seed.isMultiple(of: 10) }

    /// Whose stores are walked from end to end, which is dear: one laptop's that the seed draws, or all.
    private var verified: [SimulatedLaptop] {
        isThorough ? laptops : [laptops[Int(tape.seed / 10 % UInt64(laptops.count))]]
    }

    /// Whether the laptop was in step when its last sync ended, and nobody has written to it or to the centre
    /// since: another sync would move nothing.
    private func isAtRest(_ laptop: SimulatedLaptop) -> Bool {
        guard !isThorough, let (here, there) = laptop.rested else { return false }
        return here == laptop.replica.version && there == centre.version
    }

    /// Participants of one number are flagged, and no others; and as many conflicts are told of, in all, as
    /// these and the merged states give.
    private func checkConflicts(
        in store: SQLiteReplica, _ name: String, site: SiteCode, _ states: [RecordState]
    ) async throws {
        let bearers = Dictionary(
            grouping: states.filter {
                $0.key.kind == .participant && $0.departure == nil && $0.number != nil
            },
            by: \.number)
        let want = Set(bearers.values.filter { $0.count > 1 }.map { Set($0.map(\.key)) })
        let store = SimulatedStore(base: store, mutant: mutant)
        let found = Set(
            try await store.duplicateNumbers(site: site).map { Set($0.map(\.view.state.key)) })
        guard want == found else {
            throw SimulationFinding("\(name) flags \(found.count) numbers, and \(want.count) are borne twice")
        }
        let told = try await CaseBook(store: store, study: template.trial.study).conflicts(site: site).count
        let open = states.reduce(want.count) { $0 + $1.conflicts.count }
        guard told == open else {
            throw SimulationFinding("\(name) tells of \(told) open conflicts, and there are \(open)")
        }
    }

    /// A signature is valid exactly while the data is as it was signed.
    private func checkSignatures(
        _ states: [RecordState], site: SiteCode, applied: Set<ChangeID>
    ) throws {
        for state in states {
            let data = oracle.data(of: state.key, at: site, among: applied)
            for signature in state.signatures
            where signature.isValid(on: state) != (signed[signature.id] == data) {
                throw SimulationFinding("a signature of \(state.key.kind) is wrongly valid or not")
            }
        }
    }

    private func compare(
        _ laptop: SimulatedLaptop, with there: ReplicaObservation,
        _ sums: [(site: SiteCode, summary: ReplicaSummary)]
    ) async throws {
        let here: ReplicaObservation
        if let known = laptop.seen[laptop.replica.version], known.isWhole {
            here = known.observation
        } else {
            here = try await laptop.store.observation(
                of: laptop.site, records: everything(at: laptop.site), unless: nil)
        }
        for (id, standing) in here.standings {
            guard let other = there.standings[id] else {
                throw SimulationFinding("a change that \(laptop.name) holds never reached the centre")
            }
            guard here.held.repeated[id] == there.held.repeated[id] else {
                throw SimulationFinding("a change stands otherwise in \(laptop.name) than at the centre")
            }
            guard standing == other else {
                throw SimulationFinding("\(laptop.name) has \(standing) of a change, and the centre \(other)")
            }
        }
        for id in laptop.applied where there.standings[id] != .judged(.applied) {
            throw SimulationFinding("a verdict that \(laptop.name) was given does not stand")
        }
        for (site, theirs) in sums {
            try compare(try await laptop.store.summary(of: site), theirs, laptop, site)
        }
        guard here.firstSync == nil else {
            throw SimulationFinding("the history of \(laptop.name) never became whole")
        }
        if try await laptop.store.repairs() != nil {
            throw SimulationFinding("\(laptop.name) had to be repaired")
        }
        for (mine, other) in zip(here.states ?? [], there.states ?? []) where mine != other {
            throw SimulationFinding("\(laptop.name) shows another \(mine.key.kind) than the centre")
        }
        guard here.states != nil, there.states != nil else {
            throw SimulationFinding("\(laptop.name) or the centre shows nothing")
        }
    }

    private func compare(
        _ mine: ReplicaSummary, _ theirs: ReplicaSummary, _ laptop: SimulatedLaptop, _ site: SiteCode
    ) throws {
        guard mine.pending + mine.borrowed + mine.carried + mine.lost + mine.waiting == 0 else {
            throw SimulationFinding("\(laptop.name) has something that still waits")
        }
        guard mine.digest == theirs.digest else {
            throw SimulationFinding("\(laptop.name) and the centre have other digests of \(site)")
        }
        guard mine.entries == theirs.entries, mine.quarantined == theirs.quarantined else {
            throw SimulationFinding("\(laptop.name) and the centre have other entries of \(site)")
        }
    }

    private func verify(_ store: SQLiteReplica, _ name: String) async throws {
        guard let problem = try await store.verify().problems.first else { return }
        throw SimulationFinding(
            "verify of \(name): \(problem.place): \(problem.code.rawValue): \(problem.message)")
    }
}

extension SyncTotals {
    /// Whether the sync found both sides in step and moved nothing.
    fileprivate var isQuiet: Bool {
        inStep && roundTrips == 1 && pushed + pulled + quarantined + liveRecords + historyLeft + repaired == 0
    }
}
