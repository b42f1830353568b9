/// Days of treatment on which one dose is planned.
public struct DoseSegment: Hashable, Sendable {
    /// The first day of it; the drug's first day is 0.
    public let fromDay: Int
    /// The last day of it; `nil` if it has no end.
    public let toDay: Int?
    /// In the unit of the rule.
    public let dose: ExactDecimal

    /// - Parameters:
    ///   - fromDay: The first day.
    ///   - toDay: The last day, `nil` for no end.
    ///   - dose: In the unit of the rule.
    public init(fromDay: Int, toDay: Int?, dose: ExactDecimal) {
        (self.fromDay, self.toDay, self.dose) = (fromDay, toDay, dose)
    }

    /// Whether the day is one of these.
    public func contains(_ day: Int) -> Bool { fromDay <= day && toDay.map { day <= $0 } ?? true }

    /// As `trialsync schedule` gives it.
    public var json: JSON {
        .keyed([
            "fromDay": .int(fromDay), "toDay": toDay.map { .int($0) } ?? .null, "dose": dose.json,
        ])
    }
}

extension [DoseSegment] {
    /// The planned dose of a day: 0 after the last segment, `nil` before day 0.
    public func dose(onDay day: Int) -> ExactDecimal? {
        day < 0 ? nil : first { $0.contains(day) }?.dose ?? ExactDecimal(0)
    }
}

extension ExactDecimal {
    /// The number without zeros at the end of its fraction.
    var json: JSON { .number(normalized.description) }
}
