import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// Tries at passwords, counted for each person in the store itself, so that a restart forgets none: on a
/// laptop and at the centre alike. Rows hold a hash of the name, numbers and times.
package struct LoginAttempts: Sendable {
    /// How a person's tries stand.
    package struct Standing: Hashable, Sendable {
        /// Wrong passwords in a row.
        package var failed = FailedLogins()
        /// Refusals ever: wrong passwords, tries too early, and log-ins of people without access.
        package var refused = 0
        package var refusedMilliseconds: Int64?
    }

    /// More rows than a trial has people: names that are made up push out one another.
    private static let rowLimit = 10_000

    private let pool: DatabasePool

    package init(_ file: StoreFile) { pool = file.pool }

    package init(_ replica: SQLiteReplica) { pool = replica.pool }

    /// Runs one try at a password.
    ///
    /// - Parameters:
    ///   - isStrict: counts the try before it is made, so that no number of tries at the same time gets past
    ///     the limit. Otherwise that begins with the second try, and a right password writes nothing.
    /// - Throws: `Problem(.tooManyAttempts)` without running the body; what the body throws.
    package func trying<Result>(
        _ person: String, isStrict: Bool, now: Int64, _ body: () async throws -> Result
    ) async throws -> Result {
        let before = try await standing(of: person)
        let isCounted = isStrict || before.failed.count > 0
        if isCounted { try await begin(person, now: now) }
        do {
            let result = try await body()
            if isCounted { try await change(person) { $0.failed.succeed() } }
            return result
        } catch let problem as Problem {
            switch problem.code {
            case .wrongPassword where !isCounted: try? await begin(person, now: now)
            case .userDisabled, .notAllowed: try await change(person) { $0.failed.succeed() }
            default: break
            }
            try await noteRefusal(of: person, now: now)
            throw problem
        }
    }

    private func begin(_ person: String, now: Int64) async throws {
        let wait = try await change(person) { standing -> Int64? in
            guard let wait = standing.failed.begin(at: now) else { return nil }
            standing.refused += 1
            standing.refusedMilliseconds = now
            return wait
        }
        if let wait { throw Problem.tooManyAttempts(person, waitMilliseconds: wait) }
    }

    package func noteRefusal(of person: String, now: Int64) async throws {
        try await change(person) { standing in
            standing.refused += 1
            standing.refusedMilliseconds = now
        }
    }

    /// Forgets the wrong passwords of someone who was given a new one.
    package func forgive(_ person: String) async throws { try await change(person) { $0.failed.succeed() } }

    package func standing(of person: String) async throws -> Standing {
        try await StoreFile.mappingErrors { [pool] in
            try await pool.read { db in try Self.standing(try PersonHash.of(person, in: db), db) }
        }
    }

    private static func standing(_ key: Data, _ db: Database) throws -> Standing {
        let sql = "SELECT failed, failed_at, refused, refused_at FROM login_attempt WHERE person = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [key]) else { return Standing() }
        return Standing(
            failed: FailedLogins(count: row[0], lastMilliseconds: row[1]), refused: row[2],
            refusedMilliseconds: row[3])
    }

    @discardableResult
    private func change<Result: Sendable>(
        _ person: String, _ body: @escaping @Sendable (inout Standing) -> Result
    ) async throws -> Result {
        try await StoreFile.mappingErrors { [pool] in
            try await pool.write { db in
                let key = try PersonHash.of(person, in: db)
                var standing = try Self.standing(key, db)
                let result = body(&standing)
                try db.execute(
                    sql: """
                        INSERT OR REPLACE INTO login_attempt (person, failed, failed_at, refused, refused_at)
                        VALUES (?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        key, standing.failed.count, standing.failed.lastMilliseconds, standing.refused,
                        standing.refusedMilliseconds,
                    ])
                let surplus =
                    try (Int.fetchOne(db, sql: "SELECT count(*) FROM login_attempt") ?? 0)
                    - Self.rowLimit
                if surplus > 0 {
                    try db.execute(
                        sql: """
                            DELETE FROM login_attempt WHERE person IN
                            (SELECT person FROM login_attempt ORDER BY failed_at LIMIT ?)
                            """, arguments: [surplus])
                }
                return result
            }
        }
    }
}
