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
            return !value.isEmpty || Self.needed.contains(name) || name.hasPrefix("item.")
        }.map { name, value in
            KeptField(
                name: name, value: value, label: Self.label(of: name, study, Words(language)),
                isHidden: Self.brought.contains(name)
                    || ["was.", "aside.", "asideWas."].contains { name.hasPrefix($0) },
                isLong: value.contains("\n") || value.count > 60)
        }
    }

    private static func label(of name: String, _ study: StudyDefinition?, _ words: Words) -> String {
        if let word = self.words[name] { return words(word) }
        func item(after prefix: String) -> String? {
            guard name.hasPrefix(prefix) else { return nil }
            let oid = String(name.dropFirst(prefix.count))
            return study?.item(oid)?.label[words.language] ?? oid
        }
        if let item = item(after: "item.") { return item }
        if let item = item(after: "missing.") { return item + words.colon + words("whyMissing") }
        return name.hasPrefix("why.") ? words("reason") : name
    }

    /// What the fields are called that people fill in.
    private static let words = [
        "author": "takeValuesOf", "code": "siteCode", "device": "deviceName", "find": "find",
        "firstDay": "firstDay", "hours": "linkHours", "item": "item", "kind": "kind", "lastDay": "lastDay",
        "meaning": "meaning", "name": "siteName", "number": "newNumber", "participant": "participant",
        "person": "person",
        "reason": "reason", "server": "centreAddress", "site": "site", "text": "text", "user": "userName",
    ]

    /// What may have been refused because it was left empty: it comes back to be filled in.
    private static let needed: Set<String> = [
        "code", "hours", "meaning", "name", "number", "reason", "server", "text", "user",
    ]

    private static let brought: Set<String> = [
        "act", "all", "base", "choice", "consented", "decision", "entry", "form", "id", "keys", "language",
        "laptop", "link", "page", "person", "role", "shown", "sure", "systemTrust",
    ]
}
