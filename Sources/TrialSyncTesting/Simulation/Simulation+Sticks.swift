import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// Sticks: files that somebody writes and anybody reads, now or much later, once or twice, here or elsewhere.
extension Simulation {
    /// A bundle's file, and what its writer held when it was written.
    struct Stick {
        let path: String
        let site: SiteCode
        let writer: String
        /// The step in which it was written.
        let step: Int
        let standings: [ChangeID: ChangeStanding]
        /// Whether all of that is on it: what a first sync brings ahead of its history is not.
        let isWhole: Bool
        /// For the mutant that counts it.
        let vector: ChangeVector
    }

    func carry(_ step: Step, _ laptop: SimulatedLaptop) async throws {
        switch step.kind {
        case .lend:
            let others = laptops.filter { $0.site == laptop.site && $0.index != laptop.index }
            guard !others.isEmpty else { return }
            let lender = others[step.pick(1, below: others.count)]
            guard let stick = try await write(step, from: lender, site: laptop.site) else { return }
            try await read(stick, step, at: laptop)
        case .bundleFromCentre:
            guard let stick = try await write(step, from: nil, site: laptop.site) else { return }
            try await read(stick, step, at: laptop)
        case .bundleToCentre:
            guard let stick = try await write(step, from: laptop, site: laptop.site) else { return }
            try await readAtCentre(stick, step)
        case .writeStick:
            _ = try await write(step, from: step.chance(1, 0.3) ? nil : laptop, site: laptop.site)
        default:
            guard !sticks.isEmpty else { return }
            let stick = sticks[step.pick(1, below: sticks.count)]
            if step.chance(2, 0.3) {
                try await readAtCentre(stick, step)
            } else {
                try await read(stick, step, at: laptop)
            }
        }
    }

    /// - Parameter laptop: `nil` for the centre.
    private func write(
        _ step: Step, from laptop: SimulatedLaptop?, site: SiteCode
    ) async throws -> Stick? {
        let replica = laptop?.replica ?? centre
        let path = directory.url.appending(path: "stick-\(files)").path
        files += 1
        let held = if let laptop { laptop.standings } else { try await standingsAtCentre() }
        do {
            _ = try await replica.store.exportBundle(
                of: site, to: path, seal: SimulatedTrial.bundleSeal(site))
        } catch let problem as Problem {
            try note(problem, "no stick is written at \(replica.name)", expected: [])
            return nil
        }
        let stick = Stick(
            path: path, site: site, writer: replica.name, step: step.id,
            standings: held.filter { [site, .all].contains(oracle.changes[$0.key]?.site) },
            isWhole: laptop?.firstSync == nil,
            vector: mutant == .stickRaisesVector
                ? try await replica.store.stored(site: site) : ChangeVector())
        sticks.append(stick)
        tally.add(.sticksWritten)
        note("a stick is written at \(replica.name)")
        return stick
    }

    // MARK: Reading

    /// Of those that lay about, one in ten was not copied to its end, and is to be refused.
    private func path(of stick: Stick, _ step: Step) throws -> (path: String, isCut: Bool) {
        guard step.kind == .readStick, step.chance(3, 0.1) else { return (stick.path, false) }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: stick.path))
        let path = stick.path + "-cut-\(files)"
        files += 1
        try bytes.prefix(step.pick(4, below: bytes.count)).write(to: URL(fileURLWithPath: path))
        return (path, true)
    }

    private func read(_ stick: Stick, _ step: Step, at laptop: SimulatedLaptop) async throws {
        let store = SimulatedStore(
            base: laptop.store, mutant: mutant, memory: laptop.memory, tally: tally)
        let (path, isCut) = try path(of: stick, step)
        laptop.lent.formUnion(stick.standings.keys)
        let isTaken = try await take(stick, step, isCut: isCut, at: laptop.replica) {
            try await store.importBundle(path, into: laptop.site, counting: stick.vector).imported
        }
        guard laptop.replica.trap.crashImage == nil else { return }
        try await inspect(laptop)
        if isTaken { try check(stick, isHeldBy: laptop.name, laptop.standings) }
    }

    private func readAtCentre(_ stick: Stick, _ step: Step) async throws {
        let watch = try await watch(stick)
        let store = SimulatedStore(base: centre.store, mutant: mutant, tally: tally)
        let (path, isCut) = try path(of: stick, step)
        let isTaken = try await take(stick, step, isCut: isCut, at: centre) {
            try await store.takeBundle(path).imported
        }
        guard centre.trap.crashImage == nil else { return }
        try await check(watch, answer: Data(), isRevoked: false)
        if isTaken { try check(stick, isHeldBy: "the centre", try await standingsAtCentre()) }
    }

    /// - Returns: whether all of it was taken over.
    private func take(
        _ stick: Stick, _ step: Step, isCut: Bool, at replica: SimulatedReplica,
        _ body: () async throws -> Int
    ) async throws -> Bool {
        let name = replica.name
        if isCut { tally.add(.sticksCut) }
        do {
            let count = try await body()
            note("\(name) takes \(count) of a stick from \(stick.writer)")
        } catch let problem as Problem {
            let expected = refusals(of: stick, isCut: isCut, at: replica)
            try note(problem, "the stick fails at \(name)", expected: expected)
            return false
        }
        guard !isCut, replica.isCentre || replica.site == stick.site else {
            throw SimulationFinding("\(name) takes a stick that was cut, or is of another site")
        }
        tally.add(.sticksRead)
        if stick.step != step.id { tally.add(.oldSticksRead) }
        return true
    }

    /// Whoever has taken a stick over holds what was on it.
    private func check(
        _ stick: Stick, isHeldBy name: String, _ standings: [ChangeID: ChangeStanding]
    ) throws {
        guard stick.isWhole else { return }
        guard let id = stick.standings.keys.filter({ standings[$0] == nil }).min() else { return }
        throw SimulationFinding(
            "\(name) took a stick of \(stick.writer) and does not hold \(id.hex.prefix(8)) of it")
    }

    /// What a stick asks of the centre: what its writer held then and the centre has not judged.
    private func watch(_ stick: Stick) async throws -> Watch {
        var watch = Watch()
        let known = try await standingsAtCentre()
        for (id, standing) in stick.standings {
            switch standing {
            case .judged(let kind):
                reinstated[id, default: []].insert(kind)
                if known[id] == nil { watch.brought[id] = [kind] }
            // What was borrowed from before a restore may come with the verdict that it had.
            case .borrowed where hasRestores:
                reinstated[id, default: []].formUnion([.applied, .heldLock, .quarantined])
            case .borrowed, .pending:
                if known[id] == nil { watch.devices[id] = authors[id] }
            }
        }
        watch.before = try await circumstances(of: Array(watch.devices.keys), known)
        return watch
    }
}
