import Crypto
import Foundation
import SyncProtocol
package import TrialModel
import TrialStore

/// What a page of the site needs to show and save forms: participants by their enrolment ids, so that no
/// number stands in an address.
extension SiteStore {
    /// Whether a laptop's store is there already, and not only what an enrolment left that was cut short.
    package static func isEnrolled(at places: Places) -> Bool {
        FileManager.default.fileExists(atPath: places.file) && !isUnfinished(places)
    }

    /// This moment, where the laptop is.
    package var moment: DeviceTime { now }

    // MARK: Participants

    /// A participant by enrolment id.
    package struct RosterEntry: Hashable, Sendable {
        /// The enrolment id, in hexadecimal.
        package let id: String
        /// The number, with a short id where another record bears it too.
        package let name: String
        package let status: String
        /// Whether the participant went to another site.
        package let hasLeft: Bool
    }

    /// - Throws: `Problem(.unknownParticipant)`.
    package func participant(id: String) async throws -> RosterEntry {
        guard let id = EnrolmentID(hex: id) else {
            throw Problem(.unknownParticipant, "there is no such participant")
        }
        return Self.entry(try await book().participant(id, site: site))
    }

    static func entry(_ participant: CaseBook.Participant) -> RosterEntry {
        RosterEntry(
            id: participant.id.hex, name: participant.name, status: participant.status,
            hasLeft: participant.departure != nil)
    }

    /// All visits and log lines of a participant with their histories.
    ///
    /// - Throws: `Problem(.unknownParticipant)`.
    package func casebook(id: String) async throws -> [VisitView] {
        guard let id = EnrolmentID(hex: id) else {
            throw Problem(.unknownParticipant, "there is no such participant")
        }
        let book = try await book()
        return try await book.views(of: try await book.participant(id, site: site), withHistory: true)
            .map(\.view)
    }

    /// All lines of a participant's log forms, in the order of the forms.
    ///
    /// - Throws: `Problem(.unknownParticipant)`.
    package func logLines(_ participant: String) async throws -> [VisitView] {
        let book = try await book()
        return try await book.views(of: try await book.participant(participant, site: site)) {
            if case .line = $0.place { true } else { false }
        }.map(\.view)
    }

    /// How many participants can be enrolled before the next sync.
    package func numbersLeft() async throws -> Int {
        try admit()
        return try await replica.numbers().left
    }

    // MARK: Forms

    /// What came to stand on a sheet since a form of it was opened.
    package struct LateValue: Sendable {
        /// An item of the study.
        package let item: String
        package let value: Value
        package let stamp: EntryStamp
        /// Whether it stands again, because the save that the form was opened with was not applied.
        package let isBack: Bool
    }

    /// - Parameter base: the `base` of the form.
    /// - Returns: every item of the registers that others have written; one may come several times.
    package func late(_ participant: String, _ sheet: String, since base: String) async throws -> [LateValue]
    {
        let book = try await book()
        let sheet = try await book.sheet(try await book.participant(participant, site: site), sheet)
        return try await book.late(since: try BaseToken.decode(base), on: sheet).flatMap { late in
            late.version.values.map {
                LateValue(
                    item: $0.item, value: $0.value, stamp: late.version.stamp, isBack: late.isBack)
            }
        }
    }

    /// The last answer to an item before a visit, as a form shows it beside the field.
    package struct EarlierValue: Sendable {
        package let value: Value
        /// `BL`
        package let visit: String
        package let date: CalendarDate?
    }

    /// An empty line of a log form, to be filled in.
    ///
    /// - Throws: `Problem(.unknownForm)`.
    package func blankLine(_ participant: String, _ form: String) async throws -> VisitView {
        let book = try await book()
        let participant = try await book.participant(participant, site: site)
        return try await book.view(of: book.newLine(of: participant, form: try book.log(form), id: newID()))
    }

    /// A sheet as it stands here, and what rules would say of it if values were saved on it.
    package struct Preview: Sendable {
        package let view: VisitView
        /// What the checks would find besides what stands there now: in the values themselves, and beside the
        /// participant's other records.
        package let found: [Finding]
        /// On a line of an exposure log the planned dose.
        package let dose: PlannedDose?
        /// On a visit what is known of the participant, where that was asked for.
        package var beside: Beside?
    }

    /// What a form of a visit shows beside it.
    package struct Beside: Sendable {
        /// By item, the last answer at the visits before.
        package let earlier: [String: EarlierValue]
        package let record: ParticipantCase
        package let schedule: ParticipantSchedule
    }

