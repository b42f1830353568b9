import SyncClient
import TrialModel
import TrialPages

/// What rules say of what is typed in a form and is not saved.
extension FormBuilder {
    /// What the checks find besides, where it will stand once that is saved; what is only empty is not said.
    func typedTexts(at place: String?) -> [String] {
        (preview?.found ?? []).filter { $0.check != .required && view.place(of: $0) == place }
            .map { finding in
                let text = words.asPrinted(finding.text[words.language])
                guard isNotOnRecord, Self.checksOfPresence.contains(finding.check) else { return text }
                return words("onceSaved", ["finding": text])
            }
    }

    /// What these checks find comes of the record's being there at all.
    private static let checksOfPresence: Set<CheckID> = [.sequence, .eligibility]

    /// Whether nothing of the sheet is saved yet, so that nothing may be said of it as of a record.
    private var isNotOnRecord: Bool { view.items.allSatisfy { $0.state == .empty } }

    /// What is planned for the first day of a line, beside the dose that was taken; `nil` beside all else.
    func lineDose(at item: String) -> String? {
        guard let dose = preview?.dose, dose.item == item else { return nil }
        let number = dose.dose.value.flatMap(\.self)
        let known = number.map { words.value(.decimal(Quantity($0, unit: dose.unit)), of: nil) }
        let reason = dose.dose.reason.map { " · \(words.reason($0, in: study))" }
        return words("plannedLineDose", ["dose": (known ?? words("notKnown")) + (reason ?? "")])
    }

    /// The same for every dose of the sheet, for the script of the page: empty while no drug is named.
    var lineDoses: [JSON.Member] {
        guard case .line(let form, _) = view.header.place else { return [] }
        let logs = study.ruleBook.drugRules.compactMap(\.drug.exposure).filter { $0.form == form }
        return Set(logs.map(\.dose.oid)).sorted().map { item in
            JSON.Member(item, .string(lineDose(at: item) ?? ""))
        }
    }
}
