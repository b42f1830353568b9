/// A rule about entered values that gives reasons: each finding says what is odd.
///
/// Checks are values, composed into a list by the definition. They are pure: the same values give the same
/// findings on every replica, and a merge runs them again, because it may build a combination that nobody
/// entered.
///
/// ## Topics
/// - ``RequiredCheck``
/// - ``ValueCheck``
/// - ``RangeCheck``
/// - ``DateOrderCheck``
/// - ``NotInFutureCheck``
public protocol EditCheck: Sendable {
    /// What this check finds in the values of one record.
    func findings(in context: CheckContext) -> [Finding]
}

/// The values of one record, as edit checks see them.
public struct CheckContext: Sendable {
    /// The items that the event or log line asks for, in the order of the study.
    public let asked: [Item]
    /// The items that have an answer or a missing reason, asked for or not, in the order of the study.
    public let answered: [Item]
    /// The agreed values by item OID. Items of registers in conflict have none.
    public let values: [String: Value]
    /// The event, or `nil` for a log line.
    public let event: String?
    /// Registers without an agreed value: nothing can be said about them.
    public let inConflict: Set<String>
    /// When each item's value was entered, by the clock of the device; items without it are left out.
    public let entered: [String: DeviceTime]

    /// The value of an item; ``Value/empty`` if there is none.
    public func value(of oid: String) -> Value { values[oid] ?? .empty }
}
