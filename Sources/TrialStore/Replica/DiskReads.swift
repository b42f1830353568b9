import Foundation
import GRDB
import TrialModel

/// Tells a disk that does not give a page from a page that is damaged.
///
/// SQLite makes one of both: `SQLITE_IOERR_CORRUPTFS` comes out as `SQLITE_CORRUPT`. What the system said
/// last on the thread that read is the only thing that tells them apart.
enum DiskReads {
    /// Runs what reads a store, all of it on this thread.
    ///
    /// - Throws: `Problem(.diskFailed)` in place of damage that is none: copying the file away and enrolling
    ///   anew would be the wrong thing to do.
    static func watching<Result>(_ body: () throws -> Result) throws -> Result {
        errno = 0
        do { return try body() } catch {
            let said = errno
            guard (error as? DatabaseError)?.resultCode == .SQLITE_CORRUPT, said == EIO || said == ENXIO
            else { throw error }
            throw Problem(.diskFailed, "the disk fails: it did not give a page of the store")
        }
    }
}
