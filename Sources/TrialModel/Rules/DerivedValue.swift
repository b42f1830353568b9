/// What a rule computes for one visit. It is never stored, and computed anew wherever it is shown.
public struct DerivedValue: Hashable, Sendable {
    /// The OID of the derived item: `RI.total`.
    public let item: String
    /// ``Value/empty`` while it cannot be known.
    public let value: Value
    /// Why it cannot be known, where the rule says so.
    public let reason: String?

    public init(item: String, value: Value, reason: String? = nil) {
        (self.item, self.value, self.reason) = (item, value, reason)
    }
}

extension StudyDefinition {
    /// Everything that rules compute for a visit, in the order of its forms: totals, planned doses,
    /// eligibility.
    ///
    /// Computed from what is agreed; what stands on something in conflict is empty, with the reason.
    public func derived(on visit: CaseVisit, of participant: ParticipantCase) -> [DerivedValue] {
        var found: [String: DerivedValue] = [:]
        for rule in ruleBook.totals {
            let total = rule.total(of: visit.values).known
            found[rule.total] = DerivedValue(
                item: rule.total, value: total.map { .integer(Int64($0)) } ?? .empty)
        }
        for dose in ruleBook.plannedDoses(at: visit, of: participant) {
            let number = dose.dose.value.flatMap(\.self)
            found[dose.item] = DerivedValue(
                item: dose.item, value: number.map { .decimal(Quantity($0, unit: dose.unit)) } ?? .empty,
                reason: dose.dose.reason)
        }
        if let rule = ruleBook.eligibility {
            found[rule.derived] = DerivedValue(
                item: rule.derived, value: rule.eligibility(of: participant).value)
        }
        let forms = event(visit.event)?.formOIDs.compactMap { form($0) } ?? []
        return forms.flatMap(\.derived).compactMap { found[$0.oid] }
    }

    /// What the edit checks find on one visit, with day 0 and the planned doses taken from its rules.
    public func findings(
        on visit: CaseVisit, of participant: ParticipantCase, entered: [String: DeviceTime] = [:]
    ) -> [Finding] {
        var planned: [String: ExactDecimal] = [:]
        for dose in ruleBook.plannedDoses(at: visit, of: participant) {
            if let number = dose.dose.value.flatMap(\.self) { planned[dose.item] = number }
        }
        return findings(
            on: visit, of: participant, dayZero: ruleBook.dayZero?.dayZero(of: participant).value,
            planned: planned, entered: entered)
    }

    /// Whether any check or derived value of one record needs the participant's other records.
    public var looksAcrossRecords: Bool {
        !caseChecks.isEmpty || !ruleBook.drugRules.isEmpty || ruleBook.eligibility != nil
    }
}
