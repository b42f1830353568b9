import Foundation
import TrialModel
import TrialStore

extension DataDirectory {
    /// Opens the store. A file that is none lies in the wrong directory, or it was one: the files beside it
    /// tell.
    ///
    /// - Throws: `Problem(.storeMissing)`, `.storeDamaged`, `.storeForeign`, `.storeNewer`.
    func openStore() throws(Problem) -> StoreFile {
        do { return try StoreFile.open(at: store, kind: .centre) } catch {
            guard error.code == .storeForeign, error.remedy == error.code.remedy,
                FileManager.default.fileExists(atPath: serverKey.path)
            else { throw error }
            throw Problem(
                .storeForeign,
                "\(error.message), and the other files of a centre lie beside it: it is damaged, or was "
                    + "exchanged",
                remedy:
                    "put the right file back if it was exchanged; else `trialsyncd restore FILE` with the "
                    + "newest backup, which moves this one aside")
        }
    }
}
