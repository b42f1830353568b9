import SyncClient
import TrialModel
import TrialPages

/// Makes the form of one sheet from the study's definition, what stands there, and what a person has typed.
struct FormBuilder {
    let study: StudyDefinition
    let words: Words
    let view: VisitView
    /// What was typed, if the form comes back or a draft was kept.
    let typed: TypedForm?
    let refused: [String: Problem]
    let late: [SiteStore.LateValue]
    let earlier: [String: SiteStore.EarlierValue]
    let mayEdit: Bool
    /// Whether the person may say that a measurement outside its window is right.
    var mayConfirmWindow = false
    /// The conflicts on the sheet: each value leads to its own; what a lock holds is said beside its field.
    var conflicts: [ConflictView] = []
    /// What rules say of what was typed and is not saved.
    var preview: SiteStore.Preview?

    private var language: Language { words.language }

    // MARK: Groups

    /// The forms of the sheet, one group after the other.
    func groups() -> [FormModel.Group] {
        let views = Dictionary(view.items.map { ($0.item, $0) }) { first, _ in first }
        var groups: [FormModel.Group] = []
        var shown: Set<String> = []
        for form in study.forms {
            for (index, group) in form.groups.enumerated() {
                let items = group.items.filter { views[$0.oid] != nil }
                guard !items.isEmpty else { continue }
                shown.formUnion(items.map(\.oid))
                let label = index == 0 ? form.label : group.label
                let derived = index == 0 ? self.derived(of: form) : []
                groups.append(self.group(label[language], group, items, views, derived))
            }
        }
        let others = view.items.filter { !shown.contains($0.item) }
        if !others.isEmpty {
            groups.append(
                FormModel.Group(
                    label: words("otherItems"), fields: others.map { field($0, nil) }, folded: nil,
                    grid: nil, derived: [])
            )
        }
        return groups
    }

    private func group(
        _ label: String, _ group: ItemGroup, _ items: [Item], _ views: [String: ItemView],
        _ derived: [FormModel.Labelled]
    ) -> FormModel.Group {
        let isInConflict = items.contains { views[$0.oid]?.state == .conflict }
        if !isInConflict, let rule = study.ruleBook.totals.first(where: { $0.group == group.oid }) {
            let others = derived.filter { $0.item != rule.total }
            return FormModel.Group(
                label: label, fields: [], folded: nil, grid: grid(rule, views, derived), derived: others)
        }
        let held = items.compactMap { item in views[item.oid].map { (view: $0, item: item) } }
        let planned = planned(for: items, derived)
        let same = Set(held.filter { isSame($0.view) }.map { $0.item.oid })
        // Where no item differs, all are shown: nobody would see what the conflict is about.
        let isDifferent = held.contains { $0.view.state == .conflict && !same.contains($0.item.oid) }
        let folded = isDifferent ? held.filter { same.contains($0.item.oid) } : []
        let shown = isDifferent ? held.filter { !same.contains($0.item.oid) } : held
        return FormModel.Group(
            label: label, fields: shown.map { field($0.view, $0.item, planned: planned[$0.item.oid]) },
            folded: folded.isEmpty
                ? nil
                : FormModel.Folded(
                    label: words("sameItems", n: folded.count),
                    fields: folded.map { field($0.view, $0.item, isSame: true) }),
            grid: nil,
            derived: derived.filter { other in !planned.values.contains { $0.item == other.item } })
    }

    /// The planned doses that stand beside the dose that is entered, by the item of that.
    private func planned(
        for items: [Item], _ derived: [FormModel.Labelled]
    ) -> [String: FormModel.Labelled] {
        var planned: [String: FormModel.Labelled] = [:]
        for case let check as DoseDeviationCheck in study.caseChecks {
            guard items.contains(where: { $0.oid == check.item.oid }) else { continue }
            planned[check.item.oid] = derived.first { $0.item == check.planned }
        }
        return planned
    }

    /// Whether an item of a register in conflict is the same in all its versions, and nothing else was typed
    /// for it.
    private func isSame(_ held: ItemView) -> Bool {
        guard held.state == .conflict, typed?.unsaved(held.item) == nil, let first = held.versions.first
        else { return false }
        let value = value(of: held.item, in: first)
        return held.versions.allSatisfy { self.value(of: held.item, in: $0).agrees(with: value) }
    }

