import Testing
import TrialSyncTesting

/// The simulator is itself tested: with a rule broken on purpose it must find fault.
@Suite(.tags(.simulation), .timeLimit(.minutes(10))) struct MutantTests {
    /// The first seed of the mutant's family that catches it. `trialsim mutants 1000` finds them anew.
    static let pinned: [Mutant: UInt64] = [
        .contextTakenAtSave: 36, .nothingThroughPending: 439, .lastWriterWins: 1,
        .stickRaisesVector: 80, .bundlesNotForwarded: 18, .unconfirmedCounted: 4, .nothingComesBack: 8,
        .quarantineNotReoffered: 865, .reissuedDropped: 1, .reissuedAnew: 109, .pendingHidden: 1,
        .savedBeforeDisk: 1, .pendingInRecord: 19, .vectorSavedBeforeRows: 7,
        .receiptsIgnoredAfterRestore: 8, .judgedAnew: 12, .hashesIgnored: 109, .segmentsRefused: 10,
        .epochsIgnored: 1, .digestOfWrongVector: 1, .quarantineApplied: 2, .guardsIgnored: 92,
        .locksIgnored: 10, .revocationIgnored: 39, .liveMaskIgnored: 13, .historyIsMerged: 13,
        .tailIsSkipped: 195, .shownTooSoon: 34, .takenTwice: 1, .judgedTwice: 1, .answerFailsSilently: 1,
        .requestFailsSilently: 1, .savesRefused: 1, .quarantineHidden: 2,
        .sticksRefused: 1, .waitingHidden: 1, .signaturesOfNothing: 91, .failedSavesAcknowledged: 1,
        .unknownFieldsDropped: 1, .duplicatesHidden: 13, .otherSiteGiven: 1, .wrongClocksRefused: 8,
        .firstStudyJudges: 1, .copyLeftOut: 4, .pagesOfOne: 283,
    ]

    @Test("A rule that is broken on purpose is caught", arguments: Mutant.allCases)
    func caught(mutant: Mutant) async throws {
        let seed = try #require(Self.pinned[mutant], "\(mutant) has no seed that catches it")
        #expect(seed <= 1000, "it is to be caught within a thousand seeds")
        let report = try await Simulation.run(seed: seed, family: mutant.family, mutant: mutant)
        let found = try #require(report.problem, "the checkers saw nothing wrong with \(mutant)")
        #expect(!found.hasPrefix("unexpected"), "a checker found it, and not an error by the way: \(found)")
        let sound = try await Simulation.run(seed: seed, family: mutant.family)
        #expect(sound.problem == nil, "the same seed without the mutant")
    }
}
