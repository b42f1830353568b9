/// The dose of one drug that the plan gives for a visit.
public struct PlannedDose: Hashable, Sendable {
    /// The derived item that shows it, `PRED.planned`; on a log line the item that it stands beside.
    public let item: String
    /// What it is in: `mg/d`.
    public let unit: String?
    /// 0 after the drug is stopped, `nil` before its first day; open without a plan, a first day or a date.
    public let dose: Settled<ExactDecimal?>

    /// The dose as a value; null without one.
    public var json: JSON { dose.value.flatMap(\.self)?.json ?? .null }
}

extension RuleBook {
    /// The planned doses for a visit, in the order of ``drugRules``.
    ///
    /// The baseline visit (``DayZeroRule/whileEmpty``) may be some days before the drug's first day; it shows
    /// the dose of that first day, because that is what is prescribed there.
    public func plannedDoses(at visit: CaseVisit, of participant: ParticipantCase) -> [PlannedDose] {
        plannedDoses(
            on: dayZero?.date(of: visit), of: participant,
            beforeStart: visit.event == dayZero?.whileEmpty.event)
    }

    /// The planned doses of a date, in the order of ``drugRules``.
    public func plannedDoses(on date: CalendarDate?, of participant: ParticipantCase) -> [PlannedDose] {
        plannedDoses(on: date, of: participant, beforeStart: false)
    }

    /// The planned dose of the drug that a line of an exposure log names, on the first day of that line;
    /// `nil` while it names none, and for a line of another log.
    public func plannedDose(on line: CaseLine, of participant: ParticipantCase) -> PlannedDose? {
        for rule in drugRules {
            guard let log = rule.drug.exposure, log.form == line.form,
                line.values.value(of: log.drug.oid) == .code(log.code)
            else { continue }
            return PlannedDose(
                item: log.dose.oid, unit: rule.drug.unit,
                dose: dose(
                    of: rule, on: line.values.date(of: log.start), for: participant, beforeStart: false))
        }
        return nil
    }

    private func plannedDoses(
        on date: CalendarDate?, of participant: ParticipantCase, beforeStart: Bool
    ) -> [PlannedDose] {
        drugRules.compactMap { rule in
            guard let item = rule.drug.planned else { return nil }
            return PlannedDose(
                item: item, unit: rule.drug.unit,
                dose: dose(of: rule, on: date, for: participant, beforeStart: beforeStart))
        }
    }

    private func dose(
        of rule: any DrugRule, on date: CalendarDate?, for participant: ParticipantCase, beforeStart: Bool
    ) -> Settled<ExactDecimal?> {
        let (segments, first) = (rule.plan(for: participant).segments, firstDay(of: rule.drug, participant))
        guard let segments = segments.value else { return .open(reason: segments.reason ?? "") }
        guard let first = first.value else { return .open(reason: first.reason ?? "") }
        guard let day = date?.days(since: first) else {
            return .open(reason: "the date is not given in full")
        }
        return .known(segments.dose(onDay: beforeStart ? max(0, day) : day))
    }

    /// The first day of a drug for a participant.
    func firstDay(of drug: StudyDrug, _ participant: ParticipantCase) -> Settled<CalendarDate> {
        dayZero?.dayZero(of: drug, for: participant) ?? .open(reason: "the study does not say what day 0 is")
    }
}
