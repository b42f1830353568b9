/// A unit of measurement that the study uses.
public struct StudyUnit: Hashable, Sendable {
    /// As it is stored and typed: `mg/dL`.
    public let oid: String
    /// What people see.
    public let label: LocalizedText
}
