import SyncProtocol
import TrialModel

/// Rules broken on purpose, to show that the checkers see it. Each is broken in what goes into or comes out
/// of the product's own parts, so that none of them knows of mutants.
package enum Mutant: String, Codable, Sendable, CaseIterable {
    // What a save says.
    /// A save replaces what the store shows when it is made, not what the person was shown.
    case contextTakenAtSave
    /// A save does not name what the pending versions it replaces had replaced.
    case nothingThroughPending
    /// Every save takes the place of all others.
    case lastWriterWins
    /// A signature is given for nothing, and not for what was shown.
    case signaturesOfNothing

    // What a laptop does.
    /// What came in a bundle is never offered to the centre.
    case bundlesNotForwarded
    /// What a stick brings is counted in the vector as if it had a receipt.
    case stickRaisesVector
    /// Entries without a receipt are counted in the vector.
    case unconfirmedCounted
    /// After a restore a laptop takes the centre to hold all that the laptop holds.
    case nothingComesBack
    /// Entries in quarantine are left out of what a restored centre is offered.
    case quarantineNotReoffered
    /// What a fork or a new epoch moved to another journal is forgotten.
    case reissuedDropped
    /// What a fork moved to another journal has another name there: an edit has no name of its own.
    case reissuedAnew
    /// Saves without a receipt are told to be at the centre.
    case pendingHidden
    /// Whatever is still to reach the centre, it is said to be safe there.
    case waitingHidden
    /// A save is acknowledged before it is on the disk.
    case savedBeforeDisk
    /// A save that the disk did not take is acknowledged.
    case failedSavesAcknowledged
    /// What this program does not know of a change is left out when it is sent on.
    case unknownFieldsDropped
    /// Numbers that two participants bear are not flagged.
    case duplicatesHidden
    /// What is pending is written into the record's row, and no verdict takes it out again.
    case pendingInRecord
    /// What the centre keeps in quarantine is not counted.
    case quarantineHidden
    /// A save is refused that no rule refuses.
    case savesRefused
    /// A stick is refused that no rule refuses.
    case sticksRefused
    /// An answer cannot be taken over, and nobody says why.
    case answerFailsSilently

    // What the centre does.
    /// A page counts as received when it is sent, before its rows are anywhere.
    case vectorSavedBeforeRows
    /// Receipts that prove a restore are not looked at.
    case receiptsIgnoredAfterRestore
    /// What comes back to a restored centre with a verdict is judged once more.
    case judgedAnew
    /// What was taken is taken once more, with the same effect, into another journal.
    case takenTwice
    /// What was judged is judged once more in another journal, where it is kept in quarantine.
    case judgedTwice
    /// What stands at a place of a journal is taken for what was sent for it, whatever its hash.
    case hashesIgnored
    /// What is forwarded and does not continue its journal is refused.
    case segmentsRefused
    /// Nobody looks at epochs.
    case epochsIgnored
    /// The digest is that of the state before.
    case digestOfWrongVector
    /// What is to be kept in quarantine takes effect.
    case quarantineApplied
    /// Nobody looks at what the author was shown of locks and voids.
    case guardsIgnored
    /// What came after a lock takes effect.
    case locksIgnored
    /// What a laptop whose access was ended sends is judged as if it had it.
    case revocationIgnored
    /// A request cannot be looked at, and nobody says why.
    case requestFailsSilently
    /// An answer brings one entry, however many the laptop has room for.
    case pagesOfOne
    /// A laptop is given what is of another site.
    case otherSiteGiven
    /// What a clock says that is far off is kept in quarantine.
    case wrongClocksRefused
    /// Whatever version of the study a change names, the first one judges it.
    case firstStudyJudges
    /// Of what a transfer copies, one change is left out.
    case copyLeftOut

    // First sync.
    /// Every register that a live entry writes is taken for live.
    case liveMaskIgnored
    /// The history that comes behind is merged like any other entry.
    case historyIsMerged
    /// What was written after the first page was read is not told.
    case tailIsSkipped
    /// The site is shown after the first page.
    case shownTooSoon
}

