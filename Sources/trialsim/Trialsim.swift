import Dispatch
import Foundation
import Synchronization
import TrialSyncTesting

/// The simulator at length: many seeds, a long time, or one run once more. For those who work on the product;
/// it is not shipped.
///
///     trialsim seeds FAMILY|all FIRST LAST    each seed once
///     trialsim families                       their names, the longest first
///     trialsim soak SECONDS                   seeds of all families, as long as that, with the sum so far
///     trialsim mutants LIMIT [NAME ...]       the first seed that catches each mutant
///     trialsim keep FAMILY SEED FILE          writes a run down, to be played again
///     trialsim trace FAMILY SEED [MUTANT]     what happened, line by line
///     trialsim replay FILE                    a kept run, line by line
///
/// Exit code 1 if anything was found (for `mutants`: if one was not caught; for `seeds`, from 200 on: if what
/// a family is there for never came). Every failing run is shrunk and
/// written as JSON to the directory `TRIALSIM_KEEP`, if that is set.
@main struct Trialsim {
    static func main() async throws {
        let signals = [SIGINT, SIGTERM].map(endingOrderly)
        defer { for signal in signals { signal.cancel() } }
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "seeds" where arguments.count == 4: try await seeds(arguments)
        case "families":
            for family in FaultFamily.allCases.reversed() { say(family.rawValue) }
        case "soak" where arguments.count == 2: try await soak(seconds: Double(arguments[1]) ?? 60)
        case "mutants" where arguments.count >= 2:
            let named = arguments.dropFirst(2).map { Mutant(rawValue: $0) }
            guard let limit = UInt64(arguments[1]), !named.contains(nil) else { usage() }
            try await mutants(named.isEmpty ? Mutant.allCases : named.compactMap(\.self), limit)
        case "keep" where arguments.count == 4:
            guard let family = FaultFamily(rawValue: arguments[1]), let seed = UInt64(arguments[2]) else {
                usage()
            }
            let tape = WorkloadTape(seed: seed, family: family)
            let run = FailedRun(tape: tape, schedule: seed, mutant: nil, found: "")
            try run.encoded().write(to: URL(fileURLWithPath: arguments[3]))
        case "trace" where arguments.count >= 3:
            let mutant = arguments.count > 3 ? Mutant(rawValue: arguments[3]) : nil
            guard let family = FaultFamily(rawValue: arguments[1]), let seed = UInt64(arguments[2]),
                mutant != nil || arguments.count == 3
            else { usage() }
            show(try await Simulation.run(seed: seed, family: family, mutant: mutant))
        case "replay" where arguments.count == 2:
            let data = try Data(contentsOf: URL(fileURLWithPath: arguments[1]))
            show(try await FailedRun(decoding: data).play())
        default: usage()
        }
    }

    /// A program that is ended from outside leaves as any other does, and its files in memory go with it.
    private static func endingOrderly(on number: Int32) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            if let soak = Self.soaked.withLock({ $0 }) { say(soak.line) }
            exit(128 + number)
        }
        source.activate()
        return source
    }

    private static func usage() -> Never {
        say("usage: trialsim seeds|families|soak|mutants|trace|replay (see Sources/trialsim/Trialsim.swift)")
        exit(64)
    }

    private static func show(_ report: Simulation.Report) {
        for line in report.trace { say(line) }
        exit(report.problem == nil ? 0 : 1)
    }

    private static func seeds(_ arguments: [String]) async throws {
        let families =
            arguments[1] == "all"
            ? FaultFamily.allCases
            : [FaultFamily(rawValue: arguments[1])]
                .compactMap(\.self)
        guard !families.isEmpty, let first = UInt64(arguments[2]), let last = UInt64(arguments[3]),
            first <= last
        else { usage() }
        var failed = 0
        for family in families {
            let began = Date()
            let runs = Runs((first...last).map { (family, $0) })
            let sum = try await runs.play()
            failed += sum.failed
            let absent = family.own.filter { sum.counts[$0] == nil }
            let seconds = Date().timeIntervalSince(began)
            say(
                "\(family.rawValue): \(last - first + 1) seeds, \(sum.failed) failing, "
                    + "\(sum.roundTrips) round trips, \(sum.crashes) crashes, "
                    + String(format: "%.1f s", seconds) + sum.tally)
            guard last - first + 1 >= enoughSeeds, !absent.isEmpty else { continue }
            failed += 1
            say("\(family.rawValue): never came: " + absent.map(\.rawValue).joined(separator: " "))
        }
        exit(failed == 0 ? 0 : 1)
    }

    /// In so many seeds of a family everything comes that it is there for.
    private static let enoughSeeds: UInt64 = 200

    /// A soak, and what it has come to so far.
    private struct Soak: Sendable {
        let began: Date
        var seeds = 0
        var sum = Runs.Sum()

        init(began: Date) { self.began = began }

        var line: String {
            "\(seeds) seeds in \(Int(Date().timeIntervalSince(began))) s, \(sum.failed) failing" + sum.tally
        }
    }

    /// The soak that is under way: it is told when the program is ended, too.
    private static let soaked = Mutex<Soak?>(nil)
    private static let tellingSeconds = 300.0

    private static func soak(seconds: Double) async throws {
        var soak = Soak(began: Date())
        var told = soak.began
        // Seeds that nobody has run: a soak is not to repeat what CI does.
        var next = UInt64(soak.began.timeIntervalSince1970) << 20
        while Date().timeIntervalSince(soak.began) < seconds {
            let runs = Runs(FaultFamily.allCases.map { ($0, next) })
            soak.sum.add(try await runs.play())
            soak.seeds += FaultFamily.allCases.count
            let now = soak
            soaked.withLock { $0 = now }
            next += 1
            guard Date().timeIntervalSince(told) >= tellingSeconds else { continue }
            told = Date()
            say(soak.line)
        }
        say(soak.line)
        exit(soak.sum.failed == 0 ? 0 : 1)
    }

    private static func mutants(_ mutants: [Mutant], _ limit: UInt64) async throws {
        var survivors = 0
        for mutant in mutants {
            var caught: String?
            var seed: UInt64 = 0
            while caught == nil, seed < limit {
                seed += 1
                caught = try await Simulation.run(seed: seed, family: mutant.family, mutant: mutant).problem
                // A checker is to find it, and not an error by the way.
                if caught?.hasPrefix("unexpected") == true { caught = nil }
            }
            if caught == nil { survivors += 1 }
            say("\(mutant.rawValue): \(caught.map { "seed \(seed): \($0)" } ?? "SURVIVES \(limit) seeds")")
        }
        exit(survivors == 0 ? 0 : 1)
    }
}

