/// One visit of a participant's schedule.
public struct ScheduledVisit: Hashable, Sendable {
    /// `BL`; a visit that repeats with its number, `UNS#2`.
    public let event: String
    /// The planned date; `nil` if there is none, or not yet.
    public let due: CalendarDate?
    /// The first date that counts as in time; `nil` without a window.
    public let from: CalendarDate?
    /// The last date that counts as in time; `nil` without a window.
    public let to: CalendarDate?
    /// How it stands today.
    public let status: VisitStatus
    /// When it took place; `nil` if it did not, or the date is empty or in conflict.
    public let date: CalendarDate?

    /// Its place among visits that have not taken place, the smallest first: by ``VisitStatus/open``, and of
    /// one status those that have waited longest.
    public var urgency: (Int, Int) {
        (VisitStatus.open.firstIndex(of: status) ?? VisitStatus.open.count, (to ?? due)?.dayNumber ?? .max)
    }

    /// `{"event","due","from","to","status"}`, as `trialsync schedule` gives it.
    public var json: JSON { .object(members) }

    /// `{"participant","event","due","from","to","status","date"}`, as `report schedule` gives it.
    public func row(of participant: String) -> JSON {
        .object(
            [.init("participant", .string(participant))] + members
                + [.init("date", .optional(date?.description))])
    }

    private var members: [JSON.Member] {
        [
            .init("event", .string(event)), .init("due", .optional(due?.description)),
            .init("from", .optional(from?.description)), .init("to", .optional(to?.description)),
            .init("status", .string(status.rawValue)),
        ]
    }
}
