/// Two participants who may be one person.
public struct DuplicateView: Hashable, Sendable {
    /// Two numbers, sorted.
    public let participants: [String]
    public let site: SiteCode
    /// What both records say, in the order of the rule.
    public let items: [ItemValue]

    public init(participants: [String], site: SiteCode, items: [ItemValue]) {
        (self.participants, self.site, self.items) = (participants, site, items)
    }

    public var json: JSON {
        .keyed([
            "participants": .array(participants.map(JSON.string)), "site": .string(site.text),
            "items": .object(items.map { .init($0.item, $0.value.json) }),
        ])
    }
}
