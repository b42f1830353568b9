import Testing
import TrialSyncTesting

/// The simulator is itself tested: with a rule broken on purpose it must find fault.
@Suite(.tags(.simulation), .timeLimit(.minutes(10))) struct MutantTests {
    /// The first seed of the mutant's family that catches it. `trialsim mutants 1000` finds them anew.
    static let pinned: [Mutant: UInt64] = [
        .contextTakenAtSave: 38, .nothingThroughPending: 67, .lastWriterWins: 1,
        .bundlesNotForwarded: 54, .unconfirmedCounted: 1, .nothingComesBack: 12,
        .quarantineNotReoffered: 51, .reissuedDropped: 2, .pendingHidden: 1, .savedBeforeDisk: 4,
        .pendingInRecord: 8, .vectorSavedBeforeRows: 4, .receiptsIgnoredAfterRestore: 15,
        .epochsIgnored: 1, .judgedAnew: 4, .digestOfWrongVector: 1, .quarantineApplied: 4,
        .guardsIgnored: 14, .locksIgnored: 7, .revocationIgnored: 8, .liveMaskIgnored: 5,
        .historyIsMerged: 2, .tailIsSkipped: 5, .shownTooSoon: 2,
    ]

    @Test("A rule that is broken on purpose is caught", arguments: Mutant.allCases)
    func caught(mutant: Mutant) async throws {
        let seed = try #require(Self.pinned[mutant], "\(mutant) has no seed that catches it")
        #expect(seed <= 1000, "it is to be caught within a thousand seeds")
        let report = try await Simulation.run(seed: seed, family: mutant.family, mutant: mutant)
        #expect(report.problem != nil, "the checkers saw nothing wrong with \(mutant)")
        let sound = try await Simulation.run(seed: seed, family: mutant.family)
        #expect(sound.problem == nil, "the same seed without the mutant")
    }
}
