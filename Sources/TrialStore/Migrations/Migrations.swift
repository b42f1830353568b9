import GRDB

/// The store's schema, as numbered steps. A step that was shipped is never changed; each lives in its own
/// file and is tested on data of the version before.
enum Migrations {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("0001") { db in
            try db.execute(sql: migration0001)
            try db.execute(sql: migration0001Triggers)
            try db.execute(sql: migration0001Identity)
            try db.execute(sql: migration0001Slots)
        }
        return migrator
    }
}
