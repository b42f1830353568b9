package import TrialModel

extension Words {
    /// What stands on a record for an item: the agreed value, or all versions while people do not agree.
    package func value(of held: ItemView, _ item: Item?) -> String {
        guard held.state == .conflict else { return value(held.value ?? .empty, of: item) }
        return held.versions.map { version in
            value(version.values.first { $0.item == held.item }?.value ?? .empty, of: item)
        }.joined(separator: " | ")
    }
}
