import Foundation
import Testing
import TrialSyncTesting

/// A run is its two tapes, and nothing else.
@Suite(.tags(.simulation), .timeLimit(.minutes(10))) struct TapeTests {
    @Test(
        "The same seed gives the same trace, byte for byte",
        arguments: [FaultFamily.network, .copies, .crashes, .everything])
    func determinism(family: FaultFamily) async throws {
        for seed in [UInt64(7)] {
            let first = try await Simulation.run(seed: seed, family: family)
            let second = try await Simulation.run(seed: seed, family: family)
            #expect(first.trace == second.trace, "seed \(seed)")
            #expect(first.trace.count > 50)
        }
    }

    @Test("Two seeds have nothing in common, so that a thousand are a thousand runs")
    func seeds() {
        var numbers: Set<UInt64> = []
        for seed in 1...200 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            for _ in 0..<200 { numbers.insert(random.next()) }
        }
        #expect(numbers.count == 200 * 200)
    }

    @Test("Another schedule of the same workload is another run, and as sound")
    func schedules() async throws {
        let tape = WorkloadTape(seed: 3, family: .network)
        let first = try await Simulation(tape, schedule: 1).run()
        let second = try await Simulation(tape, schedule: 2).run()
        #expect(first.trace != second.trace)
        #expect(first.problem == nil && second.problem == nil)
    }

    @Test("A failing run is shrunk to few steps that fail still, and is the same after being kept")
    func shrinking() async throws {
        let pin = try #require(MutantTests.pinned[.lastWriterWins])
        let whole = FailedRun(
            tape: WorkloadTape(seed: pin, family: Mutant.lastWriterWins.family), schedule: pin,
            mutant: .lastWriterWins, found: "")
        let folder = FileManager.default.temporaryDirectory.appending(path: "kept-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (shrunk, file) = try await whole.kept(in: folder, runLimit: 60)
        #expect(shrunk.tape.steps.count < whole.tape.steps.count / 2)
        #expect(file.lastPathComponent == "network-\(pin).json")
        let kept = try FailedRun(decoding: Data(contentsOf: file))
        #expect(try await kept.play().problem == shrunk.found)
    }
}
