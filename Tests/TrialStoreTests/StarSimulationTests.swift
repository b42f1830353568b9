import Testing
import TrialSyncTesting

extension Tag {
    @Tag static var simulation: Self
}

/// The sync rules of the reference model, over the real sessions and the real stores.
@Suite(.tags(.simulation), .timeLimit(.minutes(10))) struct StarSimulationTests {
    static let families: [Set<StarSimulation.Fault>] = [
        [], [.bundle], [.clone, .image], [.restore], [.clone, .image, .restore], [.clone, .image, .restore, .bundle],
    ]

    @Test("No value is lost, invented or applied twice, and everybody ends in step", arguments: families)
    func rulesHold(faults: Set<StarSimulation.Fault>) async throws {
        for seed in 1...UInt64(30) {
            var simulation = try await StarSimulation(seed: seed, faults: faults)
            let problem = try await simulation.run()
            #expect(problem == nil, "seed \(seed), faults \(faults.map(\.rawValue).sorted())")
        }
    }
}
