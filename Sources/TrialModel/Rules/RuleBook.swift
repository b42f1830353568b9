/// The rules of a study, read into types: what the code of each rule computes with.
///
/// ``StudyDefinition/rules`` keeps the same rules as they were written, with who says so.
public struct RuleBook: Sendable {
}
