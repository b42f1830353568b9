import TrialModel
import TrialPages

extension Console {
    /// The field for another value of an item, as the item takes it.
    func field(_ oid: String, _ visit: Visit) -> ConflictModel.Field? {
        guard let item = visit.study.item(oid) else { return nil }
        let words = visit.words
        let isCoded = item.codeList != nil || item.type == .yesNo
        let isDate = item.type == .date && !item.allowsPartialDate
        let isArea = item.type == .text && item.maxLength > 200
        let codes: [Choice] =
            item.type == .yesNo
            ? [("Y", "yes"), ("N", "no")].map { Choice(value: $0, label: words($1), isChosen: false) }
            : (item.codeList?.codes ?? []).map {
                Choice(
                    value: $0.code, label: "\($0.label[words.language]) (\($0.code))", isChosen: false)
            }
        let hint: String? =
            switch item.type {
            case .date where item.allowsPartialDate: words("hintPartialDate")
            case .dateTime: words("hintDateTime")
            default: nil
            }
        return ConflictModel.Field(
            item: oid, label: item.label[words.language], unit: item.unit ?? "",
            isText: !isCoded && !isDate && !isArea, isArea: isArea, isSelect: isCoded, isDate: isDate,
            inputMode: item.type == .decimal ? "decimal" : item.type == .integer ? "numeric" : "text",
            options: codes,
            missing: MissingReason.allCases.map {
                Choice(value: $0.rawValue, label: words("missing.\($0.rawValue)"), isChosen: false)
            }, hint: hint)
    }

    /// What was entered as `ITEM=VALUE`, a reason for a missing value as `ITEM=@REASON`.
    func entered(_ form: FormFields) -> [String] {
        let missing = form.named("missing.").filter { !$0.value.isEmpty }
        let given = form.named("item.").filter { field in
            !field.value.isEmpty && !missing.contains { $0.name == field.name }
        }
        return given.map { "\($0.name)=\($0.value)" } + missing.map { "\($0.name)=@\($0.value)" }
    }
}
