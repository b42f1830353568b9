package import TrialModel

/// One entry of an audit trail, as pages show it.
package struct HistoryModel: Sendable {
    package struct Change: Sendable {
        package let item: String
        package let old: String
        package let new: String
        package let hasOld: Bool
        /// The whole of a new value that is shortened; `nil` if all is said.
        let whole: String?
    }

    let who: String
    let at: String
    let received: String
    let reason: String
    let verdict: String
    let kind: String
    package let changes: [Change]

    /// What of a record's entries speaks of one item, the newest first.
    package static func entries(
        of item: String, in history: [HistoryView], study: StudyDefinition, words: Words
    ) -> [HistoryModel] {
        history.reversed().compactMap { entry in
            let changes = entry.changes.filter { $0.item == item }
            guard !changes.isEmpty else { return nil }
            return HistoryModel(
                HistoryView(stamp: entry.stamp, kind: entry.kind, verdict: entry.verdict, changes: changes),
                study: study, words: words)
        }
    }

    package init(_ entry: HistoryView, study: StudyDefinition, words: Words) {
        let stamp = entry.stamp
        who = "\(stamp.author) · \(words("role.\(stamp.role)")) · \(stamp.device)"
        at = words.time(stamp.at)
        received = stamp.receivedAt.map(words.time) ?? words("notYetReceived")
        reason = stamp.reason
        verdict = words("verdict.\(entry.verdict.split(separator: ":").first.map(String.init) ?? "")")
        kind = words("kind.\(entry.kind)")
        changes = Self.told(entry.changes).map { change in
            let new = words.value(change.new, ofRegister: change.item, in: study)
            return Change(
                item: words.label(ofRegister: change.item, in: study),
                old: words.either(
                    change.old.map { words.value($0, ofRegister: change.item, in: study).text }),
                new: new.text, hasOld: change.old.contains { !$0.isEmpty }, whole: new.whole)
        }
    }

    /// The changes as people read them: when a copied message was written is kept as two numbers.
    package static func told(_ changes: [HistoryView.ItemChange]) -> [HistoryView.ItemChange] {
        var offsets = changes.filter { $0.item == "@message.offset" }.map(\.new)[...]
        return changes.compactMap { change -> HistoryView.ItemChange? in
            if change.item == "@message.offset" { return nil }
            guard change.item == "@message.at", case .integer(let at) = change.new else { return change }
            var minutes = 0
            if case .integer(let offset)? = offsets.popFirst() { minutes = Int(clamping: offset) }
            let time = DeviceTime(milliseconds: at, offsetMinutes: minutes)
            return HistoryView.ItemChange(item: change.item, old: change.old, new: .text(time.iso8601))
        }
    }
}
