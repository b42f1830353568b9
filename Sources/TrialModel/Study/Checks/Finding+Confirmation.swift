import Crypto

/// Someone's word that what a finding speaks of is correct as it stands.
///
/// It counts for the values that were confirmed and no others: when one changes, the finding stands again.
public struct Confirmation: Hashable, Sendable {
    /// The ``Finding/key`` of the finding.
    public let key: String
    /// The ``Finding/fingerprint`` of what was confirmed.
    public let fingerprint: String

    /// - Parameters:
    ///   - key: The key of the finding.
    ///   - fingerprint: What was confirmed.
    public init(key: String, fingerprint: String) { (self.key, self.fingerprint) = (key, fingerprint) }
}

extension Finding {
    /// The longest fingerprint, in bytes.
    public static let fingerprintLimitBytes = 256

    /// What is to be recorded when someone confirms this as correct.
    public var confirmation: Confirmation { Confirmation(key: key, fingerprint: fingerprint) }

    /// The finding, marked if one of the confirmations is of exactly this.
    public func confirmed(in confirmations: Set<Confirmation>) -> Finding {
        var finding = self
        finding.confirmed = confirmations.contains(confirmation)
        return finding
    }

    /// Whether a person means this finding by what was typed: `range`, `range:VS.weight`, or the whole key.
    public func isMeant(by typed: String) -> Bool {
        typed == check.rawValue || typed == key
            || items.contains { typed == check.rawValue + ":" + $0 }
    }

    /// What a confirmation of this writes: the check, the prompt that the person was shown, the fingerprint
    /// and the person's reason.
    public func confirmationValues(reason: String) -> [ItemValue] {
        [
            ItemValue("check", .text(check.rawValue)), ItemValue("fingerprint", .text(fingerprint)),
            ItemValue("prompt", .text(message)), ItemValue("reason", .text(reason)),
        ]
    }

    static func fingerprint(of parts: [String]) -> String {
        let text = parts.joined(separator: "; ")
        guard text.utf8.count > fingerprintLimitBytes else { return text }
        return hashed(text)
    }

    /// A long text by its hash.
    static func hashed(_ text: String) -> String {
        "sha256:" + Hex.encode(SHA256.hash(data: Array(text.utf8)))
    }
}

extension Value {
    /// The value as a confirmation names it: values that agree have the same name.
    var confirmable: String {
        switch self {
        case .decimal(let quantity):
            quantity.number.normalized.description + (quantity.unit.map { " " + $0 } ?? "")
        case .dateTime(let moment):
            OffsetDateTime(secondsSince1970: moment.secondsSince1970, offsetMinutes: 0)?.description
                ?? moment.description
        default: described
        }
    }
}

extension CheckID {
    /// Why anyone should look at a finding of the check: one sentence.
    public func why(in language: Language) -> String {
        switch language {
        case .en: why
        case .zh: whyInChinese
        }
    }

    /// The same in English.
    public var why: String {
        switch self {
        case .required: "The protocol asks for it, and what is missing cannot be analysed."
        case .type: "A value of another kind than the item's cannot be analysed."
        case .range: "A value this unusual is often a slip of typing or of the unit."
        case .codeList: "A code that the study does not have cannot be analysed."
        case .dateOrder: "One of the two dates must be wrong, or the protocol was not followed."
        case .sequence: "A visit was left out, or saved under the wrong event."
        case .window: "A visit outside its window is not comparable with those inside."
        case .pkWindow:
            "The protocol keeps this value within the window; the investigator decides what follows."
        case .doseDeviation: "A dose other than the planned one needs its reason, or is a protocol deviation."
        case .eligibility: "Only those who consented and meet the criteria may be treated in the study."
        }
    }
}

extension RecordState {
    /// The versions that confirm exactly this finding as correct, in the order of their ids.
    public func confirmations(of finding: Finding) -> [Version] {
        self[RegisterName.confirmation(of: finding.key)].live.filter {
            $0.value(of: "fingerprint") == .text(finding.fingerprint)
        }
    }
}
