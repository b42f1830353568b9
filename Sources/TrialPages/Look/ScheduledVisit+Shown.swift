package import TrialModel

/// How pages show a visit of the schedule.
extension ScheduledVisit {
    /// What the study calls the visit: `Week 12`; empty if it has no such event.
    package func label(in study: StudyDefinition, _ language: Language) -> String {
        event.split(separator: "#").first.flatMap { study.event(String($0))?.label[language] } ?? ""
    }

    /// Whether it bears a date that is still to come: by the schedule it is done, and yet it cannot have
    /// taken place.
    ///
    /// - Parameter today: where the visit is, in full.
    package func isInFuture(_ today: CalendarDate) -> Bool {
        guard status == .done, let date else { return false }
        return today.isCertainlyBefore(date)
    }

    /// The class of the style sheet that marks how it stands, the same on every page.
    package func mark(_ today: CalendarDate) -> String {
        switch status {
        case .done: isInFuture(today) ? "attention" : "agreed"
        case .late, .missed, .inWindow: "attention"
        case .due, .notPlanned: "none"
        }
    }
}

extension Words {
    /// How a visit stands, in a word or two.
    package func standing(of visit: ScheduledVisit, _ today: CalendarDate) -> String {
        self(visit.isInFuture(today) ? "visit.inFuture" : "visit.\(visit.status.rawValue)")
    }
}
