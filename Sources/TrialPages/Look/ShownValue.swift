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
    package let isConflict: Bool

    package init(_ text: String) { (self.text, versions, isConflict) = (text, [], false) }

    package init(_ versions: [Version]) { (text, self.versions, isConflict) = ("", versions, true) }

    /// The value of an item, or the several that it may come to have.
    package init(_ values: [Value], of item: Item?, _ words: Words) {
        self.init(texts: values.map { words.value($0, of: item) }, words)
    }

    /// What stands for an item or a register, or the several values that do.
    package init(_ values: [Value], ofRegister name: String, in study: StudyDefinition, _ words: Words) {
        self.init(texts: values.map { words.value($0, ofRegister: name, in: study).text }, words)
    }

    private init(texts: [String], _ words: Words) {
        guard texts.count > 1 else {
            self.init(texts.first ?? words("empty"))
            return
        }
        self.init(texts.map { Version(text: $0, who: nil) })
    }

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

/// The values of a line of a log, each with its item's name, one after the other, as the template `shownLine`
/// shows them.
package struct ShownLine: Sendable {
    struct Part: Sendable {
        /// With its colon.
        let label: String
        let shown: ShownValue
        /// What stands between it and the one before.
        let between: String
    }

    let parts: [Part]

    package init(_ values: [ConfirmModel.LabelledValue], _ words: Words) {
        parts = values.enumerated().map { place, value in
            Part(label: value.label + words.colon, shown: value.shown, between: place > 0 ? " · " : "")
        }
    }

    /// As plain text, for a link: of what is in conflict it says only that.
    package func text(_ words: Words) -> String {
        parts.map { part in
            part.between + part.label + (part.shown.isConflict ? words("inConflict") : part.shown.text)
        }.joined()
    }
}

extension Words {
    /// Who saved something, in which role and where.
    package func who(_ stamp: EntryStamp) -> String {
        "\(stamp.author) · \(self("role.\(stamp.role)")) · \(stamp.device)"
    }
}
