import Foundation
import Synchronization
import TrialModel

/// What a simulated disk does at some write to come: nothing, an error, or the end of the program with the
/// files as they are in that moment.
final class WriteTrap: Sendable {
    private struct State {
        var countdown: Int?
        var image: String?
        var source = ""
        var hasFired = false
    }

    private let state = Mutex(State())

    /// After so many writes the transaction fails.
    func armError(after writes: Int) { state.withLock { $0 = State(countdown: writes) } }

    /// After so many writes the files are copied: a program that ended there would find them so.
    func armCrash(after writes: Int, of source: String, image: String) {
        state.withLock { $0 = State(countdown: writes, image: image, source: source) }
    }

    func disarm() { state.withLock { $0 = State() } }

    /// The image, if a crash was due and came.
    var crashImage: String? { state.withLock { $0.hasFired ? $0.image : nil } }

    var hasFired: Bool { state.withLock { $0.hasFired } }

    func beforeWriting() throws {
        let isError = try state.withLock { state in
            guard let countdown = state.countdown else { return false }
            guard countdown == 0 else {
                state.countdown = countdown - 1
                return false
            }
            (state.countdown, state.hasFired) = (nil, true)
            guard let image = state.image else { return true }
            try StoreImage.copy(state.source, to: image)
            return false
        }
        if isError { throw Problem(.diskFull, "the simulated disk failed") }
    }
}

/// A store's files as they lie on the disk.
enum StoreImage {
    /// Copies database and log as they are in this moment, in the middle of a transaction or not.
    static func copy(_ source: String, to target: String) throws {
        let files = FileManager.default
        for suffix in ["", "-wal"] {
            try? files.removeItem(atPath: target + suffix)
            guard files.fileExists(atPath: source + suffix) else { continue }
            try files.copyItem(atPath: source + suffix, toPath: target + suffix)
        }
    }
}
