import Foundation
public import TrialModel

/// What is wrong with a laptop's store, and what to do: another thing than at the centre, which has backups.
extension SiteStore {
    /// What a person is told of a store that cannot be opened, or worked with.
    public static func explained(_ problem: Problem, at places: Places) -> Problem {
        let ofFile: [ProblemCode] = [
            .storeDamaged, .storeForeign, .storeReadOnly, .storeFailed, .notEnrolled,
        ]
        if ofFile.contains(problem.code), isUnfinished(places) {
            return Problem(
                .notEnrolled, "the enrolment was not finished; nothing was saved here",
                remedy: "run `trialsync enroll LINK` again; it may have used up its link: then ask the "
                    + "coordinator for a new one")
        }
        switch problem.code {
        case .storeDamaged where isEmptied(places): return emptied(places)
        case .storeDamaged:
            return Problem(
                .storeDamaged, problem.message,
                remedy:
                    "it was left as it is, keep it: `trialsync bundle export FILE --rescue` brings out what "
                    + "was not sent; then set the directory aside and enrol anew")
        // What has a remedy of its own is not of the store, or was explained already.
        case _ where problem.remedy != problem.code.remedy: return problem
        case .diskFailed:
            return Problem(
                .diskFailed, problem.message,
                remedy:
                    "nothing that was answered is lost: `trialsync bundle export FILE --rescue`, with FILE "
                    + "on another disk, brings out what was not sent; then replace this one")
        case .storeForeign where StoreMarker.knowsLaptop(at: places.file, in: places.state):
            return Problem(
                .storeForeign,
                "\(problem.message), and the store of a laptop was here: it is damaged, or was exchanged",
                remedy:
                    "keep the file; put the right one back if it was exchanged; else `trialsync bundle "
                    + "export FILE --rescue` brings out what can be read, then set the directory aside and "
                    + "enrol anew")
        case .sealBroken:
            return Problem(
                .sealBroken, problem.message,
                remedy:
                    "the store's file is damaged or was altered: `trialsync verify` names the place, "
                    + "`trialsync bundle export FILE --rescue` brings out what was not sent; then set the "
                    + "directory aside and enrol anew")
        case .diskFull, .storeReadOnly: return barred(problem, places)
        default: return problem
        }
    }

    /// A store that is sound, where nothing can be written: not even read it can be then.
    private static func barred(_ problem: Problem, _ places: Places) -> Problem {
        let (file, message) = (places.file, problem.message)
        let mend =
            problem.code == .diskFull
            ? "make room, then do it again" : ProblemCode.storeReadOnly.remedy
        return Problem(
            problem.code, message.contains(places.store.path) ? message : "\(file): \(message)",
            remedy:
                "\(mend); what was saved before is safe, and `trialsync bundle export FILE --rescue`, with "
                + "FILE on another disk, brings out what was not sent")
    }

    /// Whether nothing is left in the file, nor in the log beside it, from which something may be read.
    static func isEmptied(_ places: Places) -> Bool {
        func bytes(_ path: String) -> Int? {
            try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        }
        return bytes(places.file) == 0 && (bytes(places.file + "-wal") ?? 0) == 0
    }

    private static func emptied(_ places: Places) -> Problem {
        Problem(
            .storeDamaged,
            "\(places.file) is empty, and nothing is left in it to be brought out: what had not reached the "
                + "centre may be lost",
            remedy:
                "put the newest copy of it back if there is one; else set its directory aside, enrol anew, "
                + "import the bundles that took saves along, and enter what is missing again from paper")
    }
}
