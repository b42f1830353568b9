extension StudyDefinition {
    /// What lies outside a window that the study keeps it in (`pk-window`), on one visit.
    ///
    /// - Parameters:
    ///   - visit: The visit as it stands now; nothing is found on one that is void.
    ///   - participant: All records of the participant.
    public func windowFindings(on visit: CaseVisit, of participant: ParticipantCase) -> [Finding] {
        guard !visit.isVoid, visit.values.saysAnything else { return [] }
        let context = CaseContext(participant: participant, dayZero: nil, planned: [:])
        return ruleBook.therapeuticWindows.flatMap { $0.findings(on: .visit(visit), in: context) }
    }
}
