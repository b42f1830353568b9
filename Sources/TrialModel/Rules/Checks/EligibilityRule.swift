/// Whether a participant meets the criteria of the study.
public enum Eligibility: Hashable, Sendable {
    /// Every inclusion criterion is Y, every exclusion criterion N.
    case eligible
    /// At least one answer contradicts; the OIDs of those that do, in the order of the rule.
    case ineligible([String])
    /// Nothing contradicts, but something is unanswered or in conflict.
    case open

    /// As a derived item shows it: Y, N, or missing.
    public var value: Value {
        switch self {
        case .eligible: .yesNo(true)
        case .ineligible: .yesNo(false)
        case .open: .empty
        }
    }
}

/// Who may take part, and the visit that only they may have. Rule kind `eligibility`, check `eligibility`.
public struct EligibilityRule: CaseCheck, Hashable {
    /// The derived item that shows the result: `IE.eligible`.
    public let derived: String
    /// The event at which the criteria and the date of consent are asked.
    public let event: String
    /// The criteria that must be Y.
    public let include: [Item]
    /// The criteria that must be N.
    public let exclude: [Item]
    /// The date of informed consent.
    public let consentDate: Item
    /// The event that nobody may have who is not eligible or has not consented.
    public let entry: String

    init?(reading reader: RuleReader) {
        reader.allow("derived", "event", "include", "exclude", "consentDate", "entry")
        let event = reader.required("event").flatMap { reader.singleEvent($0) }
        func criteria(_ name: String) -> [Item] {
            reader.required(name)?.elements().compactMap { reader.item($0, askedAt: event, .yesNo) } ?? []
        }
        (include, exclude) = (criteria("include"), criteria("exclude"))
        if include.isEmpty, exclude.isEmpty {
            reader.optional("include")?.note("is empty, and so is \"exclude\": there is nothing to judge")
        }
        for item in exclude where include.contains(item) {
            reader.optional("exclude")?.note("\"\(item.oid)\" is in \"include\" too")
        }
        let consent = reader.required("consentDate").flatMap { reader.item($0, askedAt: event, .date) }
        let entry = reader.required("entry").flatMap { reader.event($0) }
        let derived = reader.required("derived").flatMap { Self.derived($0, reader) }
        guard let event, let consent, let entry, let derived else { return nil }
        (self.event, consentDate, self.entry, self.derived) = (event, consent, entry, derived)
    }

    private static func derived(_ node: DefinitionNode, _ reader: RuleReader) -> String? {
        guard let name = node.text() else { return nil }
        guard reader.forms.flatMap(\.derived).contains(where: { $0.oid == name && $0.type == .yesNo }) else {
            node.note("there is no derived item \"\(name)\" of type yesNo")
            return nil
        }
        return name
    }

    /// Whether the participant meets the criteria, as far as they are answered.
    public func eligibility(of participant: ParticipantCase) -> Eligibility {
        let answers = participant.visit(event)?.values ?? RecordValues()
        let judged = criteria.map { (oid: $0.item.oid, isMet: $0.isMet(in: answers)) }
        let contradicting = judged.filter { $0.isMet == false }.map(\.oid)
        guard contradicting.isEmpty else { return .ineligible(contradicting) }
        return judged.allSatisfy { $0.isMet == true } ? .eligible : .open
    }

    /// One finding for each answer that contradicts and one for a missing consent, on the visit that should
    /// not exist then.
    ///
    /// A criterion without an answer, or a date of consent in conflict, is no finding here: nothing says that
    /// it will not turn out well.
    public func findings(on record: CaseRecord, in context: CaseContext) -> [Finding] {
        guard record.event == entry else { return [] }
        let answers = context.participant.visit(event)?.values ?? RecordValues()
        let contradicting = criteria.filter { $0.isMet(in: answers) == false }.map { criterion in
            let item = criterion.item
            return finding(
                item, answers,
                .contradicts(
                    item, value: answers.value(of: item.oid).described, record: record.name, event: event,
                    expected: criterion.expected))
        }
        if answers.isInConflict(consentDate) { return contradicting }
        if case .date = answers.value(of: consentDate.oid) { return contradicting }
        let missing = FindingText.noConsent(consentDate, record: record.name, event: event)
        return contradicting + [finding(consentDate, answers, missing)]
    }

    private func finding(_ item: Item, _ answers: RecordValues, _ text: FindingText) -> Finding {
        Finding(
            check: .eligibility, items: [item.oid], text: text,
            severity: .major, values: [ItemValue(item.oid, answers.value(of: item.oid))])
    }

    private var criteria: [Criterion] {
        include.map { Criterion(item: $0, expected: true) }
            + exclude.map { Criterion(item: $0, expected: false) }
    }

    private struct Criterion {
        let item: Item
        let expected: Bool

        /// `nil` while unanswered or in conflict.
        func isMet(in answers: RecordValues) -> Bool? {
            guard case .yesNo(let answer) = answers.value(of: item.oid) else { return nil }
            return answer == expected
        }
    }
}
