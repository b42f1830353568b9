extension StudyDefinition {
    /// What rules compute from the values of one visit alone, in the order of the study: totals.
    ///
    /// Given are the derived items of the forms that the event has; ``Value/empty`` while one is missing or
    /// in conflict.
    public func derivedValues(of values: RecordValues, at event: String) -> [ItemValue] {
        let forms = self.event(event)?.formOIDs ?? []
        return ruleBook.totals.filter { forms.contains($0.form) }.map { rule in
            ItemValue(rule.total, rule.total(of: values).known.map { .integer(Int64($0)) } ?? .empty)
        }
    }
}