    private func derived(of form: Form) -> [FormModel.Labelled] {
        form.derived.compactMap { item in
            guard let value = view.derived.first(where: { $0.item == item.oid }) else { return nil }
            let isKnown = !value.value.isEmpty
            let known = isKnown ? words.value(value.value, of: nil) : words("notKnown")
            let later = isKnown || !mayEdit ? nil : words("knownAfterSaving")
            let text = known + (value.reason.map { " · \(words.reason($0, in: study))" } ?? "")
            return FormModel.Labelled(
                label: item.label[language], text: typed?.isDraft == true ? later ?? text : text,
                item: item.oid, later: later)
        }
    }

    // MARK: One field

    private func standingText(_ item: ItemView) -> String { (item.value ?? .empty).fieldText }

    /// - Parameters:
    ///   - planned: the planned dose, if it is a dose.
    ///   - isSame: whether all versions of it agree, although its register is in conflict.
    private func field(
        _ held: ItemView, _ item: Item?, planned: FormModel.Labelled? = nil, isSame: Bool = false
    ) -> FormModel.Field {
        let was = typed?.was[held.item] ?? standingText(held)
        let value = typed?.typed[held.item] ?? was
        let isMissing = value.hasPrefix("@") && MissingReason(rawValue: String(value.dropFirst())) != nil
        let mayEdit = mayEdit && held.state != .conflict && item != nil
        let unsaved = mayEdit ? nil : typed?.unsaved(held.item)
        let isCoded = item?.codeList != nil || item?.type == .yesNo
        let isArea = item?.type == .text && (item?.maxLength ?? 0) > 200
        let same = isSame ? held.versions.first.map { self.value(of: held.item, in: $0) } : nil
        return FormModel.Field(
            item: held.item, label: item?.label[language] ?? held.item,
            unit: item?.unit.map { words.unit($0) }, value: isMissing ? "" : shown(value, item), was: was,
            changed: changedText(held), isText: !isCoded && !isArea, isArea: isArea, isSelect: isCoded,
            size: size(item),
            inputMode: item?.type == .decimal ? "decimal" : item?.type == .integer ? "numeric" : "text",
            options: item.map { options($0, value) } ?? [], missing: missing(isMissing ? value : ""),
            hint: item.flatMap(hint), earlier: earlierText(held.item, item),
            planned: planned.map { words("plannedDose", ["dose": $0.text]) } ?? lineDose(at: held.item),
            plannedLater: planned?.later.map { words("plannedDose", ["dose": $0]) },
            saved: saved(held, item), error: refusal(of: held.item),
            isFirstRefused: firstRefused == held.item,
            late: lateTexts { $0 == held.item }, held: heldTexts { $0 == held.item },
            typedFindings: typedTexts(at: held.item),
            findings: findings { $0 == held.item }, both: isSame ? nil : both(held),
            mayEdit: mayEdit, standing: words.value(same ?? held.value ?? .empty, of: item, withCode: false),
            unsaved: unsaved.map {
                FormModel.Unsaved(
                    text: $0.text, was: $0.was, said: words("typedAside", ["value": $0.text]))
            })
    }

    /// What is typed, as the field shows it: moments as people type them.
    private func shown(_ text: String, _ item: Item?) -> String {
        item?.type == .dateTime ? OffsetDateTime(text)?.asTyped ?? text : text
    }

    /// What is saved, where something else stands in the field, or was typed in another unit.
    private func saved(_ held: ItemView, _ item: Item?) -> String? {
        guard mayEdit, let value = held.value, !value.isEmpty,
            typed?.changed[held.item] != nil || item != nil && value.entered != nil
        else { return nil }
        return words("savedValue", ["value": words.value(value, of: item, withCode: false)])
    }

    private func size(_ item: Item?) -> String {
        switch item?.type {
        case .integer, .decimal: "8"
        case .date: "12"
        case .dateTime: "26"
        default: String(min(max(item?.maxLength ?? 30, 6), 40))
        }
    }

    private func options(_ item: Item, _ chosen: String) -> [FormModel.Option] {
        let codes: [(String, String)] =
            item.type == .yesNo
            ? [("Y", words("yes")), ("N", words("no"))]
            : item.codeList?.codes.map { ($0.code, $0.label[language]) } ?? []
        // A value saved under another version of the study stands there until someone changes it.
        let isOther = !chosen.isEmpty && !chosen.hasPrefix("@") && !codes.contains { $0.0 == chosen }
        let others = isOther ? [(chosen, words("noLongerListed", ["value": chosen]))] : []
        return (codes + others).map {
            FormModel.Option(value: $0.0, label: $0.1, isChosen: $0.0 == chosen)
        }
    }