    /// Nothing is written.
    ///
    /// - Parameters:
    ///   - sheet: as ``visit(_:_:withHistory:)`` takes it; a log form's OID for a new line.
    ///   - isForm: whether the history and what stands beside a visit are wanted too.
    /// - Complexity: one reading of the participant's records.
    package func preview(
        _ participant: String, _ sheet: String, _ values: [String: Value], isForm: Bool = false
    ) async throws -> Preview {
        let all = try await self.book()
        let participant = try await all.participant(participant, site: site)
        let sheet =
            if all.isLog(sheet) {
                all.newLine(of: participant, form: try all.log(sheet), id: newID())
            } else {
                try await all.sheet(participant, sheet, newID: newID)
            }
        let book = try await all.reading(around: sheet)
        var view = try await book.view(of: sheet, withHistory: isForm)
        if isForm { view.historyLeft = Int(try await replica.firstSync()?.historyLeft ?? 0) }
        let preview = try await book.preview(of: sheet, saving: values, at: now)
        let standing = Set(view.checks.map(\.confirmation))
        return Preview(
            view: view, found: preview.findings.filter { !standing.contains($0.confirmation) },
            dose: preview.dose, beside: isForm ? try await beside(sheet, in: book) : nil)
    }

    private func beside(_ sheet: CaseBook.Sheet, in book: CaseBook) async throws -> Beside? {
        guard case .visit = sheet.place else { return nil }
        let earlier = try await book.earlierValues(than: sheet).mapValues {
            EarlierValue(value: $0.value, visit: $0.visit, date: $0.date)
        }
        let (record, schedule) = try await caseAndSchedule(of: sheet.participant, in: book)
        return Beside(earlier: earlier, record: record, schedule: schedule)
    }

    /// Saves what was typed in a form; a log form's OID as the sheet stands for a new line of it.
    ///
    /// - Parameters:
    ///   - base: what the form was opened with; `nil` for a new line.
    ///   - form: the random name of the form, which names the line that begins with it.
    /// - Returns: whether anything was written: not if the values were shown already.
    /// - Throws: as ``save(_:reason:)``.
    package func saveForm(
        _ participant: String, _ sheet: String, _ values: [String: Value], base: String?, reason: String,
        form: String = ""
    ) async throws -> Bool {
        let base = try base.map { text throws(Problem) in try BaseToken.decode(text) }
        var plan = PlannedSave(
            participant: participant, sheet: sheet, values: values, base: base, reason: reason)
        if !form.isEmpty { plan.line = RecordID(form: form) }
        return try await save([plan]) > 0
    }

    /// Whether the line that a form begins stands there already.
    package func isLineSaved(_ participant: String, _ log: String, form: String) async throws -> Bool {
        let book = try await book()
        let lines = try await book.lines(
            of: try await book.participant(participant, site: site), form: try book.log(log))
        return lines.contains { $0.key.id == RecordID(form: form) }
    }

    // MARK: Where the data stands

    /// How this laptop stands to the centre; asked without showing anything, so also behind a locked screen.
    package struct Standing: Hashable, Sendable {
        /// Saves that are not yet at the centre: this laptop's, those of others that were carried here, and
        /// those that the centre lost.
        package let pending: Int
        /// Entries here, with a receipt or without: a change of it says that something has come or gone.
        package let entries: Int
        package let digest: String
        /// Since when everything has been at the centre; `nil` before it was for the first time.
        package let safeSinceMilliseconds: Int64?
        /// Saves that were made here and are missing in the store, which was put back: then nothing is safe.
        package var missing = 0

        /// Another text for another standing.
        package var mark: String {
            "\(pending)-\(entries)-\(digest.prefix(16))-\(safeSinceMilliseconds ?? 0)-\(missing)"
        }
    }

    package func standing() async throws -> Standing {
        let summary = try await replica.standing(of: site)
        // A store of an earlier version has only its last sync.
        let last = try await replica.setting("last-sync")
        let since = try await replica.setting(Self.safeSince) ?? last
        let missing = try await replica.missingEntries().reduce(0) { $0 + $1.count }
        return Standing(
            pending: summary.pending + summary.carried + summary.lost,
            entries: summary.entries + summary.borrowed,
            digest: summary.digest.hex,
            safeSinceMilliseconds: missing > 0
                ? nil : since.flatMap { Int64(String(decoding: $0, as: UTF8.self)) },
            missing: missing)
    }
}

extension Identifier {
    /// Of what a form of a page begins: however often the form is sent, that is one thing.
    init(form: String) { self.init(prefixOf: SHA256.hash(data: Data(form.utf8))) }
}
