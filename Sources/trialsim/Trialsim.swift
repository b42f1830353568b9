import Foundation
import TrialSyncTesting

@main struct Trialsim {
    static func main() async throws {
        let arguments = CommandLine.arguments
        let family = FaultFamily(rawValue: arguments[1])!
        let mutant = arguments.count > 4 ? Mutant(rawValue: arguments[4]) : nil
        let (first, last) = (UInt64(arguments[2])!, UInt64(arguments[3])!)
        var bad: [String: [UInt64]] = [:]
        let start = Date()
        for seed in first...last {
            let report = try await Simulation.run(seed: seed, family: family, mutant: mutant)
            if let problem = report.problem { bad[problem, default: []].append(seed) }
            if first == last { for line in report.trace { print(line) } }
        }
        for (problem, seeds) in bad.sorted(by: { $0.value.count > $1.value.count }).prefix(25) {
            print(seeds.count, problem, seeds.prefix(5))
        }
        print(family, "failing", bad.values.reduce(0) { $0 + $1.count }, Date().timeIntervalSince(start))
    }
}
