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
        /// The size of the file.
        public let bytes: Int

        public var written: Int { own + carried }
    }

    /// Writes what a store holds and no receipt shows to be at the centre to a bundle, as far as it can be
    /// read: the centre and every laptop of the site takes it.
    ///
    /// Nothing is written where the store lies. Beside `file` there must be room for a copy of the store,
    /// which is removed again.
    ///
    /// - Throws: `Problem(.notEnrolled)`, `.wrongPassword`, `.deviceLost`, `.alreadyExists`,
    ///   `.fileUnreadable`, `.diskFull`; `.storeDamaged` if nothing can be read.
    public static func rescue(
        at places: Places, to file: String, user: String, password: String
    ) async throws -> RescueReport {
        try checkThere(places)
        guard !FileManager.default.fileExists(atPath: file) else {
            throw Problem(.alreadyExists, "\(file) exists", remedy: "name another file")
        }
        let folder = URL(fileURLWithPath: file + ".copy-\(ProcessInfo.processInfo.processIdentifier)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await Offload.run { () throws(Problem) in
            do { try StoreFile.copyReadable(of: places.file, to: folder) } catch {
                throw Problem(
                    .fileUnreadable, "the store could not be copied to \(folder.path)",
                    remedy: "name a file on another disk that has room for a copy of the store")
            }
        }
        do {
            let rescue = try StoreRescue(copy: folder.appending(path: "store.db").path)
            defer { rescue.close() }
            return try await report(rescue, places, file, user, password)
        } catch let problem as Problem where problem.code == .storeDamaged {
            throw explained(problem, whenRescuingAt: places)
        }
    }

    private static func report(
        _ rescue: StoreRescue, _ places: Places, _ file: String, _ user: String, _ password: String
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
            to: file, cipher: SealingCipher(SiteKeyRing(contents)), head: lostHead(places),
            environment: .system)
        return RescueReport(
            own: totals.own, carried: totals.carried, unreadable: totals.unreadable, bytes: totals.bytes)
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
