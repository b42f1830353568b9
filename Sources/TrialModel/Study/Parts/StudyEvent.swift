/// The days around an event's target day that count as in time.
public struct EventWindow: Hashable, Sendable {
    /// Days before the target day.
    public let daysBefore: Int
    /// Days after the target day.
    public let daysAfter: Int
    /// Who says so.
    public let provenance: Provenance
}

/// A study event: a visit that is planned, or may be repeated as need be.
public struct StudyEvent: Hashable, Sendable {
    /// The longest study that can be planned, in days.
    public static let dayLimit = 36_500
    /// The most repeats an event may have.
    public static let repeatLimits = 1...9_999

    /// `BL`, for instance.
    public let oid: String
    /// What people see.
    public let label: LocalizedText
    /// How many times it may occur; `nil` if it occurs once.
    public let repeatLimit: Int?
    /// The forms that are filled in at it, in order.
    public let formOIDs: [String]
    /// The day it is planned for (first day of treatment = 0); `nil` if it is not planned by day.
    public let day: Int?
    /// `nil` if no window is laid down.
    public let window: EventWindow?
    /// Who says so.
    public let provenance: Provenance

    /// Whether it may occur more than once (`UNS#2`).
    public var repeating: Bool { repeatLimit != nil }

    /// The days that count as in time, both inclusive; `nil` if no window is laid down.
    public var days: ClosedRange<Int>? {
        guard let day, let window else { return nil }
        return day - window.daysBefore...day + window.daysAfter
    }
}

extension StudyEvent {
    /// The number of a repeated visit, as in `UNS#2`, written in one way only.
    package static func repeatNumber(_ text: String) -> Int? {
        guard let number = Int(text), repeatLimits.contains(number), String(number) == text else {
            return nil
        }
        return number
    }
}
