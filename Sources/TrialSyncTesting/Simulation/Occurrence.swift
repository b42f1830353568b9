import Synchronization

/// What befell a simulated trial: a run without it shows nothing of what is promised under it.
package enum Occurrence: String, Codable, Sendable, CaseIterable {
    // The network.
    case requestsLost, answersLost, requestsRepeated, messagesDelayed, requestsCut, answersCut
    // Requests that arrived after a later one was answered.
    case requestsReordered
    // Disks.
    case writesFailed, centreWritesFailed, commitsFailed, centreCommitsFailed, disksFull, centreDisksFull
    // Programs that ended.
    case laptopCrashes, centreCrashes, tornCheckpoints
    // Copies; a twin draws the same random numbers from then on.
    case clones, twinsCloned, imagesPutBack, newcomers
    // Restores of the centre.
    case restoresAnnounced, restoresSilent, epochsDrawn
    // Sticks; an old one was written before something else happened.
    case sticksWritten, sticksRead, oldSticksRead, sticksCut
    case clockJumps
    // What people and judges do.
    case locks, voids, signatures, heldByLock, quarantined, conflictsDecided, releases
    case queries, confirmations, merges, transfers
    case accessEnded, accessGivenBack, answersToRevoked
    case studyVersions, foreignChanges
    // Requests and answers with fields of a newer program.
    case newerBodies
    // While a laptop had got a page and waited for the next.
    case transfersMidPull, accessEndedMidPull, accessGivenBackMidPull, studyVersionsMidPull
}

/// How often each came, in one run. Stores, which run in threads of their own, count too.
final class Tally: Sendable {
    private let state = Mutex<[Occurrence: Int]>([:])

    var counts: [Occurrence: Int] { state.withLock { $0 } }

    func add(_ occurrence: Occurrence, _ count: Int = 1) {
        if count > 0 { state.withLock { $0[occurrence, default: 0] += count } }
    }
}

extension FaultFamily {
    /// What the family is there for: where it does not come in two hundred seeds, they show nothing.
    package var own: [Occurrence] {
        switch self {
        case .network:
            [
                .requestsLost, .answersLost, .requestsRepeated, .messagesDelayed, .requestsCut, .answersCut,
                .requestsReordered,
            ]
        case .bundles: [.sticksWritten, .sticksRead, .oldSticksRead, .sticksCut]
        case .copies: [.clones, .twinsCloned, .imagesPutBack]
        case .crashes: [.laptopCrashes, .centreCrashes, .tornCheckpoints]
        case .restores: [.restoresAnnounced, .restoresSilent, .epochsDrawn]
        case .firstSync: [.newcomers, .laptopCrashes, .restoresAnnounced]
        case .disks:
            [
                .disksFull, .centreDisksFull, .writesFailed, .centreWritesFailed, .commitsFailed,
                .centreCommitsFailed,
            ]
        case .clocks: [.clockJumps]
        case .decisions:
            [
                .locks, .voids, .signatures, .heldByLock, .conflictsDecided, .queries, .confirmations,
                .merges,
            ]
        case .access:
            [
                .accessEnded, .accessGivenBack, .accessEndedMidPull, .accessGivenBackMidPull,
                .answersToRevoked, .quarantined,
            ]
        case .amendments: [.studyVersions, .studyVersionsMidPull, .foreignChanges, .newcomers]
        case .transfers: [.transfers, .transfersMidPull, .locks, .releases]
        case .otherPrograms: [.foreignChanges, .quarantined, .sticksRead, .newerBodies]
        case .copiesAndRestores:
            [.clones, .imagesPutBack, .restoresAnnounced, .restoresSilent, .epochsDrawn, .sticksRead]
        // What is rare where all comes together has a family of its own, in which it must come.
        case .everything:
            [
                .requestsLost, .requestsRepeated, .requestsCut, .laptopCrashes, .centreCrashes, .clones,
                .newcomers, .sticksRead, .clockJumps, .locks, .quarantined, .accessEnded, .studyVersions,
                .foreignChanges,
            ]
        }
    }
}
