import TrialModel

/// What a decision came to, as a site is told it: in one language.
struct DecisionText {
    /// Of a decision so many items are named with their values.
    private static let namedItems = 5
    /// A value is told up to so many characters.
    private static let valueLimit = 100

    let study: StudyDefinition
    let language: Language

    /// `coordinator-1 resolved VS.weight (Body weight) of PKU-001 BL: 72.5 kg counts; 71.5 kg (nurse-1) does
    /// not. Please confirm that you have seen it.`
    func sentence(_ author: String, _ register: String, of place: String, result: String) -> String {
        let what = study.words(forRegister: register, in: language)
        switch language {
        case .en:
            return "\(author) resolved \(what) of \(place): \(result). Please confirm that you have seen it."
        case .zh: return "\(author) 已解决 \(place) 的 \(what)：\(result)。请确认您已知悉。"
        }
    }

    /// That a record which shared its number with another does so no longer.
    var ownNumber: String {
        switch language {
        case .en: "it bears a number of its own now"
        case .zh: "该记录现已有独立的编号"
        }
    }

    /// Which values count and which do not.
    func result(of decision: Change, on open: CaseBook.OpenConflict) -> String {
        switch open.conflict.kind {
        case .concurrentEdit: result(among: open.shown.versions, of: decision, open.conflict.register)
        case .editAfterLock, .editVersusVoid: stateResult(of: decision, on: open)
        case .duplicateNumber: ""
        }
    }

    /// `72.5 kg counts; 71.5 kg (nurse-1) does not`
    private func result(
        among versions: [VersionView], of decision: Change, _ register: String
    ) -> String {
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
        let left = versions.filter { !Self.agree($0.values, taken) }.map { told($0, naming: named) }
        let counted = told(taken, naming: named)
        switch language {
        case .en:
            let not = "\(list(left)) \(left.count > 1 ? "do" : "does") not"
            return left.isEmpty ? "\(counted) counts" : "\(counted) counts; \(not)"
        case .zh: return left.isEmpty ? "以 \(counted) 为准" : "以 \(counted) 为准；不采用 \(list(left))"
        }
    }

    /// `61 kg (nurse-1) does not count, the record stays as locked`
    private func stateResult(of decision: Change, on open: CaseBook.OpenConflict) -> String {
        let register = open.conflict.register
        let edits = open.shown.versions.filter { version in
            !version.values.contains { $0.item == register }
        }
        let (items, before) = (open.shown.items, open.shown.before)
        let changed = items.filter { item in
            let old = Self.value(of: item, in: before)
            return edits.contains { !Self.value(of: item, in: $0.values).agrees(with: old) }
        }
        let named = changed.isEmpty ? items : changed
        let said = list(edits.map { told($0, naming: named) })
        let isLock = open.conflict.kind == .editAfterLock
        let isKept =
            isLock
            ? decision.writes.isEmpty
            : decision.writes.contains { $0.values.contains { $0.value == .yesNo(true) } }
        let old = before.isEmpty ? nil : told(before, naming: named)
        switch (language, isKept) {
        case (.en, true): return "\(said) does not count, the record stays \(isLock ? "as locked" : "void")"
        case (.zh, true): return "不采用 \(said)，记录\(isLock ? "保持锁定时的内容" : "保持作废")"
        case (.en, false):
            let place = old.map { ", in the place of \($0)" } ?? ""
            return "\(said) counts\(place)" + (isLock ? "" : ", the record is no longer void")
        case (.zh, false):
            let place = old.map { "，取代 \($0)" } ?? ""
            return "以 \(said) 为准\(place)" + (isLock ? "" : "，记录已恢复有效")
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

    private func list(_ parts: [String]) -> String {
        parts.joined(separator: language == .zh ? "、" : " and ")
    }

    /// `71.5 kg (nurse-1)`
    private func told(_ version: VersionView, naming items: [String]) -> String {
        let (values, author) = (told(version.values, naming: items), version.stamp.author)
        return language == .zh ? "\(values)（\(author)）" : "\(values) (\(author))"
    }

    /// Values as people read them: of one item the value, of several each with its label.
    private func told(_ values: [ItemValue], naming items: [String]) -> String {
        let isChinese = language == .zh
        let shown = items.prefix(Self.namedItems).map { oid in
            let (item, value) = (study.item(oid), Self.value(of: oid, in: values))
            let code = item?.codeList?.code(typed: value.plainText)
            let empty = isChinese ? "空" : "empty"
            let text = value.isEmpty ? empty : code?.label[language] ?? value.plainText
            let short = text.count > Self.valueLimit ? "\(text.prefix(Self.valueLimit))…" : text
            guard items.count > 1 else { return short }
            return "\(item?.label[language] ?? oid)\(isChinese ? "：" : ": ")\(short)"
        }
        let left = items.count - Self.namedItems
        let more = left > 0 ? (isChinese ? "等另外 \(left) 项" : " and \(left) more") : ""
        return shown.joined(separator: isChinese ? "，" : ", ") + more
    }
}
