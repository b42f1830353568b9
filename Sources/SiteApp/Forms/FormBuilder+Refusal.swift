import TrialModel
import TrialPages

/// Why what was typed in a field is not taken, and what is.
extension FormBuilder {
    /// The first field, in the order of the form, whose text is not taken.
    var firstRefused: String? {
        guard !refused.isEmpty else { return nil }
        return inOrder.first { refused[$0] != nil }
    }

    /// The items of the sheet in the order of the form.
    private var inOrder: [String] {
        let held = Set(view.items.map(\.item))
        let asked = study.forms.flatMap(\.groups).flatMap(\.items).map(\.oid).filter(held.contains)
        let shown = Set(asked)
        return asked + view.items.map(\.item).filter { !shown.contains($0) }
    }

    /// The ways to the fields that are not taken.
    var waysToRefused: [Shell.Notice.Link] { inOrder.filter { refused[$0] != nil }.map(way) }

    /// The way to an item's field; to its row in an instrument.
    func way(to item: String) -> Shell.Notice.Link {
        let isScore = study.ruleBook.totals.contains { rule in
            rule.domains.contains { $0.score.oid == item }
        }
        return Shell.Notice.Link(
            href: "#\(isScore ? "e" : "f")-\(item)", label: study.item(item)?.label[words.language] ?? item)
    }

    /// The way to where a finding stands, by the label of the first item that it speaks of there.
    func way(to finding: Finding) -> Shell.Notice.Link? {
        if let item = view.place(of: finding) { return way(to: item) }
        return finding.items.first.map { item in
            Shell.Notice.Link(href: "#top-findings", label: study.item(item)?.label[words.language] ?? item)
        }
    }

    /// What stands under a field that is not taken: the field has its label beside it.
    func refusal(of oid: String) -> String? {
        refused[oid].map { Self.sentence($0, study.item(oid), typed?.typed[oid] ?? "", words) }
    }

    /// What was typed, and what is allowed, in the reader's language.
    static func sentence(_ problem: Problem, _ item: Item?, _ text: String, _ words: Words) -> String {
        guard let item, !text.hasPrefix("@"),
            [.wrongType, .unknownCode, .unknownUnit, .textTooLong].contains(problem.code)
        else { return problem.sentence(words) }
        let limit = 40
        let shown = text.count > limit ? "\(text.prefix(limit))…" : text
        return words("fieldNotTaken", ["value": shown, "allowed": allowed(item, words)])
    }

    private static func allowed(_ item: Item, _ words: Words) -> String {
        switch item.type {
        case .integer where item.codeList == nil: words("allowedInteger")
        case .decimal:
            item.unit.map { words("allowedNumberIn", ["unit": words.unit($0)]) } ?? words("allowedNumber")
        case .text: words("allowedText", n: item.maxLength)
        case .integer, .code, .yesNo: words("allowedChoice")
        case .date: words(item.allowsPartialDate ? "hintPartialDate" : "hintDate")
        case .dateTime: words("hintLocalTime")
        }
    }
}