/// Prints a line at once, also into a file: a long run is watched.
func say(_ line: String) {
    print(line)
    fflush(nil)
}

/// Runs that are played on all cores: each is a world of its own.
struct Runs {
    private let runs: [(family: FaultFamily, seed: UInt64)]

    init(_ runs: [(FaultFamily, UInt64)]) { self.runs = runs.map { (family: $0.0, seed: $0.1) } }

    /// What runs came to.
    struct Sum: Sendable {
        var failed = 0
        var roundTrips = 0
        var crashes = 0
        var counts: [Occurrence: Int] = [:]

        mutating func add(_ counts: [Occurrence: Int]) { self.counts.merge(counts, uniquingKeysWith: +) }

        mutating func add(_ other: Sum) {
            failed += other.failed
            roundTrips += other.roundTrips
            crashes += other.crashes
            add(other.counts)
        }

        /// What befell the runs, each with its number.
        var tally: String {
            Occurrence.allCases.map { kind in counts[kind].map { ", \(kind.rawValue)=\($0)" } ?? "" }.joined()
        }
    }

    func play() async throws -> Sum {
        let lanes = ProcessInfo.processInfo.activeProcessorCount
        return try await withThrowingTaskGroup(of: Sum.self) { group in
            for lane in 0..<lanes {
                let mine = stride(from: lane, to: runs.count, by: lanes).map { runs[$0] }
                group.addTask {
                    var sum = Sum()
                    for run in mine { try await Self.play(run.family, run.seed, &sum) }
                    return sum
                }
            }
            return try await group.reduce(into: Sum()) { whole, lane in whole.add(lane) }
        }
    }

    private static func play(_ family: FaultFamily, _ seed: UInt64, _ sum: inout Sum) async throws {
        let report = try await Simulation.run(seed: seed, family: family)
        sum.roundTrips += report.roundTrips
        sum.crashes += report.crashes
        sum.add(report.counts)
        guard let problem = report.problem else { return }
        sum.failed += 1
        say("\(family.rawValue) \(seed): \(problem)")
        guard let folder = ProcessInfo.processInfo.environment["TRIALSIM_KEEP"] else { return }
        let failed = FailedRun(
            tape: WorkloadTape(seed: seed, family: family), schedule: seed, mutant: nil, found: problem)
        let kept = try await failed.kept(in: URL(fileURLWithPath: folder)).run
        say("\(family.rawValue) \(seed): \(kept.tape.steps.count) steps are enough: \(kept.found)")
    }
}
