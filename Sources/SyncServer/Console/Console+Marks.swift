import TrialModel
import TrialPages

/// A state in a word, with the mark that goes before it.
struct Mark: Hashable, Sendable {
    /// A class of the style sheet.
    let mark: String
    let text: String

    init(_ mark: String, _ text: String) { (self.mark, self.text) = (mark, text) }
}

extension Console {
    /// How a visit or log line stands besides its values: void, locked, signed.
    func marks(of view: VisitView, _ words: Words) -> [Mark] {
        var marks: [Mark] = []
        if view.voided { marks.append(Mark("attention", words("void"))) }
        if view.locked { marks.append(Mark("attention", words("locked"))) }
        if view.signatures.contains(where: \.isValid) { marks.append(Mark("agreed", words("seal.sign"))) }
        if view.signatures.contains(where: { !$0.isValid }) {
            marks.append(Mark("attention", words("seal.broken")))
        }
        return marks
    }

    /// What people do not agree on, each kind once.
    func marks(of kinds: [ConflictKind], _ words: Words) -> [Mark] {
        ConflictKind.allCases.filter { kinds.contains($0) }.map { Mark("conflict", words($0.word)) }
    }
}

extension ConflictKind {
    /// The word for a record on which there is such a conflict.
    var word: String { self == .concurrentEdit ? "inConflict" : "conflict.\(rawValue)" }
}

extension QueryStatus {
    /// The mark of a query that stands so: what is open waits for somebody.
    var mark: String {
        switch self {
        case .open: "attention"
        case .answered: "none"
        case .closed: "agreed"
        }
    }
}
