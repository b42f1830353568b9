import SyncProtocol
import TrialModel
import TrialStore

/// What must be true when faults have stopped and everybody has synced.
extension Simulation {
    /// Whole syncs of each laptop until all are in step.
    static let syncsUntilRest = 4
    /// Round trips of one sync: these, and a few for each entry that is not on the laptop or not at the
    /// centre.
    static func roundTripLimit(entries: Int, page: Int) -> Int { 24 + 6 * (entries + page) / page }

    func settle() async throws {
        isCalm = true
        centre.trap.disarm()
        try await centre.store.limitGrowth(toPages: nil)
        for laptop in laptops {
            laptop.replica.trap.disarm()
            try await laptop.store.limitGrowth(toPages: nil)
        }
        note("faults have stopped")
        for round in 0..<Self.syncsUntilRest {
            // Laptops of an older study have what they lack, and access is given back, before the last syncs.
            if round < 2 { try await giveAccessBack() }
            for laptop in laptops {
                try await beginSync(laptop, step: -1, pageEntries: tape.pageLimit)
                try await play()
                try await checkEnd(of: laptop, isLast: round == Self.syncsUntilRest - 1)
            }
        }
        try await compareAtRest()
    }

    private func checkEnd(of laptop: SimulatedLaptop, isLast: Bool) async throws {
        let entries = oracle.changes.count * 3
        if let totals = laptop.last {
            let limit = Self.roundTripLimit(entries: entries, page: tape.pageLimit)
            guard totals.roundTrips <= limit else {
                throw SimulationFinding(
                    "\(laptop.name) needed \(totals.roundTrips) round trips, and \(limit) must do")
            }
        }
        guard isLast, laptop.last?.inStep != true else { return }
        throw SimulationFinding("\(laptop.name) is not in step after \(Self.syncsUntilRest) syncs")
    }

    private func compareAtRest() async throws {
        let there = try await centre.store.standings()
        let applied = Set(there.lazy.filter { $0.value == .judged(.applied) }.map(\.key))
        let heldByLock = Set(there.lazy.filter { $0.value == .judged(.heldLock) }.map(\.key))
        for laptop in laptops { try await compare(laptop, with: there) }
        for site in SimulatedTrial.sites {
            for record in everything(at: site) {
                let state = try await centre.store.view(of: record, site: site).state
                if let problem = oracle.difference(
                    state, site: site, applied: applied, held: heldByLock, isAtRest: true)
                {
                    throw SimulationFinding("the centre in \(record.kind): \(problem)")
                }
                for laptop in laptops where laptop.site == site {
                    let view = try await laptop.store.view(of: record, site: site)
                    guard view.state == state else {
                        throw SimulationFinding("\(laptop.name) shows another \(record.kind) than the centre")
                    }
                }
            }
        }
        for site in SimulatedTrial.sites {
            try await checkQueries(of: centre.store, "the centre", site: site, applied: applied)
        }
        for laptop in laptops {
            try await checkQueries(of: laptop.store, laptop.name, site: laptop.site, applied: applied)
        }
        try await verify(centre.store, "the centre")
    }

    private func compare(
        _ laptop: SimulatedLaptop, with there: [ChangeID: ChangeStanding]
    ) async throws {
        let here = try await laptop.store.standings()
        for (id, standing) in here {
            guard let other = there[id] else {
                throw SimulationFinding("a change that \(laptop.name) holds never reached the centre")
            }
            guard standing == other else {
                throw SimulationFinding("\(laptop.name) has \(standing) of a change, and the centre \(other)")
            }
        }
        for id in laptop.applied where there[id] != .judged(.applied) {
            throw SimulationFinding("a verdict that \(laptop.name) was given does not stand")
        }
        for site in [laptop.site, .all] {
            let (mine, theirs) = (
                try await laptop.store.summary(of: site), try await centre.store.summary(of: site)
            )
            guard mine.pending + mine.borrowed + mine.waiting == 0 else {
                throw SimulationFinding("\(laptop.name) has something that still waits")
            }
            guard mine.digest == theirs.digest else {
                throw SimulationFinding("\(laptop.name) and the centre have other digests of \(site)")
            }
            guard mine.entries == theirs.entries, mine.quarantined == theirs.quarantined else {
                throw SimulationFinding("\(laptop.name) and the centre have other entries of \(site)")
            }
        }
        if try await laptop.store.firstSync() != nil {
            throw SimulationFinding("the history of \(laptop.name) never became whole")
        }
        if try await laptop.store.repairs() != nil {
            throw SimulationFinding("\(laptop.name) had to be repaired")
        }
        try await verify(laptop.store, laptop.name)
    }

    private func verify(_ store: SQLiteReplica, _ name: String) async throws {
        guard let problem = try await store.verify().problems.first else { return }
        throw SimulationFinding(
            "verify of \(name): \(problem.place): \(problem.code.rawValue): \(problem.message)")
    }
}
