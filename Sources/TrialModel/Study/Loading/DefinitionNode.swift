/// A place in a definition that is being loaded: what stands there, its path, and where to note what is
/// wrong.
///
/// A reader that finds something wrong notes it and returns `nil`, so that loading goes on to the next place.
struct DefinitionNode {
    let tree: JSONTree
    let path: String
    private let collector: ProblemCollector

    init(_ tree: JSONTree, at path: String, noting collector: ProblemCollector) {
        (self.tree, self.path, self.collector) = (tree, path, collector)
    }

    func note(_ message: String) { collector.note(message, at: path) }

    func note(_ message: String, at key: String) { collector.note(message, at: childPath(key)) }

    /// What stands under the key; `nil` if nothing does.
    subscript(key: String) -> DefinitionNode? {
        guard let child = tree[key], child != .null else { return nil }
        return DefinitionNode(child, at: childPath(key), noting: collector)
    }

    /// What stands under the key; its absence is noted.
    func required(_ key: String) -> DefinitionNode? {
        guard case .object = tree else { return nil }
        if let child = self[key] { return child }
        note("is missing", at: key)
        return nil
    }

    /// Notes if this is no object, and every key that is not one of these or stands twice. `note` is always
    /// allowed.
    func allowKeys(_ keys: String...) {
        guard case .object(let members) = tree else { return note("must be an object, not \(tree.spelled)") }
        var seen: Set<String> = []
        for member in members {
            if !seen.insert(member.key).inserted { note("stands here twice", at: member.key) }
            if member.key != "note", !keys.contains(member.key) {
                note("is not a key of this place; keys are \(keys.joined(separator: ", "))", at: member.key)
            }
        }
    }

    func text() -> String? {
        guard let text = tree.text else { return noted("must be a text, not \(tree.spelled)") }
        guard text.contains(where: { !$0.isWhitespace }) else { return noted("is empty") }
        return text
    }

    /// A name: 1 to 128 letters, digits, points, hyphens and underscores.
    func name() -> String? {
        guard let text = text() else { return nil }
        if text.first == "@" { return noted("\"\(text)\": names that start with @ are reserved") }
        guard text.utf8.count <= RecordKey.nameLimitBytes else {
            return noted("is longer than \(RecordKey.nameLimitBytes) bytes")
        }
        guard text.utf8.allSatisfy(Self.isNameCharacter) else {
            return noted("\"\(text)\" has characters other than letters, digits, '.', '_' and '-'")
        }
        return text
    }

    func flag() -> Bool? { tree.flag ?? noted("must be true or false, not \(tree.spelled)") }

    func integer(in range: ClosedRange<Int>) -> Int? {
        guard let integer = tree.integer, range.contains(integer) else {
            return noted(
                "must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(tree.spelled)")
        }
        return integer
    }

    func decimal() -> ExactDecimal? {
        tree.decimal
            ?? noted(
                "must be a number of at most \(ExactDecimal.digitLimit) digits, without exponent, "
                    + "not \(tree.spelled)")
    }

    func localized() -> LocalizedText? {
        allowKeys("en", "zh")
        guard let english = required("en"), let chinese = required("zh") else {
            _ = (self["en"]?.text(), self["zh"]?.text())
            return nil
        }
        guard let en = english.text(), let zh = chinese.text() else { return nil }
        return LocalizedText(en: en, zh: zh)
    }

    /// The elements of a list; an element's path is `path[index]`.
    func elements(atLeast minimum: Int = 0) -> [DefinitionNode] {
        guard let list = tree.list else {
            note("must be a list, not \(tree.spelled)")
            return []
        }
        if list.count < minimum {
            note("must have at least \(minimum) element\(minimum == 1 ? "" : "s"), not \(list.count)")
        }
        return list.enumerated().map { DefinitionNode($1, at: "\(path)[\($0)]", noting: collector) }
    }

    private func childPath(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

    private func noted<Result>(_ message: String) -> Result? {
        note(message)
        return nil
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
