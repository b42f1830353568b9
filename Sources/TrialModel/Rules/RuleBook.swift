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

    init() {}

    /// Reads one rule; what is wrong with it is noted by its path.
    mutating func read(_ kind: RuleKind, _ reader: RuleReader) {
        switch kind {
        case .dayZero: reader.only(&dayZero, DayZeroRule(reading: reader))
        case .taperSchedule: TaperRule(reading: reader).map { tapers.append($0) }
        case .doseSchedule: DoseRule(reading: reader).map { doses.append($0) }
        case .therapeuticWindow, .instrumentTotal, .eligibility, .endpoint, .conflictResolution: break
        }
    }
}
