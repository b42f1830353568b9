import Foundation
import TrialModel
import TrialStore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// An enrolment that was cut short leaves a store that is nobody's: it is told from a damaged one, and set
/// aside by the next enrolment.
extension SiteStore {
    /// Whether what lies there is the rest of an enrolment: nothing was ever saved in it.
    static func isUnfinished(_ places: Places) -> Bool {
        // A file that was emptied looks the same.
        guard !StoreMarker.knowsLaptop(at: places.file, in: places.state) else { return false }
        let folder = FileManager.default.temporaryDirectory.appending(path: "trialsync-\(UUID().uuidString)")
        return StoreFile.isUnfinished(places.file, copiedTo: folder)
    }

    /// - Throws: `Problem(.notEnrolled)` if there is no store; `.storeReadOnly` if there may be one, in a
    ///   directory that this account may not look into.
    static func checkThere(_ places: Places) throws(Problem) {
        let folder = places.store.path
        // `fileExists` takes what may not be looked at for what is not there.
        guard access(places.file, F_OK) != 0 else { return }
        guard errno != EACCES else {
            throw Problem(
                .storeReadOnly, "this account may not look into \(folder), where a store may be",
                remedy: "use the account that enrolled this laptop, or mend the permissions; "
                    + "do not enrol anew")
        }
        throw Problem(.notEnrolled, "\(folder) holds no store")
    }

    /// Moves what an enrolment left to `unfinished-TIME` in the directory.
    ///
    /// - Throws: `Problem(.storeReadOnly)`.
    static func setAsideRemains(at places: Places, now milliseconds: Int64) throws(Problem) {
        let files = FileManager.default
        let moment = DeviceTime(milliseconds: milliseconds, offsetMinutes: 0).iso8601
        let stamp = "unfinished-" + moment.filter { $0 != "-" && $0 != ":" }
        var (folder, number) = (places.store.appending(path: stamp), 2)
        while files.fileExists(atPath: folder.path) {
            (folder, number) = (places.store.appending(path: "\(stamp)-\(number)"), number + 1)
        }
        do {
            try files.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            // The file itself is last: until it has gone, the next enrolment finds the rest here.
            for end in StoreFile.ends.reversed() where files.fileExists(atPath: places.file + end) {
                try files.moveItem(
                    at: URL(fileURLWithPath: places.file + end), to: folder.appending(path: "store.db" + end))
            }
        } catch {
            throw Problem(
                .storeReadOnly, "what an enrolment left in \(places.store.path) cannot be moved aside")
        }
    }

    /// What a first sync that did not come to its end is told as: the laptop has joined all the same.
    static func joined(_ problem: Problem) -> Problem {
        let goesBy: [ProblemCode] = [
            .serverUnreachable, .serverFailed, .centreDiskFull, .notInStep, .tooManyRequests, .cancelled,
        ]
        guard goesBy.contains(problem.code) else { return problem }
        return Problem(
            problem.code, "this laptop is enrolled, but its first sync was cut short: \(problem.message)",
            remedy: "run `trialsync sync` when there is a connection: it goes on where it was")
    }
}

/// Keeps two programs from enrolling one laptop at the same time. The system gives it up when the process
/// ends, however it ends.
struct EnrolmentLock: Sendable {
    private let path: String
    private let file: Int32

    /// - Throws: `Problem(.storeBusy)`; `Problem(.storeReadOnly)`.
    init(in directory: URL) throws(Problem) {
        path = directory.appending(path: "enrolling.lock").path
        file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Problem(.storeReadOnly, "\(directory.path) cannot be written") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            _ = close(file)
            throw Problem(
                .storeBusy, "another program is enrolling this laptop", remedy: "wait until it has ended")
        }
    }

    /// Takes the file away, too: nothing is left in a directory that was made in vain.
    func release() {
        _ = unlink(path)
        _ = close(file)
    }
}
