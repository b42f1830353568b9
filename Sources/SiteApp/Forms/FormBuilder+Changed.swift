import TrialModel
import TrialPages

/// Who saved what stands in a form.
extension FormBuilder {
    /// What the script of the page says where an item was changed while the form was open, with a place for
    /// what had stood there; `nil` in conflict, where both values say themselves whose they are.
    func changedText(_ held: ItemView) -> String? {
        guard held.state != .conflict else { return nil }
        // Nothing came in where the last save was kept, and not applied: what it had replaced stands again.
        let last = view.history?.last { entry in entry.changes.contains { $0.item == held.item } }
        if let last, !last.counts {
            return words("keptSince", ["at": words.time(last.stamp.at), "who": words.who(last.stamp)])
        }
        guard let stamp = view.lastSave(of: held.item) else { return nil }
        return words("changedBy", ["at": words.time(stamp.at), "who": words.who(stamp)])
    }
}
