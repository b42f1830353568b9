package import TrialModel

/// Makes what both applications say of one conflict: its name, its sides, what a choice would do.
///
/// Of an instrument with many items only those are named in which the sides differ; the rest is counted.
package struct ConflictPage: Sendable {
    package let shown: ConflictView
    let study: StudyDefinition
    let words: Words
    /// What the sides say of the items; of an edit against a lock or void, what stands without the edit.
    let compared: [[ItemValue]]
    /// The items in which the sides differ, in the order of the study; all, if none differs.
    let differing: [String]
    /// What all sides have for the other items.
    let agreed: [ItemValue]

    /// So many items are named one by one.
    private static let namedItems = 3

    package init(_ shown: ConflictView, study: StudyDefinition, words: Words) {
        (self.shown, self.study, self.words) = (shown, study, words)
        let compared = Self.compared(shown)
        self.compared = compared
        let first = compared.first
        let differing = shown.items.filter { item in
            let values = compared.map { Self.value(of: item, in: $0) }
            return values.contains { value in values.contains { !$0.agrees(with: value) } }
        }
        self.differing = differing.isEmpty ? shown.items : differing
        let named = Set(self.differing)
        agreed = shown.items.filter { !named.contains($0) }.map { item in
            ItemValue(item, first.map { Self.value(of: item, in: $0) } ?? .empty)
        }
    }

    static func value(of item: String, in values: [ItemValue]) -> Value {
        values.first { $0.item == item }?.value ?? .empty
    }

    func label(_ item: String) -> String { study.item(item)?.label[words.language] ?? item }

    // MARK: Names

    /// What people do not agree on: an item, or a group with the first items that differ.
    package var name: String {
        let labels = shown.items.compactMap { study.item($0)?.label[words.language] }
        guard labels.count > 1 else {
            return labels.first ?? words("conflict.\(shown.kind.rawValue)")
        }
        let group = study.forms.lazy.flatMap(\.groups).first { $0.oid == shown.register }
        let named = differing.prefix(Self.namedItems).map(label).joined(separator: words.listComma)
        let left = differing.count - Self.namedItems
        let items = left > 0 ? words("andMore", n: left, ["items": named]) : named
        return group.map { $0.label[words.language] + words.colon + items } ?? items
    }

    /// `PKU-007 BL`
    package var place: String {
        [shown.visit.participant, shown.visit.eventName].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Who decides it, for whoever may not: what a lock holds is decided at the centre, all else as the study
    /// says.
    ///
    /// - Parameter isLocked: whether its record is.
    package func whoResolves(isLocked: Bool) -> String {
        isLocked || shown.kind == .editAfterLock
            ? words("decidedAtCentre") : words("whoResolves", ["roles": words.resolvers(in: study)])
    }

    /// What a version says where the versions differ.
    package func text(of version: VersionView) -> String { text(of: version.values) }

    /// Values of this conflict: where the sides differ, and where these are not what all sides have.
    package func text(of values: [ItemValue]) -> String {
        if let state = stateText(values) { return state }
        let named = Set(differing)
        let items = values.filter { value in
            guard !named.contains(value.item) else { return !value.value.isEmpty }
            guard let same = agreed.first(where: { $0.item == value.item }) else {
                return !value.value.isEmpty
            }
            return !same.value.agrees(with: value.value)
        }
        guard !items.isEmpty else { return words("empty") }
        return items.map { value in
            let text = words.value(value.value, of: study.item(value.item))
            guard items.count > 1 || shown.items.count > 1 else { return text }
            return label(value.item) + words.colon + text
        }.joined(separator: words.semicolon)
    }

    // MARK: What a choice would do

    /// What a decision would do, to be shown before it is done.
    ///
    /// - Parameters:
    ///   - take: the entry whose values are taken; `nil` for values that were entered.
    ///   - values: what becomes the agreed value.
    ///   - effects: as ``effects(derived:plans:plansBefore:findings:voided:)`` says them.
    ///   - last: who hears of it.
    /// - Throws: `Problem(.notFound)` if no side is of that entry.
    package func sentences(
        taking take: String?, _ values: [ItemValue], effects: [Effect], last: String
    ) throws(Problem) -> [String] {
        if let take, isOfState { return try stateSentences(taking: take) + effects.map(\.text) + [last] }
        var others = shown.versions
        var sentences: [String] = []
        if let take {
            guard let taken = others.first(where: { $0.stamp.entry == take }) else {
                throw Problem(.notFound, "conflict \(shown.id.hex) has no value \(take)")
            }
            others.removeAll { $0.stamp.entry == take }
            sentences.append(words("willAgreeWith", said(taken)))
        } else {
            sentences.append(
                words("willAgree", ["value": text(of: values), "item": name, "sheet": place]))
        }
        return sentences + others.map { words("willNotTake", said($0)) } + effects.map(\.text) + [last]
    }

    func said(_ version: VersionView) -> [String: String] {
        [
            "value": text(of: version), "item": name, "sheet": place, "who": words.who(version.stamp),
            "at": words.time(version.stamp.at),
            "makers": makers(of: version) { words.who($0) + words.comma + words.time($0.at) },
        ]
    }
}

extension Words {
    /// The roles that a study lets decide a conflict.
    package func resolvers(in study: StudyDefinition) -> String {
        either(study.ruleBook.resolveBy.map { self("role.\($0.name)") })
    }
}
