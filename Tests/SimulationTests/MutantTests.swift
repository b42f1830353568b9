import Testing
import TrialSyncTesting

/// The simulator is itself tested: with a rule broken on purpose it must find fault.
@Suite(.tags(.simulation), .timeLimit(.minutes(10))) struct MutantTests {
    /// The first seed of the mutant's family that catches it. `trialsim mutants 1000` finds them anew.
    static let pinned: [Mutant: UInt64] = [
        .contextTakenAtSave: 21, .nothingThroughPending: 41, .lastWriterWins: 1, .bundlesNotForwarded: 103,
        .unconfirmedCounted: 2, .nothingComesBack: 3, .quarantineNotReoffered: 9, .reissuedDropped: 1,
        .pendingHidden: 1, .savedBeforeDisk: 2, .pendingInRecord: 4, .vectorSavedBeforeRows: 6,
        .receiptsIgnoredAfterRestore: 12, .epochsIgnored: 1, .judgedAnew: 7, .digestOfWrongVector: 1,
        .quarantineApplied: 4, .guardsIgnored: 7, .locksIgnored: 3, .revocationIgnored: 4,
        .liveMaskIgnored: 1, .historyIsMerged: 1, .tailIsSkipped: 38, .shownTooSoon: 18,
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
