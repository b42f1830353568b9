import GRDB

extension SQLiteReplica {
    /// Writes a consistent copy of the store's file, while others go on reading and writing.
    package func copy(to path: String) async throws {
        try await StoreFile.mappingErrors { [pool] in
            let target = try DatabaseQueue(path: path)
            try pool.backup(to: target)
            try target.close()
        }
    }
}
