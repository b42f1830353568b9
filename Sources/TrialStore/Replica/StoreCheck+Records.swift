import FoundationEssentials
import GRDB
import SyncProtocol
import TrialModel

/// What was found in a row that follows from the entries: a record's, or the sum of a site's records.
struct WrongRow {
    let code: ProblemCode
    let place: String
    let message: String
    /// The record's look-up value; `nil` for a sum.
    let lookup: Data?
    /// Why the row stays as it is, whatever else was found.
    let obstacle: String?
}

extension StoreCheck {
    mutating func walkRecords() throws {
        var sums: [Int64: StateDigest] = [:]
        let statement = try store.db.makeStatement(
            sql: """
                SELECT site, key, digest, state, kind, participant, number, conflicts
                FROM record ORDER BY id
                """)
        let cursor = try Row.fetchCursor(statement)
        while let row = try cursor.next() {
            report.records += 1
            let lookup: Data = row[1]
            let digest = StateDigest(bytes: row[2] as Data) ?? StateDigest()
            sums[row[0], default: StateDigest()].add(digest)
            let state: RecordState
            do { state = try store.decodeState(row[3], lookup) } catch {
                try addUnreadable(lookup, error)
                continue
            }
            try check(state, digest, row, lookup)
        }
        for row in try store.rows(
            """
            SELECT DISTINCT e.record FROM entry e WHERE e.record IS NOT NULL AND e.verdict < 3
                AND NOT EXISTS (SELECT 1 FROM record r WHERE r.key = e.record)
            """)
        {
            try addRow(.digestMismatch, row[0], "there are entries of the record, and it is not here")
        }
        for row in try store.rows("SELECT id, code, digest FROM site ORDER BY id") {
            let sum = sums[row[0]] ?? StateDigest()
            guard Data(sum.bytes) != row[2] as Data else { continue }
            wrongRows.append(
                WrongRow(
                    code: .digestMismatch, place: "site " + (row[1] as String),
                    message: "the site's digest is not the sum of its records", lookup: nil, obstacle: nil))
        }
        nameWrongRows()
    }

    private mutating func check(
        _ state: RecordState, _ digest: StateDigest, _ row: Row, _ lookup: Data
    ) throws {
        // Entries that do not open have been named already.
        guard let anew = try? mergedAnew(state, lookup) else {
            let message = "the record cannot be merged anew from its entries"
            add(.digestMismatch, VerifyReport.place(ofRecord: lookup), message)
            return
        }
        if state != anew || digest != anew.digest {
            try addRow(.digestMismatch, lookup, "the merged state is not what its entries give")
        }
        let isAtHome = try store.homes(ofEntries: lookup).allSatisfy { $0 == row[0] as Int64 }
        let isFindable =
            row[4] as Int == Int(state.key.kind.rawValue) && lookup == store.lookup(state.key)
            && row[5] as Data? == state.key.participant.map { store.lookup(participant: $0) }
            && row[6] as Data? == NumberKey(state).map { store.lookup($0) }
            && row[7] as Int == state.conflicts.count
        if !isFindable || !isAtHome {
            try addRow(.digestMismatch, lookup, "the columns the record is found by are not its own")
        }
    }

    private mutating func addUnreadable(_ lookup: Data, _ error: any Error) throws {
        let message = "the merged state cannot be read"
        // What is sealed for others is not damaged.
        guard (error as? Problem)?.code != .siteKeyMissing else {
            return add(.sealBroken, VerifyReport.place(ofRecord: lookup), message)
        }
        try addRow(.sealBroken, lookup, message)
    }

    private mutating func addRow(_ code: ProblemCode, _ lookup: Data, _ message: String) throws {
        let obstacle = try firstSync == nil ? store.obstacle(toRebuilding: lookup) : nil
        wrongRows.append(
            WrongRow(
                code: code, place: VerifyReport.place(ofRecord: lookup), message: message, lookup: lookup,
                obstacle: obstacle))
    }

    /// What the record's entries give. While its history is still to come: what its live entries give.
    private func mergedAnew(_ state: RecordState, _ lookup: Data) throws -> RecordState {
        guard firstSync != nil, !state.key.kind.isStudyWide else {
            return try store.mergedAnew(state.key, lookup)
        }
        return try LiveRecord(state).state { try store.change($0) }
    }

    /// Rows are written anew all or none: one that shows what no entry says, like anything else that was
    /// found, tells that entries are missing, and then a row may hold the last copy of a value.
    private mutating func nameWrongRows() {
        let isWhole =
            report.problems.count == problemsOfRows && firstSync == nil
            && wrongRows.allSatisfy { $0.obstacle == nil }
        for row in wrongRows {
            let obstacle = row.obstacle.map { "\($0), so the row stays as it is" }
            add(row.code, row.place, row.message + "; " + (obstacle ?? remedy(isWhole)))
        }
        report.canRebuild = isWhole && !wrongRows.isEmpty
        guard report.canRebuild else { return }
        // More than one thing may be wrong with a row.
        for lookup in wrongRows.compactMap(\.lookup) where report.wrongRows.last != lookup {
            report.wrongRows.append(lookup)
        }
    }

    private func remedy(_ isWhole: Bool) -> String {
        if isWhole { return "`verify --repair` mends it from the entries" }
        return firstSync == nil
            ? "only from entries that are whole can it be mended"
            : "when `sync` has brought the whole history, `verify --repair` mends it"
    }
}
