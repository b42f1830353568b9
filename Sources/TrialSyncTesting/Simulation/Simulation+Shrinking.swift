package import Foundation

/// A run that failed once: both tapes, and what was found. Kept as a file and played again by a test.
package struct FailedRun: Codable, Sendable {
    package var tape: WorkloadTape
    package var schedule: UInt64
    package var mutant: Mutant?
    package var found: String

    package init(tape: WorkloadTape, schedule: UInt64, mutant: Mutant?, found: String) {
        (self.tape, self.schedule, self.mutant, self.found) = (tape, schedule, mutant, found)
    }

    package func play() async throws -> Simulation.Report {
        try await Simulation(tape, schedule: schedule, mutant: mutant).run()
    }

    /// The same with as few steps as can be found to fail: halves are left out first, then smaller parts,
    /// then single steps.
    ///
    /// - Parameter runLimit: how many runs may be spent on it.
    package func shrunk(runLimit: Int = 300) async throws -> FailedRun {
        var best = self
        var runs = 0
        var part = max(1, tape.steps.count / 2)
        while part >= 1, runs < runLimit {
            var start = 0
            var wasShortened = false
            while start < best.tape.steps.count, runs < runLimit {
                var shorter = best
                shorter.tape.steps.removeSubrange(start..<min(start + part, best.tape.steps.count))
                runs += 1
                if let found = try await shorter.play().problem {
                    shorter.found = found
                    best = shorter
                    wasShortened = true
                } else {
                    start += part
                }
            }
            if part == 1, !wasShortened { break }
            part = max(1, part / 2)
        }
        return best
    }

    /// Shrinks the run and writes it down, to be played again by a test.
    ///
    /// - Parameter folder: is made if it is not there.
    /// - Returns: what was written, and where.
    package func kept(in folder: URL, runLimit: Int = 300) async throws -> (run: FailedRun, file: URL) {
        let shrunk = try await shrunk(runLimit: runLimit)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "\(tape.family.rawValue)-\(schedule).json")
        try shrunk.encoded().write(to: file)
        return (shrunk, file)
    }

    package func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try encoder.encode(self)
    }

    package init(decoding data: Data) throws { self = try JSONDecoder().decode(Self.self, from: data) }
}
