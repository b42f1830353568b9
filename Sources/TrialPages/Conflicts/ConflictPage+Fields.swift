import TrialModel

extension ConflictPage {
    /// The fields for another value: those that differ, then the others, filled in and folded away.
    ///
    /// - Parameter form: what was filled in before, where it comes back.
    func fieldGroups(_ form: FormFields) -> [ConflictModel.FieldGroup] {
        let same = agreed.compactMap { field($0.item, $0.value, form) }
        let differ = ConflictModel.FieldGroup(
            isFolded: false, fold: "", fields: differing.compactMap { field($0, .empty, form) })
        guard !same.isEmpty else { return [differ] }
        return [
            differ,
            ConflictModel.FieldGroup(
                isFolded: true, fold: words("sameItems", n: same.count), fields: same),
        ]
    }

    /// The field for a value of an item, as the item takes it.
    private func field(_ oid: String, _ value: Value, _ form: FormFields) -> ConflictModel.Field? {
        guard let item = study.item(oid) else { return nil }
        let isCoded = item.codeList != nil || item.type == .yesNo
        let isDate = item.type == .date && !item.allowsPartialDate
        let isArea = item.type == .text && item.maxLength > 200
        let isMissing = if case .missing = value { true } else { false }
        let text = form["item.\(oid)"] ?? (isMissing ? "" : value.fieldText)
        let gap = form["missing.\(oid)"] ?? (isMissing ? String(value.fieldText.dropFirst()) : "")
        let codes: [(String, String)] =
            item.type == .yesNo
            ? [("Y", words("yes")), ("N", words("no"))]
            : (item.codeList?.codes ?? []).map { code in
                (code.code, words.bracketed(code.label[words.language], code.code))
            }
        let hint: String? =
            switch item.type {
            case .date: words(item.allowsPartialDate ? "hintPartialDate" : "hintDate")
            case .dateTime: words("hintDateTime")
            default: nil
            }
        return ConflictModel.Field(
            item: oid, label: item.label[words.language], unit: item.unit.map { words.unit($0) } ?? "",
            value: text, isText: !isCoded && !isDate && !isArea, isArea: isArea,
            isSelect: isCoded, isDate: isDate,
            inputMode: item.type == .decimal ? "decimal" : item.type == .integer ? "numeric" : "text",
            options: codes.map { Choice(value: $0.0, label: $0.1, isChosen: $0.0 == text) },
            missing: MissingReason.allCases.map {
                Choice(
                    value: $0.rawValue, label: words("missing.\($0.rawValue)"),
                    isChosen: gap == $0.rawValue)
            }, hint: hint)
    }

    /// What a form decides: the entry of the side that is taken, or `set` for values that were entered. Who
    /// enters a value and marks nothing means that value.
    ///
    /// - Returns: empty if nothing was chosen and nothing entered.
    package func choice(in form: FormFields) -> String {
        let choice = form["choice"] ?? ""
        return choice.isEmpty && hasEntries(form) ? "set" : choice
    }

    /// Whether there is more in the fields than the page itself had filled in.
    private func hasEntries(_ form: FormFields) -> Bool {
        let agreed = Dictionary(agreed.map { ($0.item, $0.value.fieldText) }) { first, _ in first }
        func isNew(_ text: String, for item: String) -> Bool {
            !text.isEmpty && shown.items.contains(item) && text != agreed[item]
        }
        return form.named("item.").contains { isNew($0.value, for: $0.name) }
            || form.named("missing.").contains { !$0.value.isEmpty && isNew("@\($0.value)", for: $0.name) }
    }

    /// What was entered as `ITEM=VALUE`, a reason for a missing value as `ITEM=@REASON`.
    ///
    /// Items in which all sides agree stay as they are unless something else was entered: a group is decided
    /// as a whole.
    package func entered(_ form: FormFields) -> [String] {
        let missing = form.named("missing.").filter { !$0.value.isEmpty }
        let given = form.named("item.").filter { !$0.value.isEmpty }
        let agreed = Dictionary(agreed.map { ($0.item, $0.value.fieldText) }) { first, _ in first }
        return shown.items.compactMap { item in
            let reason = missing.first { $0.name == item }?.value
            let value = given.first { $0.name == item }?.value
            let own = agreed[item]
            // A value beside the reason that all sides agree on was entered now.
            if let reason, value == nil || own != "@\(reason)" { return "\(item)=@\(reason)" }
            if let value { return "\(item)=\(value)" }
            return own.map { "\(item)=\($0)" }
        }
    }
}

extension Value {
    /// As it stands in a field: without the unit, which stands behind it.
    package var fieldText: String {
        if case .decimal(let quantity) = self { return quantity.number.description }
        return plainText
    }
}
