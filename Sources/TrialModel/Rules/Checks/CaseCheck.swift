/// A rule about one record of a participant that looks at the others too, and gives reasons.
///
/// Such checks are values like any ``EditCheck``, composed by the definition, and pure: the same records give
/// the same findings on every replica. Items of registers in conflict have no value here, so none is ever
/// called wrong.
///
/// ## Topics
/// - ``SequenceCheck``
/// - ``WindowCheck``
/// - ``DateOrderAcrossRecordsCheck``
/// - ``DoseDeviationCheck``
/// - ``TherapeuticWindowRule``
/// - ``EligibilityRule``
/// - ``ExposureOverlapCheck``
public protocol CaseCheck: Sendable {
    /// What this check finds on one visit or log line.
    func findings(on record: CaseRecord, in context: CaseContext) -> [Finding]
}

/// What a check across records may look at besides the record itself.
public struct CaseContext: Sendable {
    /// All records of the participant.
    public let participant: ParticipantCase
    /// The first day of treatment; `nil` if there is none yet or it is open.
    public let dayZero: CalendarDate?
    /// The doses that the plan gives for the visit, by the derived item that shows them (`PRED.planned`), in
    /// that item's unit; none where there is no plan.
    public let planned: [String: ExactDecimal]
}

/// The record that is looked at.
public enum CaseRecord: Sendable {
    case visit(CaseVisit)
    case line(CaseLine)

    /// What it says.
    public var values: RecordValues {
        switch self {
        case .visit(let visit): visit.values
        case .line(let line): line.values
        }
    }

    /// The event of a visit; `nil` for a line.
    public var event: String? {
        guard case .visit(let visit) = self else { return nil }
        return visit.event
    }

    /// `BL`, `UNS#2`, `AE 7f3a`.
    public var name: String {
        switch self {
        case .visit(let visit): visit.name
        case .line(let line): "\(line.form) \(line.line)"
        }
    }
}

extension RecordValues {
    /// Whether anything is answered or in conflict: a record that was emptied again says nothing.
    var saysAnything: Bool { !conflicts.isEmpty || agreed.values.contains { !$0.isEmpty } }

    /// The date of an item; `nil` if it has none or people disagree on it.
    func date(of item: Item) -> CalendarDate? {
        switch value(of: item.oid) {
        case .date(let date): date
        case .dateTime(let moment): moment.localDate
        default: nil
        }
    }
}
