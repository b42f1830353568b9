import SyncProtocol
import TrialModel
import TrialStore

/// What may be refused, and by which codes: whatever else the product says to people, sticks and syncs is a
/// finding.
extension Simulation {
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

    /// What a sync may end with at a laptop, by what goes wrong in this run.
    var refusedSyncs: Set<ProblemCode> {
        // A fork or a new epoch opens a journal.
        var codes = twinCodes
        // That a laptop's access was ended a restored centre may learn again from another laptop, at the end.
        if tape.faults.contains(.endedAccess), !isCalm || hasRestores { codes.insert(.deviceRevoked) }
        guard !isCalm else { return codes }
        codes.formUnion(cutCodes)
        codes.formUnion(diskCodes)
        codes.formUnion(refusedRequests)
        // What this laptop has under way comes back in another journal, or the centre is put back: an answer
        // is of entries that have moved or of another epoch, or receipts are of what the centre has otherwise
        // since, and a sync that gets no further gives up.
        if hasSecondPlaces { codes.formUnion([.receiptInvalid, .notInStep]) }
        return codes
    }

    /// What the centre may answer a request with, whoever hears it. Everything else of a request is an
    /// outcome and no refusal, or proven by those who sent it.
    var refusedRequests: Set<ProblemCode> {
        cutCodes.union(diskCodes.map { $0 == .diskFull ? .centreDiskFull : $0 })
    }

    /// What is said of a body that comes without its end, which its frame gives away.
    private var cutCodes: Set<ProblemCode> {
        !isCalm && tape.faults.contains(.cutBodies) ? [.bodyIncomplete] : []
    }

    /// Whether a change may come to stand in a second journal in this run, by a copy, a stick or a restore.
    var hasSecondPlaces: Bool {
        let copying: [Fault] = [.bundles, .clones, .images, .announcedRestores, .silentRestores]
        return copying.contains(where: tape.faults.contains)
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
