import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// The way out of a store that does not open any more, or that lies on a disk that cannot be written.
extension SiteStore {
    /// What was brought out of a store.
    public struct RescueReport: Hashable, Sendable {
        /// Saves of this laptop that had not reached the centre, and are in the bundle.
        public let own: Int
        /// Saves of other laptops that were carried here, and are in the bundle.
        public let carried: Int
        /// Of what had not reached the centre, what could not be read.
        public let unreadable: Int
        /// Blocks of the store's files that the disk did not give: what stood on them may be missing
        /// without being counted.
        public let unreadBlocks: Int
        /// The size of the file.
        public let bytes: Int

        public var written: Int { own + carried }
        public var isWhole: Bool { unreadable == 0 && unreadBlocks == 0 }
    }

    /// Writes what a store holds and no receipt shows to be at the centre to a bundle, as far as it can be
    /// read: the centre and every laptop of the site takes it.
    ///
    /// Nothing is written where the store lies. Beside `file` there must be room for a copy of the store,
    /// which is removed again.
    ///
    /// - Throws: `Problem(.notEnrolled)`, `.wrongPassword`, `.deviceLost`, `.alreadyExists`,
    ///   `.fileUnreadable`, `.diskFull`; `.storeDamaged` if nothing can be read, `.diskFailed` if that is
    ///   because the disk does not give it.
    public static func rescue(
        at places: Places, to file: String, user: String, password: String
    ) async throws -> RescueReport {
        try checkThere(places)
        guard !FileManager.default.fileExists(atPath: file) else {
            throw Problem(.alreadyExists, "\(file) exists", remedy: "name another file")
        }
        guard !isEmptied(places) else {
            throw explained(Problem(.storeDamaged, "\(places.file) is empty"), at: places)
        }
        let folder = URL(fileURLWithPath: file + ".copy-\(ProcessInfo.processInfo.processIdentifier)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let unread = try await Offload.run { () throws(Problem) -> Int in
            do { return try StoreFile.copyReadable(of: places.file, to: folder) } catch {
                throw Problem(
                    .fileUnreadable, "the store could not be copied to \(folder.path)",
                    remedy: "name a file on another disk that has room for a copy of the store")
            }
        }
        do {
            let rescue = try StoreRescue(copy: folder.appending(path: "store.db").path)
            defer { rescue.close() }
            return try await report(rescue, places, file, user, password, unread)
        } catch let problem as Problem where problem.code == .storeDamaged {
            guard unread == 0 else { throw notGiven(unread) }
            throw explained(problem, whenRescuingAt: places)
        }
    }

    private static func report(
        _ rescue: StoreRescue, _ places: Places, _ file: String, _ user: String, _ password: String,
        _ unread: Int
    ) async throws -> RescueReport {
        if let moment = try await rescue.destroyedAt() { throw lost(since: moment) }
        guard let slot = try await rescue.slot(of: user) else {
            throw Problem(
                .wrongPassword, "\(user) has no key slot on this laptop that can be read",
                remedy: "somebody who has logged in on it before can bring out what was not sent")
        }
        let secret = try await Offload.run { () throws(Problem) in try slot.open(password: password) }
        let contents = try SlotContents(decoding: secret)
        guard contents.user == user else {
            throw Problem(.wrongPassword, "the key slot of \(user) is another person's")
        }
        let totals = try await rescue.export(
            to: file, cipher: SealingCipher(SiteKeyRing(contents)), head: knownHeads(places).first,
            environment: .system)
        return RescueReport(
            own: totals.own, carried: totals.carried, unreadable: totals.unreadable, unreadBlocks: unread,
            bytes: totals.bytes)
    }

    /// A disk may give tomorrow, or on another computer, what it does not give today: nobody is sent to the
    /// paper yet.
    private static func notGiven(_ blocks: Int) -> Problem {
        Problem(
            .diskFailed,
            "nothing of this store can be brought out: the disk did not give all of it (blocks missing: "
                + "\(blocks))",
            remedy:
                "keep the disk and run this again, with the disk in another computer too; if that brings "
                + "nothing either, enrol anew, and what had not reached the centre, and no bundle took "
                + "along, is to be entered again from paper")
    }

    /// The end of the way: no other remedy is left.
    private static func explained(_ problem: Problem, whenRescuingAt places: Places) -> Problem {
        let told = explained(problem, at: places)
        guard told.code == .storeDamaged else { return told }
        return Problem(
            .storeDamaged, "nothing of this store can be brought out: \(problem.message)",
            remedy:
                "keep the file, set its directory aside and enrol anew; what had not reached the centre, and "
                + "no bundle took along, is to be entered again from paper")
    }
}
