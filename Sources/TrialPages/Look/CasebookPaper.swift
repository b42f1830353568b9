import TrialModel

/// Writes the parts of a printed casebook in one language.
struct CasebookPaper {
    let study: StudyDefinition
    let words: Words
    private let instruments: [Instrument]
    /// The form that each item of the study stands on, in words.
    private let forms: [String: String]

    /// The items of an instrument that is shown by its domains.
    private struct Instrument {
        let domains: [Domain]
        let items: Set<String>
        /// The items that belong to no domain.
        let rest: [String]
    }

    /// One row: `2 · urgent: yes · damage: no`.
    private struct Domain {
        let score: Item
        let label: String
        /// What is asked beside the score, with its word.
        let others: [(item: String, label: String)]

        var items: [String] { [score.oid] + others.map(\.item) }
    }

    /// One visit or line, with what is looked up for each of its items.
    private struct Record {
        let view: VisitView
        let items: [String: ItemView]
        /// Who entered what stands there, and when, by item.
        let entered: [String: String]
        /// What is found, by the item that it stands beside; by `nil` what stands at the top.
        let found: [String?: [Finding]]
    }

    init(study: StudyDefinition, words: Words) {
        (self.study, self.words) = (study, words)
        instruments = study.ruleBook.totals.map { rule in
            let domains = rule.domains.map { domain in
                let score = domain.score.oid
                let others = [(domain.urgent.oid, "urgent"), (score + ".damage", "damage")]
                return Domain(
                    score: domain.score, label: domain.label(words.language),
                    others: others.map { (item: $0.0, label: words($0.1) + words.colon) })
            }
            let (all, ofDomains) = (study.items(of: rule.group).map(\.oid), Set(domains.flatMap(\.items)))
            return Instrument(domains: domains, items: Set(all), rest: all.filter { !ofDomains.contains($0) })
        }
        var forms: [String: String] = [:]
        for form in study.forms {
            for item in form.items { forms[item.oid] = form.label[words.language] }
        }
        self.forms = forms
    }

    func sheet(
        _ view: VisitView, _ queries: [QueryView], _ conflicts: [ConflictView]
    ) -> CasebookModel.Sheet {
        let label: LocalizedText? =
            switch view.header.place {
            case .visit(let event, _): study.event(event)?.label
            case .line(let form, _): study.form(form)?.label
            case .participant: nil
            }
        let states = [
            view.locked ? words("locked") : nil, view.voided ? words("void") : nil,
            view.conflicts.isEmpty ? nil : words("inConflict"),
        ].compactMap(\.self)
        let record = Record(
            view: view, items: Dictionary(view.items.map { ($0.item, $0) }) { first, _ in first },
            entered: entered(view), found: Dictionary(grouping: view.checks, by: view.place))
        return CasebookModel.Sheet(
            participant: view.header.participant, name: view.header.eventName,
            label: label?[words.language] ?? "",
            states: states.isEmpty ? [] : [states.joined(separator: words.listComma)],
            quarantined: view.quarantined > 0 ? [words("keptHere", n: view.quarantined)] : [],
            topFindings: findings(record, at: nil), groups: groups(record),
            derived: view.derived.map { derived in
                let label = study.derivedItem(derived.item)?.label[words.language] ?? derived.item
                let known = derived.value.isEmpty ? words("notKnown") : words.value(derived.value, of: nil)
                return label + words.colon + known
            },
            signatures: view.signatures.map { signature in
                words(
                    signature.isValid ? "signedBy" : "signedByVoid",
                    ["user": signature.user, "meaning": signature.meaning, "at": words.time(signature.at)])
            }, conflicts: conflicts.filter { $0.kind != .concurrentEdit }.map(conflict),
            queries: queries.map(query))
    }

    private func conflict(_ conflict: ConflictView) -> String {
        let page = ConflictPage(conflict, study: study, words: words)
        let sides = conflict.versions.map { version -> String in
            if let state = page.stateText(version.values) {
                return words.bracketed(state, page.makers(of: version, stamp))
            }
            let values = version.values.filter { study.item($0.item) != nil }.map { value in
                let item = study.item(value.item)
                let label = item?.label[words.language] ?? value.item
                return label + words.colon + words.value(value.value, of: item)
            }
            return words.bracketed(values.joined(separator: " "), stamp(version.stamp))
        }
        return words("conflict.\(conflict.kind.rawValue)") + words.colon + words.either(sides)
    }

