import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// What the centre decides while a laptop is in the middle of a pull: the page before was read before it, and
/// the page behind will be read after it.
extension Simulation {
    /// A step that waits for the middle of a sync.
    struct Ambush {
        let step: Step
        let laptop: SimulatedLaptop
        let exchange: Int
    }

    private static let worstInPulls: Set<Step.Kind> = [
        .transfer, .amend, .disablePerson, .enablePerson, .revokeLaptop, .admitLaptop,
    ]

    /// Whether some laptop has got a page, and more is to come.
    var isAnyoneMidPull: Bool { laptops.contains(where: \.isMidPull) }

    /// Lets a step wait for the middle of a pull, and begins one in several pages.
    ///
    /// - Returns: whether it waits.
    func ambushes(_ step: Step) async throws -> Bool {
        guard seeksWorstMoments, ambush == nil, Self.worstInPulls.contains(step.kind),
            let laptop = try await puller(for: step)
        else { return false }
        let pages = 2 + step.pick(5, below: 2)
        try await beginSync(
            laptop, step: step.id, pageEntries: max(1, try await lacking(laptop) / pages))
        guard laptop.line != nil else { return false }
        ambush = Ambush(step: step, laptop: laptop, exchange: laptop.exchange)
        return true
    }

    /// Takes the step that waits, when its moment has come or will not come any more.
    ///
    /// - Returns: whether something was done.
    func strike() async throws -> Bool {
        guard let ambush else { return false }
        let (laptop, exchange) = (ambush.laptop, ambush.exchange)
        let isOver = laptop.line == nil || laptop.exchange != exchange
        guard isOver || laptop.isMidPull else { return false }
        self.ambush = nil
        note("step \(ambush.step.id) is taken \(isOver ? "after" : "in the middle of") a pull")
        try await perform(ambush.step)
        return true
    }

    /// Who is to pull: the laptop whose access is to end, or the one that lacks most, or, for what comes
    /// seldom, a new one.
    private func puller(for step: Step) async throws -> SimulatedLaptop? {
        let picked = laptops[step.pick(0, below: laptops.count)]
        if step.kind == .revokeLaptop, picked.line == nil, try await lacking(picked) > 1 { return picked }
        var (best, most): (SimulatedLaptop?, Int) = (nil, 1)
        for laptop in laptops where laptop.line == nil {
            let count = try await lacking(laptop)
            if count > most { (best, most) = (laptop, count) }
        }
        let isSeldom = step.kind == .transfer || step.kind == .amend
        guard best == nil, isSeldom, laptops.count < 6 else { return best }
        tally.add(.newcomers)
        return try await addLaptop(site: picked.site)
    }

    /// How many changes of the laptop's site are at the centre and not here.
    private func lacking(_ laptop: SimulatedLaptop) async throws -> Int {
        try await standingsAtCentre().keys.count { id in
            laptop.standings[id] == nil && [laptop.site, .all].contains(oracle.changes[id]?.site)
        }
    }

    /// Whether an answer leaves something for the next one; looked at where it matters.
    func leavesMore(_ answer: Data) -> Bool {
        let decided: [Fault] = [.transfers, .amendments, .endedAccess]
        guard decided.contains(where: tape.faults.contains),
            case .exchanged(let response)? = try? SyncAnswer(decoding: answer)
        else { return false }
        return response.page.more || response.livePage?.more ?? false
    }
}
