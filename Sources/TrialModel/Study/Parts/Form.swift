/// A form: what is filled in together at an event, or line by line in a log.
public struct Form: Hashable, Sendable {
    /// `VS`, for instance.
    public let oid: String
    /// What people see.
    public let label: LocalizedText
    /// Whether it is kept line by line through the whole study (adverse events) instead of at events.
    public let isLog: Bool
    /// At least one, in order.
    public let groups: [ItemGroup]
    /// What is computed from the items and never entered.
    public let derived: [DerivedItem]
    /// Who says so.
    public let provenance: Provenance

    /// The items of all groups, in order.
    public var items: [Item] { groups.flatMap(\.items) }
}

/// Items of a form that stand together.
public struct ItemGroup: Hashable, Sendable {
    /// The form's OID if the form has only this group without a name of its own.
    public let oid: String
    /// What people see.
    public let label: LocalizedText
    /// Whether the whole group is one register: it is saved, merged and resolved as one.
    public let isAtomic: Bool
    /// At least one, in order.
    public let items: [Item]
}

/// A value that a rule computes from items.
public struct DerivedItem: Hashable, Sendable {
    /// `RI.total`, for instance.
    public let oid: String
    /// What people see.
    public let label: LocalizedText
    /// What its values are.
    public let type: ItemType
    /// The unit of its values, if they have one.
    public let unit: String?
}
