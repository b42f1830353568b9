package import TrialModel

/// What stands for an item, as the template `shown` shows it: one value, or one cell for each version while
/// people do not agree.
package struct ShownValue: Hashable, Sendable {
    /// One of the values that stand against each other.
    package struct Version: Hashable, Sendable {
        package let text: String
        /// `nil` where that is said elsewhere.
        package let who: String?

        package init(text: String, who: String?) { (self.text, self.who) = (text, who) }
    }

    /// Empty in conflict.
    package let text: String
    package let versions: [Version]
    let isConflict: Bool

    package init(_ text: String) { (self.text, versions, isConflict) = (text, [], false) }

    package init(_ versions: [Version]) { (text, self.versions, isConflict) = ("", versions, true) }

    /// What stands on a record for an item.
    package init(_ held: ItemView, of item: Item?, _ words: Words) {
        guard held.state == .conflict else {
            self.init(words.value(held.value ?? .empty, of: item))
            return
        }
        self.init(
            held.versions.map { version -> Version in
                let value = version.values.first { $0.item == held.item }?.value ?? .empty
                return Version(text: words.value(value, of: item), who: words.who(version.stamp))
            })
    }
}

extension Words {
    /// Who saved something, in which role and where.
    package func who(_ stamp: EntryStamp) -> String {
        "\(stamp.author) · \(self("role.\(stamp.role)")) · \(stamp.device)"
    }
}
