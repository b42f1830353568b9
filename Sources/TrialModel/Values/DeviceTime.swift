/// A moment as a device's clock showed it. Time never decides anything; it is kept for people to read.
public struct DeviceTime: Hashable, Sendable {
    /// Milliseconds since 1 January 1970 UTC.
    public let milliseconds: Int64
    /// Minutes east of UTC, where the device was.
    public let offsetMinutes: Int

    public init(milliseconds: Int64, offsetMinutes: Int) {
        (self.milliseconds, self.offsetMinutes) = (milliseconds, offsetMinutes)
    }

    /// ISO 8601 to the second, with the offset.
    public var iso8601: String {
        let seconds = milliseconds.flooredDivision(by: 1000)
        return OffsetDateTime(secondsSince1970: seconds, offsetMinutes: offsetMinutes)?.description
            ?? "unknown"
    }

    /// The date where the device was; `nil` for a clock outside the years that are allowed.
    public var localDate: CalendarDate? {
        OffsetDateTime(
            secondsSince1970: milliseconds.flooredDivision(by: 1000), offsetMinutes: offsetMinutes)?
            .localDate
    }
}
