/// The rules of a study, read into types: what the code of each rule computes with.
///
/// ``StudyDefinition/rules`` keeps the same rules as they were written, with who says so.
public struct RuleBook: Sendable {
    /// How days are counted; `nil` if the study does not say.
    public private(set) var dayZero: DayZeroRule?
    /// Drugs that are reduced step by step, in the order of the study.
    public private(set) var tapers: [TaperRule] = []
    /// Drugs that are given by a fixed schedule, in the order of the study.
    public private(set) var doses: [DoseRule] = []
    /// The totals of instruments, in the order of the study.
    public private(set) var totals: [InstrumentTotalRule] = []
    /// Which participants may be one person; `nil` if the study does not say.
    public private(set) var likelyDuplicate: LikelyDuplicateRule?
    /// What `report endpoints` computes.
    public private(set) var endpoints = EndpointRules()
    /// Measurements that are to be kept within a window, in the order of the study.
    public private(set) var therapeuticWindows: [TherapeuticWindowRule] = []
    /// Who may take part; `nil` if the study does not say.
    public private(set) var eligibility: EligibilityRule?
    /// When a participant's time in the study is over; `nil` if the study does not say.
    public private(set) var disposition: DispositionRule?
    /// Who decides a conflict; `nil` if the study does not say.
    public private(set) var conflictResolution: ConflictResolutionRule?
    /// Which log lines are serious adverse events; `nil` if the study does not say.
    public private(set) var seriousEvents: SeriousEventRule?

    init() {}

    /// Reads all rules of a study. Endpoints come last: they name totals, wherever those stand.
    init(reading rules: [(kind: RuleKind, reader: RuleReader)], events: [StudyEvent]) {
        for rule in rules { read(rule.kind, rule.reader) }
        endpoints = EndpointRules(
            reading: rules.filter { $0.kind.isEndpoint }, totals: totals, events: events)
    }

    /// Reads one rule; what is wrong with it is noted by its path.
    private mutating func read(_ kind: RuleKind, _ reader: RuleReader) {
        switch kind {
        case .dayZero: reader.only(&dayZero, DayZeroRule(reading: reader))
        case .taperSchedule: TaperRule(reading: reader).map { tapers.append($0) }
        case .doseSchedule: DoseRule(reading: reader).map { doses.append($0) }
        case .seriousEvents: reader.only(&seriousEvents, SeriousEventRule(reading: reader))
        case .instrumentTotal:
            InstrumentTotalRule(reading: reader, besides: totals).map { totals.append($0) }
        case .likelyDuplicate: reader.only(&likelyDuplicate, LikelyDuplicateRule(reading: reader))
        case .responseRate, .relapseRate, .stateRate, .meanDecrease, .rateInterval: break
        case .therapeuticWindow:
            TherapeuticWindowRule(reading: reader).map { therapeuticWindows.append($0) }
        case .eligibility: reader.only(&eligibility, EligibilityRule(reading: reader))
        case .disposition: reader.only(&disposition, DispositionRule(reading: reader))
        case .conflictResolution: reader.only(&conflictResolution, ConflictResolutionRule(reading: reader))
        }
    }
}