extension Mutant {
    /// Where it does its harm soonest.
    package var family: FaultFamily {
        switch self {
        case .contextTakenAtSave, .lastWriterWins, .pendingHidden, .vectorSavedBeforeRows,
            .unconfirmedCounted, .digestOfWrongVector, .takenTwice, .answerFailsSilently,
            .requestFailsSilently, .savesRefused, .waitingHidden, .duplicatesHidden:
            .network
        // Where a change may stand in two journals, and only its two verdicts give it away.
        case .bundlesNotForwarded, .stickRaisesVector, .judgedTwice, .sticksRefused: .bundles
        case .reissuedDropped, .reissuedAnew, .hashesIgnored: .copies
        case .segmentsRefused: .copiesAndRestores
        case .savedBeforeDisk: .crashes
        case .nothingComesBack, .receiptsIgnoredAfterRestore, .epochsIgnored: .restores
        case .guardsIgnored, .locksIgnored, .signaturesOfNothing: .decisions
        case .failedSavesAcknowledged: .disks
        case .wrongClocksRefused: .clocks
        case .firstStudyJudges: .amendments
        case .copyLeftOut, .otherSiteGiven: .transfers
        case .unknownFieldsDropped: .otherPrograms
        case .revocationIgnored, .nothingThroughPending, .quarantineApplied, .pendingInRecord,
            .quarantineHidden:
            .access
        case .quarantineNotReoffered, .judgedAnew: .everything
        case .liveMaskIgnored, .historyIsMerged, .tailIsSkipped, .shownTooSoon, .pagesOfOne: .firstSync
        }
    }
}

/// The centre's judge, with the rules that a mutant leaves out.
struct SimulatedJudge: EntryJudge {
    let mutant: Mutant?
    private static let yearMilliseconds = 365 * 86_400_000

    func verdict(
        on change: EncodedChange, in journal: JournalIntroduction, evidence: some JudgeEvidence
    ) throws -> Verdict {
        var asked = change
        if mutant == .guardsIgnored, !change.change.kind.needsSignature {
            var bare = change.change
            bare.guards = []
            asked = try EncodedChange(bare, site: journal.site)
        }
        if mutant == .revocationIgnored || mutant == .firstStudyJudges {
            let bent = BentEvidence(
                base: evidence, hidesRevocations: mutant == .revocationIgnored,
                onlyStudy: mutant == .firstStudyJudges ? 1 : nil)
            return try CentreJudge().verdict(on: asked, in: journal, evidence: bent)
        }
        let offMilliseconds = change.change.at.milliseconds - SimulatedTrial.start
        if mutant == .wrongClocksRefused, offMilliseconds.magnitude > Self.yearMilliseconds {
            return .quarantined(ProblemCode.clockWrong.rawValue)
        }
        let verdict = try CentreJudge().verdict(on: asked, in: journal, evidence: evidence)
        switch mutant {
        case .quarantineApplied where verdict.kind == .quarantined: return .applied
        case .locksIgnored where verdict.kind == .heldLock: return .applied
        default: return verdict
        }
    }
}

/// What a judge may look up, but for what a mutant hides of it.
private struct BentEvidence<Base: JudgeEvidence>: JudgeEvidence {
    let base: Base
    let hidesRevocations: Bool
    /// The version of the study that is given for any.
    let onlyStudy: Int?

    func change(_ id: ChangeID) throws -> Change? { try base.change(id) }
    func wasApplied(_ id: ChangeID) throws -> Bool { try base.wasApplied(id) }
    func state(of record: RecordKey) throws -> RecordState? { try base.state(of: record) }
    func isElsewhere(_ record: RecordKey) throws -> Bool { try base.isElsewhere(record) }
    func person(_ name: String) throws -> PersonGrant? { try base.person(name) }
    func isRevoked(_ device: DeviceID) throws -> Bool {
        try hidesRevocations ? false : base.isRevoked(device)
    }
    func study(version: Int) throws -> StudyDefinition? { try base.study(version: onlyStudy ?? version) }
}
