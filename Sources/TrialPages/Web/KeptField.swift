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
    /// What a form needs to be sent again, without its token and never a password.
    package func kept(in study: StudyDefinition? = nil, _ language: Language = .en) -> [KeptField] {
        all.filter { name, value in
            !["csrf", "back", "password"].contains(name) && (!value.isEmpty || name.hasPrefix("item."))
        }.map { name, value in
            let item = name.hasPrefix("item.") ? study?.item(String(name.dropFirst(5))) : nil
            return KeptField(
                name: name, value: value, label: item?.label[language] ?? name,
                isHidden: Self.brought.contains(name)
                    || ["was.", "aside.", "asideWas."].contains { name.hasPrefix($0) },
                isLong: value.contains("\n") || value.count > 60)
        }
    }

    private static let brought: Set<String> = [
        "act", "base", "choice", "decision", "form", "id", "keys", "shown", "sure",
    ]
}
