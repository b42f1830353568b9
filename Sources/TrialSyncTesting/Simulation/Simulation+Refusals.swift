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
        // Twins draw the same random numbers: the journal that one opens may be here already, from the other.
        if !replica.isCentre, tape.faults.contains(.clones) { codes.insert(.storeFailed) }
        return codes
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
