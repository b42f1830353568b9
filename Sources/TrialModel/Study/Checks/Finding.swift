/// The edit checks that a finding can come from; raw values are what people and scripts read.
public enum CheckID: String, Hashable, Sendable, CaseIterable {
    case required, type, range
    case codeList = "code-list"
    case dateOrder = "date-order"
    case sequence, window
    case pkWindow = "pk-window"
    case doseDeviation = "dose-deviation"
    case eligibility
}

/// How much a finding weighs.
public enum Severity: String, Hashable, Sendable, CaseIterable {
    case minor, major
}

/// What an edit check has to say about values that were saved. It never refuses them.
public struct Finding: Hashable, Sendable {
    /// The check that found it.
    public let check: CheckID
    /// OIDs of the items it speaks of, in the order of the study.
    public let items: [String]
    /// What is odd, and what would be expected: one line. It may repeat values, so it never goes to a log.
    public let message: String
    /// How much it weighs.
    public let severity: Severity

    /// - Parameters:
    ///   - check: The check that found it.
    ///   - items: OIDs of the items it speaks of.
    ///   - message: What is odd.
    ///   - severity: How much it weighs.
    public init(check: CheckID, items: [String], message: String, severity: Severity) {
        (self.check, self.items, self.message, self.severity) = (check, items, message, severity)
    }
}
