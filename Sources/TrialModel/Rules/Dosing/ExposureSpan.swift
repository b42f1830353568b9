/// What one line of the exposure log says, in days since 1 January 1970.
struct ExposureSpan {
    /// The days that it may speak of; days outside ``certain`` are left open by it.
    let possible: ClosedRange<Int>
    /// The days on which ``taken`` was certainly taken; `nil` if there are none.
    let certain: ClosedRange<Int>?
    let taken: ExactDecimal
    /// Whether its reason explains a difference from the plan.
    let explains: Bool

    /// - Returns: `nil` if the line certainly speaks of no dose of this drug. A line without a drug speaks of
    ///   none: that its drug is missing is a finding of its own.
    init?(_ line: CaseLine, in log: ExposureLog) {
        let values = line.values
        guard values.candidates(of: log.drug).contains(.code(log.code)) else { return nil }
        let starts = values.candidates(of: log.start), ends = values.candidates(of: log.end)
        let first = starts.map { $0.days?.lowerBound ?? .min }.min() ?? .min
        let last = ends.map { $0.days?.upperBound ?? .max }.max() ?? .max
        possible = min(first, last)...max(first, last)
        let reason = values.value(of: log.reason.oid)
        let isMissed = log.missed.contains { reason == .code($0) }
        let dose = isMissed ? ExactDecimal(0) : values.value(of: log.dose.oid).number(of: log.dose)
        taken = dose ?? ExactDecimal(0)
        explains = log.explaining.contains { reason == .code($0) }
        let isInConflict = log.items.contains { values.isInConflict($0) }
        certain = isInConflict || dose == nil ? nil : Self.certain(from: starts.first, to: ends.first)
    }

    /// Whether the line may speak of the day, and it is not certain that it does or what it says.
    func leavesOpen(_ day: Int) -> Bool { possible.contains(day) && !covers(day) }

    /// Whether the line certainly speaks of the day.
    func covers(_ day: Int) -> Bool { certain?.contains(day) ?? false }

    /// An empty end means that it goes on; an end that is missing for a reason leaves all but the first day
    /// open.
    private static func certain(from start: Value?, to end: Value?) -> ClosedRange<Int>? {
        guard let start = start?.days else { return nil }
        let first = start.count == 1 ? start.lowerBound : start.upperBound + 1
        let last: Int
        switch end {
        case .empty?, nil: last = .max
        case let end?:
            if let days = end.days {
                last = days.count == 1 ? days.upperBound : days.lowerBound - 1
            } else {
                last = start.upperBound
            }
        }
        return first <= last ? first...last : nil
    }
}

extension Value {
    /// The days that a date may mean; `nil` if this is no date.
    fileprivate var days: ClosedRange<Int>? {
        guard case .date(let date) = self else { return nil }
        return date.dayNumbers
    }
}
