/// The visits and planned doses of one participant.
///
/// Events come in the order of the study. An event that may repeat has a row for each visit that has taken
/// place, and none before.
public struct ParticipantSchedule: Sendable {
    /// The participant's number.
    public let participant: String
    /// The day that it was judged by.
    public let today: CalendarDate
    /// What visits count from.
    public let dayZero: Settled<CalendarDate>
    /// In the order of the study.
    public let visits: [ScheduledVisit]
    /// One plan per drug.
    public let drugs: [DrugPlan]

    /// - Parameters:
    ///   - participant: What is on record.
    ///   - study: The study, with its rules.
    ///   - today: The day to judge by, in full.
    public init(of participant: ParticipantCase, in study: StudyDefinition, today: CalendarDate) {
        let rule = study.ruleBook.dayZero
        (self.participant, self.today) = (participant.participant, today)
        dayZero = rule?.dayZero(of: participant) ?? .open(reason: "the study does not say what day 0 is")
        drugs = study.ruleBook.drugRules.map { $0.plan(for: participant) }
        let planner = VisitPlanner(
            participant: participant, rule: rule, dayZero: dayZero.value,
            lastPlannedDayDone: study.events.filter { Self.done($0, participant) != nil }.compactMap(\.day)
                .max(),
            progress: VisitProgress(
                today: today.dayNumbers.upperBound,
                lastDay: rule?.lastDay(of: participant, today: today)?.dayNumber))
        visits = study.events.flatMap { planner.visits(of: $0) }
    }

    /// Why there is no day 0 or no plan of a drug, if something is open.
    public var reason: String? {
        let reasons = [dayZero.reason].compactMap(\.self) + drugs.compactMap(\.segments.reason)
        return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
    }

    /// As `trialsync schedule` gives it.
    ///
    /// Each drug stands under the OID of its rule. While a weight is in conflict, the plans of its versions
    /// stand under that OID and `ByVersion`. The first dose that was really prescribed, of the first drug
    /// that has one, stands under `prescribedFirst`.
    public var json: JSON {
        var members: [JSON.Member] = [
            .init("participant", .string(participant)), .init("visits", .array(visits.map(\.json))),
        ]
        for plan in drugs {
            members.append(.init(plan.drug.rule, plan.json))
            if !plan.versions.isEmpty {
                members.append(.init(plan.drug.rule + "ByVersion", .array(plan.versions.map(\.json))))
            }
        }
        if let dose = drugs.lazy.compactMap(\.prescribedFirst).first {
            members.append(.init("prescribedFirst", dose.json))
        }
        return .object(members + (reason.map { [.init("reason", .string($0))] } ?? []))
    }

    /// The visit of an event that occurs once, if it has taken place.
    fileprivate static func done(_ event: StudyEvent, _ participant: ParticipantCase) -> CaseVisit? {
        participant.visits(at: event.oid).first { $0.values.hasAnswers }
    }
}

/// Puts the events of a study on one participant's calendar.
private struct VisitPlanner {
    let participant: ParticipantCase
    let rule: DayZeroRule?
    let dayZero: CalendarDate?
    /// The latest planned day of those visits that have taken place.
    let lastPlannedDayDone: Int?
    let progress: VisitProgress

    func visits(of event: StudyEvent) -> [ScheduledVisit] {
        guard event.repeating else { return [visit(of: event)] }
        return participant.visits(at: event.oid).filter(\.values.hasAnswers).map {
            ScheduledVisit(
                event: $0.name, due: nil, from: nil, to: nil, status: .done, date: rule?.date(of: $0))
        }
    }

    private func visit(of event: StudyEvent) -> ScheduledVisit {
        let done = ParticipantSchedule.done(event, participant)
        func date(_ day: Int?) -> CalendarDate? { day.flatMap { dayZero?.adding(days: $0) } }
        let (due, from, to) = (date(event.day), date(event.days?.lowerBound), date(event.days?.upperBound))
        return ScheduledVisit(
            event: event.oid, due: due, from: from, to: to,
            status: done == nil ? status(of: event, due: due, from: from, to: to) : .done,
            date: done.flatMap { rule?.date(of: $0) })
    }

    private func status(
        of event: StudyEvent, due: CalendarDate?, from: CalendarDate?, to: CalendarDate?
    ) -> VisitStatus {
        var window: ClosedRange<Int>?
        if let first = from?.dayNumber, let last = to?.dayNumber { window = first...last }
        let isPassed = event.day.flatMap { day in lastPlannedDayDone.map { $0 > day } }
        return progress.status(day: due?.dayNumber, window: window, laterVisitIsDone: isPassed ?? false)
    }
}

/// `report schedule`: the visits of many participants.
public struct ScheduleReport: Sendable {
    /// In the order the participants were given.
    public let schedules: [ParticipantSchedule]

    /// - Parameter schedules: One for each participant, in the order in which they are to be shown.
    public init(_ schedules: [ParticipantSchedule]) { self.schedules = schedules }

    /// One row per visit: `{"participant","event","due","from","to","status","date"}`.
    public var json: JSON {
        .array(schedules.flatMap { schedule in schedule.visits.map { $0.row(of: schedule.participant) } })
    }
}
