import SyncProtocol
public import TrialModel
import TrialStore

extension SiteStore {
    /// A participant's visits and planned doses, with the status of each visit today.
    public func schedule(_ participant: String) async throws -> ParticipantSchedule {
        try await caseAndSchedule(participant).schedule
    }

    /// What is known of a participant, and what is planned from it.
    package func caseAndSchedule(_ participant: String) async throws
        -> (record: ParticipantCase, schedule: ParticipantSchedule)
    {
        let book = try await book()
        return try await caseAndSchedule(of: try await book.participant(participant, site: site), in: book)
    }

    func caseAndSchedule(of participant: CaseBook.Participant, in book: CaseBook) async throws
        -> (record: ParticipantCase, schedule: ParticipantSchedule)
    {
        let today = try today()
        let record = try await book.participantCase(of: participant)
        return (record, ParticipantSchedule(of: record, in: book.study, today: today))
    }

    static let clockWrong = Problem(
        .clockWrong, "this laptop's clock is outside the years that are allowed")

    /// The date where the laptop is.
    ///
    /// - Throws: `Problem(.clockWrong)` outside the years that are allowed.
    package func today() throws(Problem) -> CalendarDate {
        guard let today = now.localDate else { throw Self.clockWrong }
        return today
    }

    /// Begins a line of a log form: an adverse event, a medication, a dose taken.
    ///
    /// - Parameter assignments: items as `ITEM=VALUE`.
    /// - Throws: `Problem(.unknownForm)`, `.usage` without any value; what the items do not take.
    public func addLine(_ participant: String, _ form: String, _ assignments: [String]) async throws
        -> VisitView
    {
        let book = try await book()
        let form = try book.log(form)
        let line = book.newLine(
            of: try await book.participant(participant, site: site), form: form, id: newID())
        let values = try book.values(assignments)
        guard
            let change = try await book.saving(values, on: line, base: nil, reason: "", by: author)
        else { throw Problem(.usage, "a line needs at least one value", remedy: "give ITEM=VALUE") }
        _ = try await replica.save([change], site: site, signedWith: signingKey)
        try await mark()
        return try await visit(participant, line.name)
    }

    /// One line of a log form, by the name that ``lines(_:_:)`` gives it or the start of it.
    public func line(_ participant: String, _ name: String, withHistory: Bool = false) async throws
        -> VisitView
    {
        let book = try await book()
        let line = try await book.line(try await book.participant(participant, site: site), name)
        return try await book.view(of: line, withHistory: withHistory)
    }

    /// The lines of one log form of a participant, in the order of their first dates.
    public func lines(_ participant: String, _ form: String) async throws -> [VisitView] {
        try await book().views(ofLog: form, participant: participant, site: site)
    }
}
