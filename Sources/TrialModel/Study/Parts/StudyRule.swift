/// What a parameterised rule computes. The rules are written in Swift; the definition configures them.
public enum RuleKind: String, Hashable, Sendable, CaseIterable {
    case dayZero, taperSchedule, doseSchedule, therapeuticWindow, eligibility, conflictResolution
    /// Which log lines are serious adverse events: ``SeriousEventRule``.
    case seriousEvents
    /// When a participant is out of the study: ``DispositionRule``.
    case disposition
    /// Who may be one person: ``LikelyDuplicateRule``.
    case likelyDuplicate
    /// The total of an instrument: ``InstrumentTotalRule``.
    case instrumentTotal
    /// The endpoints of ``EndpointRules``, and the interval that their rates come with.
    case responseRate, relapseRate, stateRate, meanDecrease, rateInterval

    /// Whether `report endpoints` computes it.
    var isEndpoint: Bool {
        [.responseRate, .relapseRate, .stateRate, .meanDecrease, .rateInterval].contains(self)
    }
}

/// A rule of the study with its parameters, as written; the code of the rule reads them.
public struct StudyRule: Hashable, Sendable {
    /// `prednisone`, for instance.
    public let oid: String
    /// Which of the rules it configures.
    public let kind: RuleKind
    /// What people see.
    public let label: LocalizedText
    /// In the order of the document.
    public let parameters: [RuleParameter]

    /// The parameter of that name.
    public func parameter(_ name: String) -> RuleParameter? { parameters.first { $0.name == name } }
}

/// One parameter of a rule, with who says so.
public struct RuleParameter: Hashable, Sendable {
    /// `maximum`, for instance.
    public let name: String
    /// As written.
    public let value: JSONTree
    /// The unit of a number, if it has one.
    public let unit: String?
    /// Who says so.
    public let provenance: Provenance
}
