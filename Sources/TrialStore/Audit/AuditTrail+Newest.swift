import GRDB
package import TrialModel

extension AuditTrail {
    /// A part of the trail, the newest receipt first.
    package struct Part: Sendable {
        package let entries: [AuditEntry]
        /// How many entries were looked at from the newest on, before this part and for it: where the next
        /// one begins.
        package let looked: Int
        package let isLast: Bool
    }

    /// Entries are opened for one part up to this many, wanted or not: a filter that hits seldom takes
    /// several parts and never a slow one.
    static let lookedLimit = 1_000

    /// The newest entries that are wanted. Journals are merged by their newest entries, so that nothing older
    /// than the part is read; time: linear in what is skipped, without its values.
    ///
    /// - Parameters:
    ///   - skipping: how many to pass over, wanted or not.
    ///   - limit: how many to give at most.
    package func newest(skipping: Int, limit: Int) throws -> Part {
        var merged = try MergedPlaces(cursors())
        for _ in 0..<skipping { guard try merged.next() != nil else { break } }
        var entries: [AuditEntry] = []
        var looked = 0
        while entries.count < limit, looked < Self.lookedLimit, let place = try merged.next() {
            looked += 1
            entries += try self.entries(journal: place.journal, n: place.n)
        }
        return Part(entries: entries, looked: skipping + looked, isLast: merged.isAtEnd)
    }

    private func cursors() throws -> [RowCursor] {
        let received = filter.received ?? Int64.min..<Int64.max
        let bounds: StatementArguments = [received.lowerBound, received.upperBound]
        if let participants = filter.participants { return try [cursor(of: participants, bounds)] }
        return try store.rows("SELECT j.id, s.code FROM journal j JOIN site s ON s.id = j.site ORDER BY j.id")
            .filter { row in filter.sites.map { $0.map(\.text).contains(row[1] as String) } ?? true }
            .map { row in
                let statement = try store.db.makeStatement(
                    sql: """
                        SELECT journal, n, received_at FROM entry
                        WHERE received_at >= ? AND received_at < ? AND journal = ? ORDER BY n DESC
                        """)
                return try Row.fetchCursor(statement, arguments: bounds + [row[0] as Int64])
            }
    }

    /// The entries of participants, and all that were not applied: those have no record to be found by.
    private func cursor(
        of participants: Set<EnrolmentID>, _ bounds: StatementArguments
    ) throws -> RowCursor {
        let marks = participants.map { _ in "?" }.joined(separator: ", ")
        let wanted = participants.map { store.lookup(participant: $0) }
        let statement = try store.db.makeStatement(
            sql: """
                SELECT e.journal, e.n, e.received_at FROM entry e
                WHERE e.received_at >= ? AND e.received_at < ? AND (e.journal, e.n) IN (
                    SELECT journal, n FROM entry WHERE verdict <> 1
                    UNION SELECT journal, n FROM entry
                    WHERE record IN (SELECT key FROM record WHERE participant IN (\(marks))))
                ORDER BY e.received_at DESC, e.journal DESC, e.n DESC
                """)
        return try Row.fetchCursor(statement, arguments: bounds + StatementArguments(wanted))
    }
}

/// Places of entries from several cursors, each with the newest first, as one sequence.
private struct MergedPlaces {
    struct Place {
        let journal: Int64
        let n: Int64
        let received: Int64
    }

    private var heads: [(place: Place, rest: RowCursor)] = []

    init(_ cursors: [RowCursor]) throws {
        for cursor in cursors {
            if let place = try Self.place(cursor) { heads.append((place, cursor)) }
        }
    }

    var isAtEnd: Bool { heads.isEmpty }

    mutating func next() throws -> Place? {
        let newest = heads.indices.max {
            (heads[$0].place.received, heads[$0].place.journal)
                < (heads[$1].place.received, heads[$1].place.journal)
        }
        guard let newest else { return nil }
        let place = heads[newest].place
        if let following = try Self.place(heads[newest].rest) {
            heads[newest].place = following
        } else {
            heads.remove(at: newest)
        }
        return place
    }

    private static func place(_ cursor: RowCursor) throws -> Place? {
        try cursor.next().map { Place(journal: $0[0], n: $0[1], received: $0[2]) }
    }
}
