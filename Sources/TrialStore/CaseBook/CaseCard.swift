import SyncProtocol
package import TrialModel

/// Where one participant stands: what lists, counts and reports need, worked out once.
package struct CaseCard: Sendable {
    package let participant: CaseBook.Participant
    /// As a list shows it.
    package let shown: ParticipantView
    /// `nil` for one whose records went elsewhere, who is counted there.
    package let standing: Standing?
    package let conflicts: [CaseBook.OpenConflict]
    /// Closed ones too.
    package let queries: [CaseBook.Query]
    /// Whether the participant or one of the visits bears a number that another bears too.
    let sharesNumber: Bool

    /// What the rules of the study say of a participant who has not gone.
    package struct Standing: Sendable {
        package let schedule: ParticipantSchedule
        package let endpoints: EndpointShare
        package let seriousLines: [SeriousLine]
        /// Locks, voids and signatures, by visit and line.
        package let seals: [CaseBook.Seal]
        /// Those that are to take place or should have: due, in the window, late, missed.
        package let openVisits: [ScheduledVisit]
        /// How many of them have passed their window and can still be made up.
        package let late: Int
        /// Values that the study keeps within a window, and that are not, as far as nobody confirmed them.
        package let outside: [OutsideWindow]
        /// Sheets with findings that nobody has mended or confirmed; none where they are not wanted.
        package let unfinished: [UnfinishedSheet]
        /// By what others may be found who are the same person.
        let likeness: Likeness?
    }

    /// A value outside the window that the study keeps it in.
    package struct OutsideWindow: Sendable {
        /// The visit, as people name it.
        package let visit: String
        package let finding: Finding
    }

    /// A line of the log that is a serious adverse event.
    package struct SeriousLine: Sendable {
        package let line: CaseLine
        /// When the centre first heard of it; `nil` if it has not.
        package let receivedMilliseconds: Int64?
    }

    /// The queries that are not closed.
    package var openQueries: [CaseBook.Query] {
        standing == nil ? [] : queries.filter { $0.shown.status != .closed }
    }

    /// The serious adverse events, with how long ago they were.
    package func seriousEvents(in study: StudyDefinition, now: DeviceTime) -> [SeriousEvent] {
        guard let rule = study.ruleBook.seriousEvents else { return [] }
        return (standing?.seriousLines ?? []).map { serious in
            SeriousEvent(
                serious.line, of: shown.participant, site: shown.site, by: rule, now: now,
                receivedMilliseconds: serious.receivedMilliseconds)
        }
    }
}

extension CaseBook {
    /// Works out where a participant stands.
    ///
    /// - Parameter withFindings: whether the findings of each sheet are wanted.
    /// - Complexity: O(records of the participant).
    func card(of participant: Participant, today: CalendarDate, withFindings: Bool) async throws -> CaseCard {
        let visits = try await visits(of: participant)
        var standing: CaseCard.Standing?
        if participant.departure == nil {
            let lines = try await lines(of: participant)
            let record = try await participantCase(of: participant, sheets: visits + lines)
            let schedule = ParticipantSchedule(of: record, in: study, today: today)
            let open = schedule.visits.filter { $0.status != .done && $0.status != .notPlanned }
            standing = CaseCard.Standing(
                schedule: schedule,
                endpoints: study.endpointShare(of: record), seriousLines: try await seriousLines(lines),
                seals: seals(on: visits + lines, of: participant),
                openVisits: open, late: open.count { $0.status == .late },
                outside: outside(visits, record),
                unfinished: withFindings ? unfinished(visits + lines, record) : [],
                likeness: likeness(of: visits))
        }
        return CaseCard(
            participant: participant, shown: try await view(of: participant, visits: visits),
            standing: standing, conflicts: try await conflicts(of: participant),
            queries: try await queries(of: participant),
            sharesNumber: participant.name.contains("~") || visits.contains { $0.shortID != nil })
    }

    private func outside(_ visits: [Sheet], _ record: ParticipantCase) -> [CaseCard.OutsideWindow] {
        visits.flatMap { sheet -> [CaseCard.OutsideWindow] in
            guard let visit = sheet.caseVisit else { return [] }
            return study.windowFindings(on: visit, of: record)
                .filter { sheet.view.state.confirmations(of: $0).isEmpty }
                .map { CaseCard.OutsideWindow(visit: sheet.name, finding: $0) }
        }
    }

    private func seriousLines(_ lines: [Sheet]) async throws -> [CaseCard.SeriousLine] {
        guard let rule = study.ruleBook.seriousEvents else { return [] }
        var serious: [CaseCard.SeriousLine] = []
        for sheet in lines {
            guard let line = sheet.caseLine, rule.isSerious(line) else { continue }
            let first = try await store.history(of: sheet.key).compactMap(\.judgement).first
            serious.append(.init(line: line, receivedMilliseconds: first?.receivedMilliseconds))
        }
        return serious
    }
}