    private func missing(_ chosen: String) -> [FormModel.Option] {
        MissingReason.allCases.map { reason in
            FormModel.Option(
                value: reason.rawValue, label: words("missing.\(reason.rawValue)"),
                isChosen: chosen == "@" + reason.rawValue)
        }
    }

    /// What is allowed, or how it is to be typed.
    private func hint(_ item: Item) -> String? {
        switch item.type {
        case .date: return words(item.allowsPartialDate ? "hintPartialDate" : "hintDate")
        case .dateTime: return words("hintLocalTime")
        case .integer, .decimal:
            guard let range = item.range else { return nil }
            let unit = item.unit.map { "\u{2009}\(words.unit($0))" } ?? ""
            switch (range.min, range.max) {
            case (let min?, let max?): return words("hintRange", ["min": "\(min)", "max": "\(max)\(unit)"])
            case (let min?, nil): return words("hintMin", ["min": "\(min)\(unit)"])
            case (nil, let max?): return words("hintMax", ["max": "\(max)\(unit)"])
            case (nil, nil): return nil
            }
        case .text, .code, .yesNo: return nil
        }
    }

    private func earlierText(_ oid: String, _ item: Item?) -> String? {
        // The date of an earlier visit says nothing of this one.
        guard let earlier = earlier[oid], oid != study.ruleBook.dayZero?.visitDate.oid else { return nil }
        return words(
            "earlier",
            [
                "value": words.value(earlier.value, of: item, withCode: false),
                "visit": visit(of: earlier),
            ])
    }

    /// `BL, 2 Mar 2026`; the name alone without a date.
    private func visit(of earlier: SiteStore.EarlierValue) -> String {
        guard let date = earlier.date.map({ words.date($0.description) }) else { return earlier.visit }
        return earlier.visit + words.comma + date
    }

    private func both(_ held: ItemView) -> FormModel.Both? {
        guard held.state == .conflict, !view.conflicts.isEmpty else { return nil }
        let only = view.conflicts.count == 1 ? view.conflicts.first : nil
        let own =
            only ?? conflicts.first { $0.kind == .concurrentEdit && $0.items.contains(held.item) }?.id
        return FormModel.Both(
            versions: held.versions.map { version in
                ShownValue.Version(
                    text: words.value(
                        value(of: held.item, in: version), of: study.item(held.item), withCode: false),
                    who: words.who(version.stamp))
            }, href: own.map { "/conflicts/\($0.hex)" } ?? "/conflicts")
    }

    private func value(of item: String, in version: VersionView) -> Value {
        version.values.first { $0.item == item }?.value ?? .empty
    }

    // MARK: What came in, what was found

    /// The saves of some items that a lock holds, or that stand against a void: the fields do not show them.
    func heldTexts(_ isMeant: (String) -> Bool) -> [String] {
        conflicts.filter(\.isOfState).flatMap { conflict -> [String] in
            conflict.versions.flatMap { version -> [String] in
                version.values.compactMap { value -> String? in
                    guard isMeant(value.item), let item = study.item(value.item) else { return nil }
                    return words(
                        "held.\(conflict.kind.rawValue)",
                        [
                            "value": words.value(value.value, of: item, withCode: false),
                            "who": version.stamp.author, "at": words.time(version.stamp.at),
                            "roles": words.resolvers(in: study),
                        ])
                }
            }
        }
    }

    /// What others saved while the form was open, for some items; and what stands again there, because what
    /// was saved over it waits for a decision.
    func lateTexts(_ isMeant: (String) -> Bool) -> [String] {
        late.filter { isMeant($0.item) && $0.value.fieldText != typed?.was[$0.item] ?? "" }.map { late in
            words(
                late.isBack ? "backValue" : "lateValue",
                [
                    "value": words.value(late.value, of: study.item(late.item), withCode: false),
                    "at": words.time(late.stamp.at), "who": words.who(late.stamp),
                ])
        }
    }

    /// What was found on values of another record alone: it stands at the top of the sheet.
    var topFindings: [FormModel.Finding] { findings { $0 == nil } }

