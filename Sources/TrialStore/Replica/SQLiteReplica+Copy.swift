import GRDB

extension SQLiteReplica {
    /// Writes a consistent copy of the store's file, while others go on reading and writing.
    ///
    /// - Throws: `Problem(.diskFailed)`, `.storeDamaged`, `.diskFull`; what was written of the copy is left.
    package func copy(to path: String) async throws {
        try await StoreFile.mappingErrors { [pool] in
            let target = try DatabaseQueue(path: path)
            try DiskReads.watching { try pool.backup(to: target) }
            try target.close()
        }
    }
}
