import SyncProtocol
package import TrialModel

extension CaseBook {
    /// What was read of one participant, so that many views of it cost one reading.
    struct Readings: Sendable {
        /// All visits, then all log lines.
        let sheets: [Sheet]
        let record: ParticipantCase
        let histories: [RecordKey: [HistoryEntry]]
        /// What took effect, or is to, by its id.
        let counting: [ChangeID: HistoryEntry]
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
        let book = try await reading(participant, sheets, historiesOf: wanted)
        var views: [(sheet: Sheet, view: VisitView)] = []
        for sheet in wanted {
            views.append((sheet, try await book.view(of: sheet, withHistory: withHistory)))
        }
        return views
    }

    /// The book with the records of a sheet's participant in it and the sheet's history, for several
    /// questions about them.
    ///
    /// - Complexity: one reading of the participant's records, and one of the history.
    package func reading(around sheet: Sheet) async throws -> CaseBook {
        let participant = sheet.participant
        return try await reading(participant, try await sheets(of: participant), historiesOf: [sheet])
    }

    private func reading(
        _ participant: Participant, _ sheets: [Sheet], historiesOf wanted: [Sheet]
    ) async throws -> CaseBook {
        let keys = wanted.map(\.key)
        let histories = Dictionary(zip(keys, try await store.histories(of: keys))) { first, _ in first }
        let counting = histories.values.joined().filter { $0.counts }
        var book = self
        book.readings = Readings(
            sheets: sheets, record: record(of: participant, sheets), histories: histories,
            counting: Dictionary(counting.map { ($0.id, $0) }) { first, _ in first })
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
        if let known = readings?.counting[id] { return known }
        return try await store.entry(of: id)
    }

    func entries(of key: RecordKey) async throws -> [HistoryEntry] {
        if let known = readings?.histories[key] { return known }
        return try await store.history(of: key)
    }
}
