import SyncProtocol
import TrialModel
import TrialStore

/// What may be refused, and by which codes: whatever else the product says to people and sticks is a finding.
extension Simulation {
    /// What no fault here may lead to.
    static let alarms: Set<ProblemCode> = [
        .chainBroken, .storeDamaged, .sealBroken, .internalError, .otherSite, .signatureInvalid,
    ]

    /// What people are told before anything is saved, who write in queries or confirm findings.
    static let refusedToPeople: Set<ProblemCode> = [
        .queryClosed, .recordLocked, .recordVoided, .unknownFinding, .alreadyExists, .conflictOpen,
    ]

    /// Why somebody is not moved or merged: something awaits a decision, is locked or void, or has gone.
    static let refusedMoves: Set<ProblemCode> = [.conflictOpen, .recordLocked, .recordVoided]

    /// Why something is not released or copied, which the store judges as if it came from outside: it would
    /// settle a conflict in passing, or the study version that a release names does not take it.
    private static let refusedReleases: Set<ProblemCode> = [.conflictNotResolved, .unknownItem, .wrongType]

    /// What a store may say to these saves. It judges only releases: people are refused before, and laptops
    /// at the centre, where what is refused is kept.
    func refusals(of saves: [SiteSave], at replica: SimulatedReplica) -> Set<ProblemCode> {
        var codes = diskCodes
        if saves.flatMap(\.changes).contains(where: { $0.change.kind == .release }) {
            codes.formUnion(Self.refusedReleases)
        }
        return replica.isCentre ? codes : codes.union(twinCodes)
    }

    /// What may be said to whoever reads a stick: one that is whole, and of the reader's site, is taken over.
    ///
    /// The centre takes it as forwarded, and looks at no epoch of it.
    func refusals(of stick: Stick, isCut: Bool, at replica: SimulatedReplica) -> Set<ProblemCode> {
        // Without all of its header it is no bundle at all.
        var codes: Set<ProblemCode> = isCut ? [.bodyIncomplete, .malformed] : []
        guard replica.isCentre || replica.site == stick.site else { return codes.union([.otherSite]) }
        codes.formUnion(diskCodes)
        guard !replica.isCentre else { return codes }
        // A new epoch, or what comes back from another journal, has the laptop open one.
        codes.formUnion(twinCodes)
        // The laptop has left the epoch in which the centre wrote it.
        if stick.writer == centre.name, restores > 0 { codes.insert(.notInStep) }
        return codes
    }

    /// Twins draw the same random numbers: the journal that one opens may be here already, from the other,
    /// also when faults have stopped.
    private var twinCodes: Set<ProblemCode> {
        tally.counts[.twinsCloned, default: 0] > 0 ? [.storeFailed] : []
    }

    /// What disks say in this run, now.
    private var diskCodes: Set<ProblemCode> {
        guard !isCalm else { return [] }
        if tape.faults.contains(.writeErrors) { return [.diskFull, .diskFailed] }
        return tape.faults.contains(.fullDisks) ? [.diskFull] : []
    }

    /// Notes that something was refused, if it may be for this reason.
    ///
    /// - Parameter what: what was not done, and where.
    func note(_ problem: Problem, _ what: String, expected: Set<ProblemCode>) throws {
        note("\(what): \(problem.code.rawValue)")
        guard expected.contains(problem.code) else { throw SimulationFinding("\(what): \(problem)") }
    }
}
