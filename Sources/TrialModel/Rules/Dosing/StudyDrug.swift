/// A drug of the study, as the rule of its schedule names it.
public struct StudyDrug: Hashable, Sendable {
    /// The OID of the rule, which is the key of the drug's plan in JSON.
    public let rule: String
    /// What doses are in: `mg/d`.
    public let unit: String?
    /// Where the drug's first day is given; `nil` if its days count from day 0.
    public let start: ItemAtEvent?
    /// The derived item that shows the planned dose at a visit.
    public let planned: String?
    /// Where what was taken is recorded; `nil` if it is not.
    public let exposure: ExposureLog?

    /// The parameters that every rule of a schedule has.
    static let parameters = ["start", "planned", "exposure"]
    private static let reservedNames = ["participant", "visits", "reason", "prescribedFirst"]

    init?(reading reader: RuleReader, unit: String?) {
        if let oid = reader.oid, Self.reservedNames.contains(oid) {
            reader.rule.note("\"\(oid)\" is a key of the schedule and no name for a drug", at: "oid")
        }
        start = reader.optional("start").flatMap { ItemAtEvent($0, reader, .date) }
        start?.requireFullDates(reader.optional("start"))
        planned = reader.optional("planned").flatMap { reader.derived($0, unit: unit) }
        exposure = reader.optional("exposure").flatMap { ExposureLog($0, reader, unit: unit) }
        guard let oid = reader.oid else { return nil }
        (rule, self.unit) = (oid, unit)
    }
}

/// A rule that plans the doses of one drug.
///
/// ## Topics
/// - ``TaperRule``
/// - ``DoseRule``
public protocol DrugRule: Sendable {
    /// The drug that it plans.
    var drug: StudyDrug { get }
    /// The plan that follows from a participant's record.
    func plan(for participant: ParticipantCase) -> DrugPlan
}

extension RuleBook {
    /// The rules of all drugs: those that are reduced step by step, then those of a fixed schedule.
    public var drugRules: [any DrugRule] { tapers + doses }
}
