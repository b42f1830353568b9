import TrialModel
import TrialPages

/// Who saved what stands in a form.
extension FormBuilder {
    /// What the script of the page says where an item was changed while the form was open, with a place for
    /// what had stood there; `nil` in conflict, where both values say themselves whose they are.
    func changedText(_ held: ItemView) -> String? {
        guard held.state != .conflict else { return nil }
        if let kept = keptSince(held) {
            return words("keptSince", ["at": words.time(kept.at), "who": words.who(kept)])
        }
        guard let stamp = view.lastSave(of: held.item) else { return nil }
        return words("changedBy", ["at": words.time(stamp.at), "who": words.who(stamp)])
    }

    /// The last save of an item where it was kept and not applied, and what it had replaced stands again:
    /// then nothing came in.
    private func keptSince(_ held: ItemView) -> EntryStamp? {
        for entry in (view.history ?? []).reversed() {
            guard let change = entry.changes.first(where: { $0.item == held.item }) else { continue }
            let (old, now) = (change.old.isEmpty ? [.empty] : change.old, held.value ?? .empty)
            return !entry.counts && old.contains { $0.agrees(with: now) } ? entry.stamp : nil
        }
        return nil
    }
}
