/// How far a participant has come in the study; raw values are what people and scripts read.
public enum ParticipantState: String, Hashable, Sendable, CaseIterable {
    /// The criteria or the consent are still open, and treatment has not begun.
    case screening
    /// All criteria are met and consent is dated; treatment has not begun.
    case eligible
    /// A criterion contradicts, and treatment has not begun.
    case screenFailure
    /// The visit that only the eligible may have is on record.
    case enrolled
    /// The end of study is on record, and every visit that completing it needs.
    case completed
    /// The end of study is on record without those visits, or before treatment began.
    case withdrawn

    /// For people: `screen failure`.
    public var words: String { self == .screenFailure ? "screen failure" : rawValue }
}

/// Where a participant stands in the study: a fact derived from the records, the same on every replica.
///
/// It is computed, never stored: an answer that is corrected, or a visit that is voided, changes it.
public struct ParticipantStanding: Hashable, Sendable {
    public let state: ParticipantState
    /// The OIDs of criteria that contradict, in the order of the rule: what a screen failure failed, or, of
    /// someone who was enrolled all the same, what the finding `eligibility` speaks of.
    public let unmet: [String]
    /// Why the study ended for the participant; `nil` while it goes on or nothing is said.
    public let endReason: String?
    /// Whether the participant counts against the target: eligible, or has begun treatment.
    public let counts: Bool
}

extension StudyDefinition {
    /// Where a participant stands, as the rules `eligibility` and `disposition` say. In a study without the
    /// first, everyone on record is enrolled; without the second, nobody is ever out of it.
    public func standing(of participant: ParticipantCase) -> ParticipantStanding {
        let eligibility = ruleBook.eligibility?.standing(of: participant)
        let hasEntered = eligibility?.hasEntered ?? true
        let unmet = eligibility?.unmet ?? []
        func standing(_ state: ParticipantState, counts: Bool, endReason: String? = nil)
            -> ParticipantStanding
        {
            ParticipantStanding(state: state, unmet: unmet, endReason: endReason, counts: counts)
        }
        if let end = ruleBook.disposition, let visit = participant.visit(end.event),
            visit.values.hasAnswers
        {
            let reason = visit.values.value(of: end.reason.oid).described
            let isComplete =
                hasEntered && end.isCompleted(for: reason, hasAnswers: participant.hasAnswers(at:))
            let isFailure = !hasEntered && !unmet.isEmpty
            return standing(
                isComplete ? .completed : isFailure ? .screenFailure : .withdrawn, counts: hasEntered,
                endReason: reason.isEmpty ? nil : reason)
        }
        if hasEntered { return standing(.enrolled, counts: true) }
        if !unmet.isEmpty { return standing(.screenFailure, counts: false) }
        let isEligible = eligibility?.isEligible ?? true
        return standing(isEligible ? .eligible : .screening, counts: isEligible)
    }
}

extension EligibilityRule {
    /// What the rule has to say of where a participant stands.
    fileprivate func standing(
        of participant: ParticipantCase
    ) -> (hasEntered: Bool, unmet: [String], isEligible: Bool) {
        let eligibility = eligibility(of: participant)
        var unmet: [String] = []
        if case .ineligible(let criteria) = eligibility { unmet = criteria }
        var hasConsent = false
        if case .date = participant.visit(event)?.values.value(of: consentDate.oid) { hasConsent = true }
        return (participant.hasAnswers(at: entry), unmet, eligibility == .eligible && hasConsent)
    }
}

extension ParticipantCase {
    /// Whether a visit of the event is on record and says anything.
    fileprivate func hasAnswers(at event: String) -> Bool {
        visits(at: event).contains { $0.values.hasAnswers }
    }
}
