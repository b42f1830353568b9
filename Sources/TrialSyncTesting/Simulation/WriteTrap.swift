import Foundation
import Synchronization
import TrialModel
import TrialStore

/// What a simulated disk does at some write, or at the COMMIT behind it: nothing, an error, or the end
/// of the program with the files as they are in that moment.
final class WriteTrap: Sendable {
    private struct State {
        var countdown: Int?
        var image: String?
        var source = ""
        var tear: Double?
        var checkpoint: UInt64?
        var fault: DiskFault?
        var hasFired = false
    }

    /// What a write fails with.
    static let failure = "the simulated disk failed"

    private let state = Mutex(State())
    private let count = Mutex(0)
    private let onError: @Sendable (_ isCommit: Bool) -> Void

    /// - Parameter onError: told of each write and each COMMIT that fails.
    init(onError: @escaping @Sendable (_ isCommit: Bool) -> Void) { self.onError = onError }

    /// How often the store has begun to write, ever: while this stands still, it holds what it held.
    var writes: Int { count.withLock { $0 } }

    /// After so many writes the transaction fails.
    ///
    /// - Parameter fault: what its COMMIT fails with; `nil`: the write itself fails.
    func armError(after writes: Int, atCommit fault: DiskFault? = nil) {
        state.withLock { $0 = State(countdown: writes, fault: fault) }
    }

    /// After so many writes the files are copied: a program that ended there would find them so.
    ///
    /// - Parameter tear: the program ends later, when so much of what it wrote to its log after that write,
    ///   until somebody looks, is on the disk: within a commit, behind it, or between two transactions.
    /// - Parameter checkpoint: the program ends while it brings the log into the file; which parts of that
    ///   reach the disk follows from this number.
    func armCrash(
        after writes: Int, of source: String, image: String, tear: Double? = nil, checkpoint: UInt64? = nil
    ) {
        state.withLock {
            $0 = State(
                countdown: writes, image: image, source: source, tear: tear, checkpoint: checkpoint)
        }
    }

    /// Completes the image of a program that ended: to be called before anything of it was seen outside.
    ///
    /// - Returns: whether a checkpoint was torn.
    func finishImage(kind: StoreFile.Kind) throws -> Bool {
        let state = state.withLock { $0 }
        guard state.hasFired, let image = state.image else { return false }
        if let tear = state.tear { try StoreImage.extendLog(of: image, from: state.source, by: tear) }
        guard let checkpoint = state.checkpoint else { return false }
        return try StoreImage.tearCheckpoint(of: image, kind: kind, seed: checkpoint)
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
            guard let image = state.image else { return state.fault == nil }
            try StoreImage.copy(state.source, to: image)
            return false
        }
        guard isError else { return }
        onError(false)
        throw Problem(.diskFull, Self.failure)
    }

    /// What the disk says to a COMMIT: that of the transaction in which the write came that was counted to.
    func beforeCommitting() -> DiskFault? {
        let fault = state.withLock { state -> DiskFault? in
            guard state.hasFired else { return nil }
            defer { state.fault = nil }
            return state.fault
        }
        if fault != nil { onError(true) }
        return fault
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

    private static let sectorBytes = 512

    /// Leaves of the file what a program leaves that ended while it brought the log into it: some sectors are
    /// new and some old, and the log is there as it was.
    ///
    /// - Returns: whether there was anything to bring.
    static func tearCheckpoint(of image: String, kind: StoreFile.Kind, seed: UInt64) throws -> Bool {
        let whole = image + "-whole"
        try copy(image, to: whole)
        defer { try? FileManager.default.removeItem(atPath: whole) }
        try StoreFile.open(at: whole, kind: kind, checkingUpTo: 0).close()
        let old = FileManager.default.contents(atPath: image) ?? Data()
        var mixed = FileManager.default.contents(atPath: whole) ?? Data()
        guard mixed != old, FileManager.default.fileExists(atPath: image + "-wal") else { return false }
        var random = SeededGenerator(seed: seed)
        let share = Double.random(in: 0...1, using: &random)
        for start in stride(from: 0, to: mixed.count, by: sectorBytes) where !random.chance(share) {
            // What the file did not reach to yet is a hole in it.
            let end = min(start + sectorBytes, mixed.count)
            let sector = old.dropFirst(start).prefix(end - start)
            mixed.replaceSubrange(start..<end, with: sector + Data(count: end - start - sector.count))
        }
        try mixed.write(to: URL(fileURLWithPath: image))
        return true
    }
}
