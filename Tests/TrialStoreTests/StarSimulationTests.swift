import Testing
import TrialSyncTesting

extension Tag {
    @Tag static var simulation: Self
}

/// The sync rules of the reference model, over the real sessions and the real stores.
@Suite(.tags(.simulation), .timeLimit(.minutes(10))) struct StarSimulationTests {
    static let families: [Set<StarSimulation.Fault>] = [
        [], [.bundle], [.clone, .image], [.restore], [.clone, .image, .restore],
        [.clone, .image, .restore, .bundle],
    ]

    @Test("No value is lost, invented or applied twice, and everybody ends in step", arguments: families)
    func rulesHold(faults: Set<StarSimulation.Fault>) async throws {
        for seed in 1...UInt64(40) {
            var simulation = try await StarSimulation(seed: seed, faults: faults)
            var problem: String?
            do { problem = try await simulation.run() } catch { problem = "\(error)" }
            #expect(problem == nil, "seed \(seed), faults \(faults.map(\.rawValue).sorted())")
        }
    }

    @Test("A rule that is broken on purpose is caught", arguments: StarSimulation.Mutant.allCases)
    func mutantsAreCaught(mutant: StarSimulation.Mutant) async throws {
        var caught: String?
        for seed in 1...UInt64(200) where caught == nil {
            var simulation = try await StarSimulation(
                seed: seed, faults: Set(StarSimulation.Fault.allCases), mutant: mutant)
            do { caught = try await simulation.run() } catch { caught = "\(seed): \(error)" }
        }
        #expect(caught != nil, "the oracle saw nothing wrong with \(mutant)")
    }
}
