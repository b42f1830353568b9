/// How a visit of the schedule stands on a day.
///
/// A visit has taken place if it is not void and has any answer, its date or another, agreed or in conflict.
/// The study has ended once the end-of-study visit has taken place (``DayZeroRule/lastDay(of:today:)``).
public enum VisitStatus: String, Hashable, Sendable, CaseIterable {
    /// It has not taken place and is not to be expected: there is no day 0, the event has no planned day, or
    /// the study ended for the participant before the window opened.
    case notPlanned
    /// The window is not yet open; or there is none, so that nothing says when the visit is late.
    case due
    /// The window is open: from its first to its last day, both inside.
    case inWindow
    /// The window has passed, and the visit can still be made up: no visit planned for a later day has taken
    /// place.
    case late
    /// It was not made: the window has passed and a visit planned for a later day has taken place, or the
    /// study ended after the window had opened.
    case missed
    /// It has taken place, in time or not.
    case done

    /// Those of visits that have not taken place and ask for something, the most urgent first.
    public static let open: [VisitStatus] = [.late, .inWindow, .due, .missed]
}

/// What the status of a visit that has not taken place depends on, in days since 1 January 1970.
struct VisitProgress {
    /// The day on which it is asked.
    let today: Int
    /// The last day in the study, if the study has ended.
    let lastDay: Int?

    /// - Parameters:
    ///   - day: the planned day; `nil` if there is none, or not yet.
    ///   - window: the days that count as in time; `nil` if no window is laid down.
    func status(day: Int?, window: ClosedRange<Int>?, laterVisitIsDone: Bool) -> VisitStatus {
        guard let day else { return .notPlanned }
        guard let window else {
            if let lastDay { return lastDay < day ? .notPlanned : .missed }
            return today > day && laterVisitIsDone ? .missed : .due
        }
        if let lastDay { return lastDay < window.lowerBound ? .notPlanned : .missed }
        if today < window.lowerBound { return .due }
        if today <= window.upperBound { return .inWindow }
        return laterVisitIsDone ? .missed : .late
    }
}
