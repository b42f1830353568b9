package import TrialModel

extension Words {
    /// Why something cannot be known, as rules say it in English, in the reader's language; several of them
    /// are parted by `; `.
    ///
    /// - Parameter study: by whose labels items and visits are named; else by their names in the study.
    package func reason(_ text: String, in study: StudyDefinition? = nil) -> String {
        guard language != .en || study != nil else { return text }
        var (reasons, rest) = ([String](), text[...])
        while let found = rest.firstRange(of: "; ") {
            reasons.append(one(rest[..<found.lowerBound], study))
            rest = rest[found.upperBound...]
        }
        return (reasons + [one(rest, study)]).joined(separator: semicolon)
    }

    private func one(_ text: Substring, _ study: StudyDefinition?) -> String {
        /// The item that a reason begins with, if it goes on so.
        func item(before end: String) -> [String: String]? {
            text.hasSuffix(end) ? ["item": place(text.dropLast(end.count), study)] : nil
        }
        if let item = item(before: " is in conflict") { return self("reasonConflict", item) }
        if let item = item(before: " is not given") { return self("reasonMissing", item) }
        if let item = item(before: " gives no dose") { return self("reasonNoDose", item) }
        if let item = item(before: " is not a full date") { return self("reasonPartial", item) }
        switch text {
        case "the date is not given in full": return self("reasonDate")
        case "the study does not say what day 0 is": return self("reasonNoRule")
        default: break
        }
        let start = "there is no first day of treatment and no "
        guard text.hasPrefix(start) else { return String(text) }
        return self("reasonNoStart", ["item": place(text.dropFirst(start.count), study)])
    }

    /// `VS.weight at BL`
    private func place(_ name: Substring, _ study: StudyDefinition?) -> String {
        func label(_ oid: Substring) -> String { study?.item(String(oid))?.label[language] ?? String(oid) }
        guard let at = name.firstRange(of: " at ") else { return label(name) }
        let (item, event) = (name[..<at.lowerBound], name[at.upperBound...])
        return self("reasonPlace", ["item": label(item), "event": String(event)])
    }
}
