package import FoundationEssentials
import GRDB
import SyncProtocol
package import TrialModel

extension SQLiteReplica {
    /// Writes a consistent copy of the store's file, while others go on reading and writing.
    package func copy(to path: String) async throws {
        try await StoreFile.mappingErrors { [pool] in
            let target = try DatabaseQueue(path: path)
            try pool.backup(to: target)
            try target.close()
        }
    }

    /// Every change held here, with a verdict or without, and the register names it writes.
    package func heldChanges() async throws -> [ChangeID: [String]] {
        try await read { store in
            var held: [ChangeID: [String]] = [:]
            for entry in try store.historyRows("WHERE 1", []) + store.pendingHistory("WHERE 1", []) {
                held[entry.id] = entry.change?.writes.map(\.register) ?? []
            }
            for row in try store.rows("SELECT change, body FROM borrowed") {
                guard let id = ChangeID(bytes: row[0] as Data) else { continue }
                let bytes = try store.cipher.open(row[1], as: RowIdentity.borrowed(change: id))
                held[id] = (try? EncodedChange(received: bytes, id: id))?.change.writes.map(\.register) ?? []
            }
            return held
        }
    }
}
