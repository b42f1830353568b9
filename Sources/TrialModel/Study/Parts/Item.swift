/// What an item's values are. Raw values stand in definitions and never change.
public enum ItemType: String, Hashable, Sendable, CaseIterable {
    case integer, decimal, text, code, yesNo, date, dateTime
}

/// Another unit that a value may be typed in.
public struct UnitFactor: Hashable, Sendable {
    /// `mg/dL`, for instance.
    public let unit: String
    /// A value in this unit times the factor is the value in the item's unit, exactly.
    public let factor: ExactDecimal
}

/// What is plausible, both ends inside; a value outside is saved with a finding.
public struct PlausibleRange: Hashable, Sendable {
    /// The least; `nil` if there is none.
    public let min: ExactDecimal?
    /// The most; `nil` if there is none.
    public let max: ExactDecimal?

    /// Whether the number lies inside.
    public func contains(_ number: ExactDecimal) -> Bool {
        if let min, number < min { return false }
        if let max, max < number { return false }
        return true
    }
}

/// When leaving an item empty is a finding.
public enum Requirement: Hashable, Sendable {
    case never, always
    /// At these events only.
    case at(Set<String>)
    /// When another item of the form has this value, typed as on the command line.
    case when(item: String, equals: String)
}

/// An item: one thing that is asked, with what its answer may be.
public struct Item: Hashable, Sendable {
    /// How long a text may be, in Unicode scalars, unless the item says otherwise.
    public static let defaultTextLimit = 1_000
    /// How long an item may let a text be, in Unicode scalars.
    public static let hardTextLimit = 4_000

    /// `FORM.item`, as in `VS.weight`.
    public let oid: String
    /// What people see.
    public let label: LocalizedText
    /// What its values are.
    public let type: ItemType
    /// The form it belongs to.
    public let form: String
    /// The unit of merge: the group's OID if the group is atomic, else the item's own.
    public let register: String
    /// The unit that decimals are kept in.
    public let unit: String?
    /// Other units that a value may be typed in.
    public let factors: [UnitFactor]
    /// What is plausible, for numbers.
    public let range: PlausibleRange?
    /// What it takes, for codes and coded integers.
    public let codeList: CodeList?
    /// When leaving it empty is a finding.
    public let requirement: Requirement
    /// Whether a date may lack day, or month and day.
    public let allowsPartialDate: Bool
    /// How long a text may be, in Unicode scalars.
    public let maxLength: Int
    /// The events it is asked at, of those that have its form; `nil` if at all of them.
    public let events: Set<String>?
    /// Who says so.
    public let provenance: Provenance
    /// Its place in the order of the study.
    public let order: Int
    /// Its place in the document, for problems.
    let path: String

    /// Whether it is asked at the event, given that its form is.
    public func isAsked(at event: String) -> Bool { events?.contains(event) ?? true }
}
