import GRDB

/// What a simulated disk says to a COMMIT.
package enum DiskFault: Sendable, CaseIterable {
    /// `SQLITE_FULL`
    case full
    /// `SQLITE_IOERR_WRITE`
    case failing

    fileprivate var code: ResultCode {
        switch self {
        case .full: .SQLITE_FULL
        case .failing: .SQLITE_IOERR_WRITE
        }
    }
}

/// Makes a COMMIT fail when a simulation wants it to: SQLite rolls the transaction back.
final class CommitFault: TransactionObserver {
    private let fault: @Sendable () -> DiskFault?

    init(_ fault: @escaping @Sendable () -> DiskFault?) { self.fault = fault }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ db: Database) {}
    func databaseDidRollback(_ db: Database) {}

    func databaseWillCommit() throws {
        if let fault = fault() { throw DatabaseError(resultCode: fault.code) }
    }
}
