import Crypto
import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// Which entries of the audit trail are wanted.
package struct AuditFilter: Hashable, Sendable {
    /// `nil` for all.
    package var sites: Set<SiteCode>?
    /// All whom a number means.
    package var participants: Set<EnrolmentID>?
    /// The author.
    package var person: String?
    /// As ``AuditEntry/kind`` has it.
    package var kind: String?
    /// Server time of receipt, in milliseconds since 1970 UTC.
    package var received: Range<Int64>?

    package init() {}
}

/// The audit trail of a store within one snapshot: every entry with a verdict, site by site, in the order in
/// which the centre took them.
package struct AuditTrail {
    let store: StoreTransaction
    let filter: AuditFilter
    private let names: [EnrolmentID: String]

    fileprivate init(_ store: StoreTransaction, _ filter: AuditFilter, names: [EnrolmentID: String]) {
        (self.store, self.filter, self.names) = (store, filter, names)
    }

    private static let condition = """
        FROM entry e JOIN journal j ON j.id = e.journal JOIN site s ON s.id = j.site
        WHERE (?1 IS NULL OR s.code IN (SELECT value FROM json_each(?1)))
            AND e.received_at >= ?2 AND e.received_at < ?3
        """

    private var arguments: StatementArguments {
        let received = filter.received ?? Int64.min..<Int64.max
        let sites = filter.sites.map { JSON.array($0.map(\.text).sorted().map(JSON.string)).text }
        return [sites, received.lowerBound, received.upperBound]
    }

    /// How many entries are looked at, which is at least as many as are wanted.
    package func count() throws -> Int {
        try store.row("SELECT count(*) \(Self.condition)", arguments)?[0] ?? 0
    }

    /// Calls a body with each entry. Memory: the places of the entries, 16 bytes each, and one entry at a
    /// time with the values that it replaced.
    ///
    /// - Parameter looked: called with the number of entries that have been looked at.
    package func forEach(
        looked: (Int) -> Void = { _ in }, _ body: (AuditEntry) throws -> Void
    ) throws {
        let statement = try store.db.makeStatement(
            sql: "SELECT e.journal, e.n \(Self.condition) ORDER BY s.code, e.seq, e.journal")
        let places = try Row.fetchCursor(statement, arguments: arguments)
        var done = 0
        while let place = try places.next() {
            let journal: Int64 = place[0]
            let n: Int64 = place[1]
            for entry in try entries(journal: journal, n: n) { try body(entry) }
            done += 1
            looked(done)
        }
    }

    /// The entry at a place, if it is wanted.
    func entries(journal: Int64, n: Int64) throws -> [AuditEntry] {
        try store.historyRows("WHERE e.journal = ? AND e.n = ?", [journal, n]).filter(isWanted).map(view)
    }

    func isWanted(_ entry: HistoryEntry) -> Bool {
        if let person = filter.person, entry.change?.author != person { return false }
        if let sites = filter.sites, !sites.contains(entry.site) { return false }
        if let kind = filter.kind, entry.change.map({ "\($0.kind)" }) != kind { return false }
        guard let wanted = filter.participants else { return true }
        return entry.change?.record.participant.map(wanted.contains) ?? false
    }

    /// An entry as the trail tells it, with what it replaced.
    package func view(of entry: HistoryEntry) throws -> AuditEntry {
        let record = entry.change?.record
        return AuditEntry(
            stamp: CaseBook.stamp(entry), change: entry.id.hex,
            kind: entry.change.map { "\($0.kind)" } ?? "undecodable",
            verdict: entry.judgement?.verdict.name ?? "pending",
            record: record.map { CaseBook.shortName(of: $0) } ?? "",
            participant: try record?.participant.map(name) ?? "", place: try record.map(place) ?? "",
            conflict: entry.change?.conflict?.hex, cites: entry.change?.cites.map(\.hex) ?? [],
            changes: try entry.change.map(changes) ?? [])
    }

    /// The items that the change altered, each with what it replaced.
    private func changes(of change: Change) throws -> [HistoryView.ItemChange] {
        try change.writes.flatMap { write in
            let before = try write.replaces.compactMap { id in
                try store.change(id)?.writes.first { $0.register == write.register }?.values
            }
            return HistoryView.changes(of: write, before: before).map { abridged($0, in: change.record) }
        }
    }

    /// What is a document of its own (a definition, an authority, a site key's notice) is named by its hash.
    private func abridged(
        _ change: HistoryView.ItemChange, in record: RecordKey
    ) -> HistoryView.ItemChange {
        guard record.kind.isStudyWide else { return change }
        return HistoryView.ItemChange(
            item: change.item, old: change.old.map { abridged($0, in: record) },
            new: abridged(change.new, in: record))
    }

    private func abridged(_ value: Value, in record: RecordKey) -> Value {
        guard case .text(let text) = value, text.utf8.count > Self.longestText else { return value }
        let version = record.kind == .study ? "version \(record.name), " : ""
        return .text("\(version)SHA-256 \(Hex.encode(SHA256.hash(data: Data(text.utf8))))")
    }

    /// Longer texts of `*` are documents, in UTF-8 bytes.
    private static let longestText = 400

    // MARK: Names

    private func name(_ participant: EnrolmentID) throws -> String {
        if let name = names[participant] { return name }
        let number = try store.existingState(store.lookup(.participant(participant)))?.number
        return number ?? "~\(participant.hex.prefix(8))"
    }

    private func place(of record: RecordKey) throws -> String {
        switch record.kind {
        case .participant: return ""
        case .scheduledVisit: return record.name
        case .unscheduledVisit:
            let number = try store.existingState(store.lookup(record))?.number
            return number.map { "\(record.name)#\($0)" } ?? record.name
        case .logLine: return CaseBook.lineName(of: record)
        case .query: return "query"
        case .study, .site, .person, .device: return "\(record.kind) \(record.name)"
        }
    }
}

extension SQLiteReplica {
    /// Runs a body on the audit trail, in one snapshot: others go on writing meanwhile.
    ///
    /// - Parameter names: the participants' numbers as people use them.
    package func withAuditTrail<Result: Sendable>(
        _ filter: AuditFilter, names: [EnrolmentID: String],
        _ body: @escaping @Sendable (AuditTrail) throws -> Result
    ) async throws -> Result {
        try await read { store in try body(AuditTrail(store, filter, names: names)) }
    }
}
