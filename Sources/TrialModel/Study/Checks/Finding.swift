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
///
/// ## Topics
/// - What: ``check``, ``items``, ``text``, ``message``, ``why``, ``severity``
/// - Confirmed as correct: ``key``, ``fingerprint``, ``isMeant(by:)``, ``confirmed(in:)``
public struct Finding: Hashable, Sendable {
    /// The check that found it.
    public let check: CheckID
    /// OIDs of the items it speaks of, in the order of the study.
    public let items: [String]
    /// What is odd, and what would be expected: one line in each language. It may repeat values, so it never
    /// goes to a log.
    public let text: FindingText
    /// How much it weighs.
    public let severity: Severity
    /// The name of this finding among those of its record, the same while it stands: `range:VS.weight`,
    /// `date-order:AE.start+AE.end`. An atomic group goes by its own name (`required:RI`).
    public let key: String
    /// What it speaks of, so that a confirmation counts for these values and no others: the values, and what
    /// they were judged against if that is not part of the study.
    ///
    /// At most ``fingerprintLimitBytes`` bytes; a longer text is replaced by its hash. It repeats values, so
    /// it never goes to a log.
    public let fingerprint: String
    /// Whether someone has confirmed exactly this as correct.
    public var confirmed = false
    /// Who confirmed exactly this as correct, when and why: checks do not know.
    public var confirmations: [ConfirmationView] = []
    /// When the newest of its sources was entered (``StudyDefinition/sources(of:on:of:)``), as ISO 8601:
    /// checks have no clock.
    public var since: String?

    /// What is odd, in English.
    public var message: String { text[.en] }

    /// Why anyone should look: one sentence, in English.
    public var why: String { check.why(in: .en) }

    /// - Parameters:
    ///   - check: The check that found it.
    ///   - items: OIDs of the items it speaks of.
    ///   - text: What is odd.
    ///   - severity: How much it weighs.
    ///   - values: The values it speaks of; `nil` if its items are empty.
    ///   - subject: What names it among the findings of its check; the items if `nil`.
    ///   - against: What the values were judged against, as far as it is no part of the study.
    public init(
        check: CheckID, items: [String], text: FindingText, severity: Severity, values: [ItemValue]? = nil,
        subject: String? = nil, against: [String] = []
    ) {
        (self.check, self.items, self.text, self.severity) = (check, items, text, severity)
        key = check.rawValue + ":" + (subject ?? items.joined(separator: "+"))
        let spoken = values ?? items.map { ItemValue($0, .empty) }
        fingerprint = Self.fingerprint(of: spoken.map { "\($0.item)=\($0.value.confirmable)" } + against)
    }
}
