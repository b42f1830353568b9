/// A dose that was prescribed at a visit is not the planned one, and no line of the exposure log says why.
/// Check `dose-deviation`.
///
/// Without a plan, or while the dose is in conflict, nothing is said.
public struct DoseDeviationCheck: CaseCheck {
    /// The lines of a log that explain a dose.
    public struct Explanation: Hashable, Sendable {
        /// The item that names the drug.
        public let drug: Item
        /// What that item says for this drug.
        public let code: String
        /// The dose of a line.
        public let dose: Item
        /// The first day of a line.
        public let start: Item
        /// The last day of a line; empty while it goes on.
        public let end: Item
        /// Why the dose is what it is.
        public let reason: Item
        /// The reasons that explain a dose other than the planned one.
        public let explaining: [String]
    }

    /// The dose as it was prescribed.
    public let item: Item
    /// The derived item that shows the planned dose.
    public let planned: String
    /// The item that gives the date of a visit.
    public let date: Item
    /// Where a reason would stand.
    public let explanation: Explanation
    /// How much a finding weighs.
    public let severity: Severity

    /// One finding if the dose of a visit differs and is unexplained.
    public func findings(on record: CaseRecord, in context: CaseContext) -> [Finding] {
        let value = record.values.value(of: item.oid)
        guard record.event != nil, let plan = context.planned[planned],
            let dose = RangeCheck.number(value, of: item), dose != plan
        else { return [] }
        let date = record.values.date(of: date)
        let lines = context.participant.lines(of: explanation.drug.form)
        if lines.contains(where: { explanation.covers(dose, on: date, by: $0.values) }) { return [] }
        let unit = item.unit.map { " " + $0 } ?? ""
        return [
            Finding(
                check: .doseDeviation, items: [item.oid],
                text: .offPlan(
                    item, value: value.described, record: record.name, planned: "\(plan)\(unit)",
                    log: explanation.drug.form),
                severity: severity, values: [ItemValue(item.oid, value)],
                against: ["planned=\(plan.normalized)"])
        ]
    }
}

extension DoseDeviationCheck.Explanation {
    /// Whether a line may explain the dose of that day: what is partial or in conflict is read in its favour.
    func covers(_ dose: ExactDecimal, on date: CalendarDate?, by line: RecordValues) -> Bool {
        func may(_ item: Item, _ isMet: (Value) -> Bool) -> Bool {
            line.candidates(of: item).contains(where: isMet)
        }
        func isCode(_ value: Value, in codes: [String]) -> Bool {
            guard case .code(let code) = value else { return false }
            return codes.contains(code)
        }
        return may(drug) { isCode($0, in: [code]) } && may(reason) { isCode($0, in: explaining) }
            && may(self.dose) { RangeCheck.number($0, of: self.dose) == dose }
            && may(start) { !isCertain($0) { first in date?.isCertainlyBefore(first) ?? false } }
            && may(end) { !isCertain($0) { last in date.map(last.isCertainlyBefore) ?? false } }
    }

    private func isCertain(_ value: Value, _ test: (CalendarDate) -> Bool) -> Bool {
        guard case .date(let date) = value else { return false }
        return test(date)
    }
}
