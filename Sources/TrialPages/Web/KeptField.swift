package import TrialModel

/// A field of a form that was not taken, as the template `problem` gives it back: nothing that was filled in
/// is lost with the page.
package struct KeptField: Sendable {
    package let name: String
    package let value: String
    package let label: String
    /// What the form brought with it: it goes along unseen.
    package let isHidden: Bool
    /// A text of several lines.
    package let isLong: Bool
}

extension FormFields {
    /// What a form needs to be sent again, without its token, never a password, and not as if what it would
    /// do had been shown.
    package func kept(in study: StudyDefinition? = nil, _ language: Language = .en) -> [KeptField] {
        all.filter { name, value in
            guard !["csrf", "back", "password", "confirmed"].contains(name) else { return false }
            return !value.isEmpty || name == "reason" || name.hasPrefix("item.")
        }.map { name, value in
            let item = name.hasPrefix("item.") ? study?.item(String(name.dropFirst(5))) : nil
            let word = Self.words[name].map { Words(language)($0) }
            return KeptField(
                name: name, value: value, label: item?.label[language] ?? word ?? name,
                isHidden: Self.brought.contains(name)
                    || ["was.", "aside.", "asideWas."].contains { name.hasPrefix($0) },
                isLong: value.contains("\n") || value.count > 60)
        }
    }

    /// What the fields are called that people fill in.
    private static let words = [
        "author": "takeValuesOf", "item": "item", "reason": "reason", "text": "text",
    ]

    private static let brought: Set<String> = [
        "act", "base", "choice", "consented", "decision", "entry", "form", "id", "keys", "link", "page",
        "person", "shown", "sure",
    ]
}