    func query(_ query: QueryView) -> String {
        let item = study.item(query.thread.item)?.label[words.language] ?? query.thread.item
        let messages = query.thread.inOrder.map { message in
            message.author + words.comma + words.time(message.at.iso8601) + words.colon + message.text
        }
        let about = [words("query"), item].filter { !$0.isEmpty }.joined(separator: " · ")
        let status = words("query.\(query.status.rawValue)")
        return words.bracketed(about, status) + words.colon + messages.joined(separator: " / ")
    }

    // MARK: Rows

    private func groups(_ record: Record) -> [CasebookModel.Group] {
        var groups: [(label: String, rows: [CasebookModel.Row])] = []
        let disputed = Set(record.view.items.filter { $0.state == .conflict }.map(\.item))
        let whole = instruments.indices.filter { disputed.isDisjoint(with: instruments[$0].items) }
        var shown: Set<Int> = []
        for item in record.view.items {
            let label = forms[item.item] ?? words("otherItems")
            if groups.last?.label != label { groups.append((label, [])) }
            guard let index = whole.first(where: { instruments[$0].items.contains(item.item) }) else {
                groups[groups.count - 1].rows.append(row(item, record))
                continue
            }
            // All of an instrument, in the place of its first item.
            if shown.insert(index).inserted {
                groups[groups.count - 1].rows += rows(of: instruments[index], record)
            }
        }
        return groups.map { CasebookModel.Group(label: $0.label, rows: authorOnce($0.rows)) }
    }

    /// One row a domain; those without any answer are only counted.
    private func rows(of instrument: Instrument, _ record: Record) -> [CasebookModel.Row] {
        var rows: [CasebookModel.Row] = []
        var (unanswered, found): (Int, [String]) = (0, [])
        for domain in instrument.domains {
            let parts = domain.items.compactMap { record.items[$0] }
            let given = parts.filter { $0.state != .empty }
            let findings = parts.flatMap { self.findings(record, at: $0.item) }
            guard !given.isEmpty else {
                unanswered += 1
                found += findings
                continue
            }
            let score = record.items[domain.score.oid]?.value ?? .empty
            let answers = domain.others.compactMap { other -> String? in
                guard let held = record.items[other.item], let value = held.value, held.state != .empty
                else { return nil }
                return other.label + words.value(value, of: study.item(other.item))
            }
            rows.append(
                CasebookModel.Row(
                    domain.label, domain.score.oid,
                    value: ([words.value(score, of: domain.score)] + answers).joined(separator: " · "),
                    entered: given.compactMap { record.entered[$0.item] }.first ?? "", findings: findings))
        }
        rows += instrument.rest.compactMap { record.items[$0].map { row($0, record) } }
        if unanswered > 0 {
            rows.append(CasebookModel.Row(words("domainsUnanswered", n: unanswered), findings: found))
        }
        return rows
    }

    /// Who entered a row is said once for those below it that were entered in the same save.
    private func authorOnce(_ rows: [CasebookModel.Row]) -> [CasebookModel.Row] {
        var (told, last) = (rows, "")
        for index in told.indices where !told[index].entered.isEmpty {
            if told[index].entered == last { told[index].entered = "″" } else { last = told[index].entered }
        }
        return told
    }

    private func row(_ held: ItemView, _ record: Record) -> CasebookModel.Row {
        let item = study.item(held.item)
        let (label, found) = (item?.label[words.language] ?? held.item, findings(record, at: held.item))
        guard held.state == .conflict else {
            return CasebookModel.Row(
                label, held.item, value: words.value(held.value ?? .empty, of: item),
                entered: record.entered[held.item] ?? "", findings: found)
        }
        // Each value says whose it is.
        let versions = held.versions.map { version in
            let value = version.values.first { $0.item == held.item }?.value ?? .empty
            return words.bracketed(words.value(value, of: item), stamp(version.stamp))
        }
        return CasebookModel.Row(label, held.item, versions: versions, findings: found)
    }

    /// The findings that stand beside an item; with `nil` those at the top of the sheet.
    private func findings(_ record: Record, at place: String?) -> [String] {
        (record.found[place] ?? []).map { finding in
            words.asPrinted(finding.text[words.language])
                + (finding.confirmed ? " · \(words("confirmed"))" : "")
        }
    }

    /// The last save of each item that counts, or is to count: each save is put into words once. Who leaves
    /// an item empty has entered nothing; who empties it has.
    private func entered(_ view: VisitView) -> [String: String] {
        var entered: [String: String] = [:]
        for entry in view.history ?? [] where entry.counts {
            let text = stamp(entry.stamp)
            for change in entry.changes where change.entersOrEmpties { entered[change.item] = text }
        }
        return entered
    }

    private func stamp(_ stamp: EntryStamp) -> String {
        [stamp.author, stamp.device, words.time(stamp.at)].joined(separator: words.comma)
    }
}
