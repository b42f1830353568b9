import Foundation
import Testing
import TrialSyncTesting

extension Tag {
    @Tag static var simulation: Self
}

/// The product's own sessions and stores under every kind of trouble, a few seeds of each. `.ci/run` and
/// `make seeds` run a thousand of each in an optimised build, `make soak` as many as there is time for.
@Suite(.tags(.simulation), .timeLimit(.minutes(10))) struct FamilyTests {
    /// More by `TRIALSYNC_SEEDS`.
    static let seeds = ProcessInfo.processInfo.environment["TRIALSYNC_SEEDS"].flatMap(UInt64.init) ?? 3

    /// Where runs that failed are kept, as those of `make soak` are: from there they go to `Regressions`.
    static let failures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../.build/simulation-failures").standardizedFileURL

    /// How many runs of this build, which is slow, are spent on making a failing one short.
    static let shrinkingRuns = 60

    /// Seeds in which everything comes, as many as `trialsim seeds` asks it of; most families need five to
    /// twenty.
    static let enough: UInt64 = 200

    @Test(
        "No value is lost, invented or applied twice, nobody is told anything wrong, everybody ends in step",
        arguments: FaultFamily.allCases)
    func rulesHold(family: FaultFamily) async throws {
        for seed in 1...Self.seeds {
            guard let problem = try await Simulation.run(seed: seed, family: family).problem else { continue }
            let failed = FailedRun(
                tape: WorkloadTape(seed: seed, family: family), schedule: seed, mutant: nil, found: problem)
            let file = try await failed.kept(in: Self.failures, runLimit: Self.shrinkingRuns).file
            Issue.record("seed \(seed): \(problem); kept in \(file.path)")
        }
    }

    @Test(
        "A few seeds of each family bring what the family is there for",
        arguments: FaultFamily.allCases.filter { $0 != .everything })
    func faultsCome(family: FaultFamily) async throws {
        // All kinds of trouble at once come in hundreds of seeds, which `trialsim seeds` looks at.
        var missing = Set(family.own)
        for seed in 1...Self.enough where !missing.isEmpty {
            let report = try await Simulation.run(seed: seed, family: family)
            if let problem = report.problem { Issue.record("seed \(seed): \(problem)") }
            missing.subtract(report.counts.keys)
        }
        #expect(missing.isEmpty, "in \(Self.enough) seeds")
    }
}
