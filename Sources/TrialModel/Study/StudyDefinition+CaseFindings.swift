extension StudyDefinition {
    /// What the edit checks find on one visit, in its own values and beside the participant's other records.
    ///
    /// Nothing is found on a visit that is void or was never saved.
    ///
    /// - Parameters:
    ///   - visit: The visit as it stands now.
    ///   - participant: All records of the participant.
    ///   - dayZero: The first day of treatment; `nil` if there is none yet or it is open.
    ///   - planned: The doses planned for the visit, by the derived item that shows them (`PRED.planned`).
    ///   - entered: When each item's value was entered, by the clock of the device, as far as known.
    /// - Returns: Findings of the record's own checks, then those across records, each in the order of the
    ///   definition.
    public func findings(
        on visit: CaseVisit, of participant: ParticipantCase, dayZero: CalendarDate?,
        planned: [String: ExactDecimal] = [:], entered: [String: DeviceTime] = [:]
    ) -> [Finding] {
        guard !visit.isVoid, !visit.values.isEmpty else { return [] }
        let context = CaseContext(participant: participant, dayZero: dayZero, planned: planned)
        return findings(in: visit.values, entered, event: visit.event, form: nil)
            + findings(on: .visit(visit), context)
    }

    /// What the edit checks find on one log line, in its own values and beside the participant's other
    /// records.
    ///
    /// Nothing is found on a line that is void or was never saved.
    public func findings(
        on line: CaseLine, of participant: ParticipantCase, entered: [String: DeviceTime] = [:]
    ) -> [Finding] {
        guard !line.isVoid, !line.values.isEmpty else { return [] }
        let context = CaseContext(participant: participant, dayZero: nil, planned: [:])
        return findings(in: line.values, entered, event: nil, form: line.form)
            + findings(on: .line(line), context)
    }

    private func findings(
        in values: RecordValues, _ entered: [String: DeviceTime], event: String?, form: String?
    ) -> [Finding] {
        findings(
            for: values.agreed, event: event, form: form, inConflict: Set(values.conflicts.keys),
            entered: entered)
    }

    private func findings(on record: CaseRecord, _ context: CaseContext) -> [Finding] {
        guard record.values.saysAnything else { return [] }
        return caseChecks.flatMap { $0.findings(on: record, in: context) }
    }
}
