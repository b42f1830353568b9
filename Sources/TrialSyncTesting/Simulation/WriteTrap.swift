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
        var tear: Double?
        var hasFired = false
    }

    private let state = Mutex(State())
    private let count = Mutex(0)

    /// How often the store has begun to write, ever: while this stands still, it holds what it held.
    var writes: Int { count.withLock { $0 } }

    /// After so many writes the transaction fails.
    func armError(after writes: Int) { state.withLock { $0 = State(countdown: writes) } }

    /// After so many writes the files are copied: a program that ended there would find them so.
    ///
    /// - Parameter tear: the program ends later, when so much of what it wrote to its log after that write,
    ///   until somebody looks, is on the disk: within a commit, behind it, or between two transactions.
    func armCrash(after writes: Int, of source: String, image: String, tear: Double? = nil) {
        state.withLock { $0 = State(countdown: writes, image: image, source: source, tear: tear) }
    }

    /// Completes the image of a program that ended: to be called before anything of it was seen outside.
    func finishImage() throws {
        let state = state.withLock { $0 }
        guard state.hasFired, let image = state.image, let tear = state.tear else { return }
        try StoreImage.extendLog(of: image, from: state.source, by: tear)
    }

    func disarm() { state.withLock { $0 = State() } }

    /// The image, if a crash was due and came.
    var crashImage: String? { state.withLock { $0.hasFired ? $0.image : nil } }

    var hasFired: Bool { state.withLock { $0.hasFired } }

    func beforeWriting() throws {
        count.withLock { $0 += 1 }
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

    private static let logHeaderBytes = 32

    /// Lets a part of what was appended to the log since the image was taken reach the image.
    ///
    /// If the log was begun anew meanwhile, the image stays as it is.
    static func extendLog(of image: String, from source: String, by part: Double) throws {
        let before = FileManager.default.contents(atPath: image + "-wal") ?? Data()
        let now = FileManager.default.contents(atPath: source + "-wal") ?? Data()
        guard now.count > before.count, now.prefix(logHeaderBytes) == before.prefix(logHeaderBytes)
        else { return }
        let count = before.count + Int(Double(now.count - before.count) * part)
        try now.prefix(count).write(to: URL(fileURLWithPath: image + "-wal"))
    }
}