    /// The findings that stand at some places of the sheet.
    private func findings(_ isMeant: (String?) -> Bool) -> [FormModel.Finding] {
        view.checks.enumerated().filter { isMeant(view.place(of: $0.element)) }.map { index, finding in
            FormModel.Finding(
                message: words.asPrinted(finding.text[language]), why: finding.check.why(in: language),
                mark: finding.confirmed ? "agreed" : "attention", confirmed: finding.confirmed,
                confirm: mayConfirm(finding) ? finding.key : nil,
                id: String(index))
        }
    }

    private func mayConfirm(_ finding: Finding) -> Bool {
        guard mayEdit, !finding.confirmed, finding.check != .required else { return false }
        return finding.check != .pkWindow || mayConfirmWindow
    }

    // MARK: The instrument

    /// `BL, 2 Mar 2026: 2 · urgent`
    private func earlierScore(_ domain: InstrumentTotalRule.Domain) -> String? {
        guard let score = earlier[domain.score.oid] else { return nil }
        let urgent = earlier[domain.urgent.oid]
        let isUrgent = urgent?.value == .yesNo(true) && urgent?.visit == score.visit
        let text =
            if case .missing(let reason) = score.value { words("missing.\(reason.rawValue)") } else {
                score.value.plainText
            }
        return visit(of: score) + words.colon + text + (isUrgent ? " · \(words("urgent"))" : "")
    }

    private func grid(
        _ rule: InstrumentTotalRule, _ views: [String: ItemView], _ derived: [FormModel.Labelled]
    ) -> FormModel.Grid {
        func text(_ oid: String) -> (was: String, value: String) {
            let was = typed?.was[oid] ?? views[oid].map(standingText) ?? ""
            return (was, typed?.typed[oid] ?? was)
        }
        func tick(_ oid: String) -> FormModel.Grid.Tick? {
            guard let held = views[oid], let item = study.item(oid) else { return nil }
            let (was, value) = text(oid)
            return FormModel.Grid.Tick(
                item: oid, was: was, changed: changedText(held), isChosen: value == "Y",
                label: item.label[language], typedFindings: typedTexts(at: oid))
        }
        let scale = rule.scale.sorted()
        // One choice beside the scores: a domain that was said not done is not unanswered.
        let notDone = "@" + MissingReason.notDone.rawValue
        let rows = rule.domains.map { domain -> FormModel.Grid.Row in
            let (was, value) = text(domain.score.oid)
            let short = domain.label(language)
            let name = short + words.colon
            let scores =
                scale.map { score in
                    FormModel.Grid.Score(
                        value: String(score), isChosen: value == String(score), label: name + String(score))
                } + [
                    FormModel.Grid.Score(
                        value: notDone, isChosen: value == notDone,
                        label: name + words("missing.notDone")),
                    FormModel.Grid.Score(
                        value: "", isChosen: value.isEmpty, label: name + words("noAnswer")),
                ]
            return FormModel.Grid.Row(
                label: short, item: domain.score.oid, was: was,
                changed: views[domain.score.oid].flatMap(changedText), earlier: earlierScore(domain),
                scores: scores,
                urgent: tick(domain.urgent.oid), damage: tick(domain.score.oid + ".damage"),
                error: refusal(of: domain.score.oid), typedFindings: typedTexts(at: domain.score.oid),
                missing: value.hasPrefix("@") && value != notDone
                    ? words("missing.\(value.dropFirst())") : nil)
        }
        let own = Set(study.items(of: rule.group).map(\.oid))
        let known = typed.map { rule.total(of: RecordValues(agreed: $0.readable(study))).known }
        let total = derived.first { $0.item == rule.total }
        return FormModel.Grid(
            group: rule.group, heads: scale.map(String.init) + [words("missing.notDone"), "–"], rows: rows,
            totalLabel: total?.label ?? rule.total,
            total: known.map { $0.map { String($0) } ?? words("notKnown") } ?? total?.text ?? "",
            late: named(rule, lateTexts) + named(rule, heldTexts),
            findings: findings { $0.map(own.contains) ?? false }, mayEdit: mayEdit)
    }

    /// What is said below an instrument of its items, each with its name.
    private func named(
        _ rule: InstrumentTotalRule, _ texts: ((String) -> Bool) -> [String]
    ) -> [String] {
        return study.items(of: rule.group).flatMap { item -> [String] in
            texts { $0 == item.oid }.map { item.label[language] + words.colon + $0 }
        }
    }
}

extension ConflictView {
    /// Whether a save stands against the record's lock or void, and is in none of its values.
    var isOfState: Bool { kind == .editAfterLock || kind == .editVersusVoid }
}
