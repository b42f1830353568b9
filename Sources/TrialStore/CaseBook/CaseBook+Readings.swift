import SyncProtocol
package import TrialModel

extension CaseBook {
    /// What was read of one participant, so that many views of it cost one reading.
    struct Readings: Sendable {
        /// All visits, then all log lines.
        let sheets: [Sheet]
        let record: ParticipantCase
        let histories: [RecordKey: [HistoryEntry]]
        /// What took effect, by its id.
        let applied: [ChangeID: HistoryEntry]
    }

    /// Visits, then log lines of a participant, as commands and pages show them.
    ///
    /// - Complexity: one reading of the participant's records, and one of the histories of those that are
    ///   wanted.
    package func views(
        of participant: Participant, withHistory: Bool = false,
        where isWanted: (Sheet) -> Bool = { _ in true }
    ) async throws -> [(sheet: Sheet, view: VisitView)] {
        let sheets = try await sheets(of: participant)
        let wanted = sheets.filter(isWanted)
        guard !wanted.isEmpty else { return [] }
        var book = self
        let keys = wanted.map(\.key)
        let histories = Dictionary(zip(keys, try await store.histories(of: keys))) { first, _ in first }
        let applied = histories.values.joined().filter { $0.judgement?.verdict.kind == .applied }
        book.readings = Readings(
            sheets: sheets, record: record(of: participant, sheets), histories: histories,
            applied: Dictionary(applied.map { ($0.id, $0) }) { first, _ in first })
        var views: [(sheet: Sheet, view: VisitView)] = []
        for sheet in wanted {
            views.append((sheet, try await book.view(of: sheet, withHistory: withHistory)))
        }
        return views
    }

    /// The book with the records of one participant in it, for several questions about them.
    ///
    /// - Complexity: one reading of the participant's records.
    package func reading(_ participant: Participant) async throws -> CaseBook {
        let sheets = try await sheets(of: participant)
        var book = self
        book.readings = Readings(
            sheets: sheets, record: record(of: participant, sheets), histories: [:], applied: [:])
        return book
    }

    // MARK: What is read once, or now

    /// All visits and log lines of a participant.
    func sheets(of participant: Participant) async throws -> [Sheet] {
        if let readings { return readings.sheets }
        return try await visits(of: participant) + lines(of: participant)
    }

    /// What checks look at, of these sheets of a participant.
    func record(of participant: Participant, _ sheets: [Sheet]) -> ParticipantCase {
        readings?.record
            ?? ParticipantCase(
                participant: participant.name, site: participant.site, visits: sheets.compactMap(\.caseVisit),
                lines: sheets.compactMap(\.caseLine))
    }

    func entry(of id: ChangeID) async throws -> HistoryEntry? {
        if let known = readings?.applied[id] { return known }
        return try await store.entry(of: id)
    }

    func entries(of key: RecordKey) async throws -> [HistoryEntry] {
        if let known = readings?.histories[key] { return known }
        return try await store.history(of: key)
    }
}
