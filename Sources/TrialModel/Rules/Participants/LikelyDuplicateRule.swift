/// When two participants of a site are likely to be one person: all of some items are given and say the same.
///
/// Which items these are is the definition's: initials, birth year and sex in the study that ships.
public struct LikelyDuplicateRule: Hashable, Sendable {
    /// At least one, in the order of the study.
    public let items: [Item]

    init?(reading reader: RuleReader) {
        reader.allow("items")
        guard let nodes = reader.required("items")?.elements(atLeast: 1) else { return nil }
        var items: [Item] = []
        for node in nodes {
            guard let item = reader.item(node) else { continue }
            if items.contains(where: { $0.oid == item.oid }) {
                node.note("\"\(item.oid)\" is named twice")
            } else {
                items.append(item)
            }
        }
        guard !items.isEmpty else { return nil }
        self.items = items
    }

    /// What a participant is compared by: equal for two who are likely one person. Letters are compared
    /// without regard to case and blanks.
    ///
    /// - Parameter value: the agreed value of an item, empty if there is none.
    /// - Returns: `nil` unless each item is answered.
    public func key(_ value: (Item) -> Value) -> [String]? {
        var key: [String] = []
        for item in items {
            let value = value(item)
            guard !value.isEmpty, value.missingReason == nil else { return nil }
            key.append(Self.plain(value))
        }
        return key
    }

    private static func plain(_ value: Value) -> String {
        switch value {
        case .text(let text): String(text.uppercased().filter { !$0.isWhitespace })
        default: value.json.text
        }
    }
}
