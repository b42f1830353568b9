import Foundation

/// A moment to kill a program: so many more bytes stand in the log of a store, or so many fewer.
struct KillMoment {
    let log: URL
    let bytes: Int

    private static func size(_ file: URL) -> Int {
        let found = try? FileManager.default.attributesOfItem(atPath: file.path)
        return found?[.size] as? Int ?? 0
    }

    /// Until the moment has come, or none of the programs runs any more.
    func wait(whileRunning programs: [Running]) async throws {
        let before = Self.size(log)
        try await within(seconds: 120, "a moment to kill") {
            while abs(Self.size(log) - before) < bytes, programs.contains(where: \.isRunning) {
                try await Task.sleep(for: .microseconds(200))
            }
        }
    }
}
