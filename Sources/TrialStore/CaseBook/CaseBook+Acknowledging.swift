package import SyncProtocol
package import TrialModel

/// What a site is told of a decision of the centre, and asked to acknowledge.
extension CaseBook {
    /// Of a decision so many items are named with their values.
    private static let namedItems = 5
    /// A value is told up to so many characters.
    private static let valueLimit = 200

    /// The change that begins a query by which a site acknowledges what the centre decided: it says which
    /// values count and which do not.
    package func acknowledging(_ decision: Change, of open: OpenConflict, by author: Author) -> Change? {
        acknowledging(
            decision, of: open.conflict.register, on: open.shown.visit,
            result: result(of: decision, on: open),
            by: author)
    }

    /// The same of a new number, which decided a conflict over the old one.
    package func acknowledging(
        number decision: Change, on header: VisitView.Header, by author: Author
    ) -> Change? {
        acknowledging(
            decision, of: RegisterName.number, on: header, result: "it bears a number of its own now",
            by: author)
    }

    private func acknowledging(
        _ decision: Change, of register: String, on header: VisitView.Header, result: String,
        by author: Author
    ) -> Change? {
        guard let participant = decision.record.participant else { return nil }
        let items = study.items(of: register).map(\.oid)
        let place = [header.participant, header.eventName].filter { !$0.isEmpty }.joined(separator: " ")
        let text =
            "\(author.name) decided \(study.words(forRegister: register)) of \(place): \(result). "
            + "Please confirm that you have seen it. Reason: \(decision.reason)"
        return beginning(
            participant, sheet: header.eventName, item: items.count == 1 ? items[0] : "", text: text,
            by: author)
    }

    /// `72.5 kg counts; 71.5 kg (nurse-1) does not`
    private func result(of decision: Change, on open: OpenConflict) -> String {
        let (register, versions) = (open.conflict.register, open.shown.versions)
        switch open.conflict.kind {
        case .concurrentEdit:
            let taken = decision.writes.first { $0.register == register }?.values ?? []
            let others = versions.map(\.values).filter { !Self.agree($0, taken) }
            let own = study.items(of: register).map(\.oid)
            let items = own.isEmpty ? taken.map(\.item) : own
            let differing = items.filter { item in
                others.contains {
                    !Self.value(of: item, in: $0).agrees(with: Self.value(of: item, in: taken))
                }
            }
            let named = differing.isEmpty ? items : differing
            let left = versions.filter { !Self.agree($0.values, taken) }.map { version in
                "\(told(version.values, naming: named)) (\(version.stamp.author))"
            }
            let counts = "\(told(taken, naming: named)) counts"
            return left.isEmpty
                ? counts : "\(counts); \(Self.list(left)) \(left.count > 1 ? "do" : "does") not"
        case .editAfterLock, .editVersusVoid:
            let edits = versions.filter { version in !version.values.contains { $0.item == register } }
            let (items, before) = (open.shown.items, open.shown.before)
            let changed = items.filter { item in
                let old = Self.value(of: item, in: before)
                return edits.contains { !Self.value(of: item, in: $0.values).agrees(with: old) }
            }
            let named = changed.isEmpty ? items : changed
            let said = Self.list(
                edits.map { "\(told($0.values, naming: named)) (\($0.stamp.author))" })
            let isLock = open.conflict.kind == .editAfterLock
            let isKept =
                isLock
                ? decision.writes.isEmpty
                : decision.writes.contains { $0.values.contains { $0.value == .yesNo(true) } }
            if isKept { return "\(said) does not count, the record stays \(isLock ? "as locked" : "void")" }
            let old = before.isEmpty ? "" : ", in the place of \(told(before, naming: named))"
            return "\(said) counts\(old)" + (isLock ? "" : ", the record is no longer void")
        case .duplicateNumber: return ""
        }
    }

    private static func value(of item: String, in values: [ItemValue]) -> Value {
        values.first { $0.item == item }?.value ?? .empty
    }

    private static func agree(_ some: [ItemValue], _ others: [ItemValue]) -> Bool {
        Set((some + others).map(\.item)).allSatisfy { item in
            value(of: item, in: some).agrees(with: value(of: item, in: others))
        }
    }

    private static func list(_ parts: [String]) -> String { parts.joined(separator: " and ") }

    /// Values as people read them: of one item the value, of several each with its label.
    private func told(_ values: [ItemValue], naming items: [String]) -> String {
        let shown = items.prefix(Self.namedItems).map { oid in
            let (item, value) = (study.item(oid), Self.value(of: oid, in: values))
            let code = item?.codeList?.code(typed: value.plainText)
            let text = value.isEmpty ? "empty" : code?.label.en ?? value.plainText
            let short = text.count > Self.valueLimit ? "\(text.prefix(Self.valueLimit))…" : text
            return items.count > 1 ? "\(item?.label.en ?? oid): \(short)" : short
        }
        let left = items.count - Self.namedItems
        return shown.joined(separator: ", ") + (left > 0 ? " and \(left) more" : "")
    }
}
