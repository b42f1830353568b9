import Foundation
import GRDB
import Testing
import TrialModel

@testable import TrialStore

/// A disk that fails is not called full, damaged or unknown.
@Suite(.tags(.store)) struct DiskReadsTests {
    @Test(
        "What the system said tells a page that the disk does not give from a damaged one",
        arguments: [
            (EIO, .diskFailed), (ENXIO, .diskFailed), (0, .storeDamaged), (ENOENT, .storeDamaged),
        ] as [(Int32, ProblemCode)])
    func reads(said: Int32, code: ProblemCode) {
        let problem = #expect(throws: Problem.self) {
            try StoreFile.mapping { () throws -> Void in
                errno = said
                throw DatabaseError(resultCode: .SQLITE_CORRUPT)
            }
        }
        #expect(problem?.code == code)
        let inTransaction = #expect(throws: (any Error).self) {
            try RowDamage.watching { () throws -> Void in
                errno = said
                throw DatabaseError(resultCode: .SQLITE_CORRUPT)
            }
        }
        #expect(inTransaction.map { StoreFile.problem($0).code } == code)
    }

    @Test("What was said before a transaction, and of another error, does not count")
    func others() {
        errno = EIO
        let problem = #expect(throws: Problem.self) {
            try StoreFile.mapping { () throws -> Void in throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        }
        #expect(problem?.code == .storeDamaged)
        let busy = #expect(throws: Problem.self) {
            try StoreFile.mapping { () throws -> Void in
                errno = EIO
                throw DatabaseError(resultCode: .SQLITE_BUSY)
            }
        }
        #expect(busy?.code == .storeBusy)
    }

    @Test(
        "SQLite's errors of reading, writing and waiting for the disk are the disk's; of locks not",
        arguments: [
            (266, .diskFailed), (778, .diskFailed), (1034, .diskFailed), (1546, .diskFailed),
            (4874, .diskFull), (13, .diskFull), (11, .storeDamaged), (3082, .storeFailed),
            (3850, .storeFailed),
        ] as [(Int32, ProblemCode)])
    func codes(number: Int32, code: ProblemCode) {
        let error = DatabaseError(resultCode: ResultCode(rawValue: number))
        #expect(StoreFile.problem(error).code == code)
    }
}
