extension CalendarDate {
    /// The days that this date may mean, counted as ``dayNumber`` counts: one if it is full, those of the
    /// month or the year if it is partial.
    public var dayNumbers: ClosedRange<Int> {
        let lastMonth = month ?? 12
        let first = Self.number(year, month ?? 1, day ?? 1)
        let last = Self.number(year, lastMonth, day ?? Self.days(inMonth: lastMonth, of: year))
        return first...max(first, last)
    }

    /// The full date that many days later; `nil` for a partial date or outside the years that are allowed.
    public func adding(days: Int) -> CalendarDate? {
        dayNumber.flatMap { CalendarDate(dayNumber: $0 + days) }
    }

    /// The days from a full date to this one, negative if this one is earlier; `nil` if either is partial.
    public func days(since other: CalendarDate) -> Int? {
        guard let dayNumber, let first = other.dayNumber else { return nil }
        return dayNumber - first
    }
}
