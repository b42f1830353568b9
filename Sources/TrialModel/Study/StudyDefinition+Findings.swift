extension StudyDefinition {
    /// What the edit checks find in the values of one record.
    ///
    /// - Parameters:
    ///   - values: The agreed values by item OID; registers in conflict are simply absent. OIDs that this
    ///     version of the study does not have are passed over.
    ///   - event: The event of a visit; `nil` for a log line or a participant.
    ///   - form: With an event, only that form of it; without, the log form of a line.
    ///   - inConflict: The registers in conflict, so that none is called empty.
    ///   - entered: When each item's value was entered, by the clock of the device, as far as known.
    /// - Returns: Findings in the order of ``checks``, each check's in the order of the study.
    public func findings(
        for values: [String: Value], event: String?, form: String?, inConflict: Set<String> = [],
        entered: [String: DeviceTime] = [:]
    ) -> [Finding] {
        let answered = values.compactMap { $1.isEmpty ? nil : item($0) }.sorted { $0.order < $1.order }
        let context = CheckContext(
            asked: asked(event: event, form: form), answered: answered, values: values, event: event,
            inConflict: inConflict, entered: entered)
        return checks.flatMap { $0.findings(in: context) }
    }

    private func asked(event: String?, form: String?) -> [Item] {
        switch (event, form) {
        case (let event?, let form?): items(at: event).filter { $0.form == form }
        case (let event?, nil): items(at: event)
        case (nil, let form?): self.form(form)?.items ?? []
        case (nil, nil): []
        }
    }
}
