import SyncProtocol
package import TrialModel

/// What a site is told of a decision of the centre, and asked to acknowledge.
extension CaseBook {
    /// The change that begins a query by which a site acknowledges what the centre decided: it says which
    /// values count and which do not.
    package func acknowledging(_ decision: Change, of open: OpenConflict, by author: Author) -> Change? {
        acknowledging(decision, of: open.conflict.register, on: open.shown.visit, by: author) { text in
            text.result(of: decision, on: open)
        }
    }

    /// The same of a new number, which decided a conflict over the old one.
    package func acknowledging(
        number decision: Change, on header: VisitView.Header, by author: Author
    ) -> Change? {
        acknowledging(decision, of: RegisterName.number, on: header, by: author) { $0.ownNumber }
    }

    /// In every language, for nobody knows which one whoever reads it at the site has chosen.
    private func acknowledging(
        _ decision: Change, of register: String, on header: VisitView.Header, by author: Author,
        result: (DecisionText) -> String
    ) -> Change? {
        guard let participant = decision.record.participant else { return nil }
        let items = study.items(of: register).map(\.oid)
        let place = [header.participant, header.eventName].filter { !$0.isEmpty }.joined(separator: " ")
        let sentences = Language.allCases.map { language in
            let text = DecisionText(study: study, language: language)
            return text.sentence(author.name, register, of: place, result: result(text))
        }
        let lines = sentences + ["Reason · 原因：\(decision.reason)"]
        return beginning(
            participant, sheet: header.eventName, item: items.count == 1 ? items[0] : "",
            text: lines.joined(separator: "\n"), by: author)
    }
}
