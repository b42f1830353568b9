import Foundation

/// How long the long tests go on: as in CI unless the environment says more.
enum LongRun {
    /// - Parameter name: the variable that says how many.
    static func count(_ name: String, usually: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usually
    }

    /// After how many minutes a long test counts as hung: four hours where the environment asks for more.
    static func minutes(_ name: String, usually: Int) -> Int {
        ProcessInfo.processInfo.environment[name] == nil ? usually : 240
    }

    /// Of the random draws of a test: `TRIALSYNC_SEED` for others.
    static var seed: UInt64 {
        ProcessInfo.processInfo.environment["TRIALSYNC_SEED"].flatMap { UInt64($0) } ?? 20_261_123
    }
}
