import Mustache
package import TrialModel

/// One participant's whole casebook for paper: every visit and log line with every item, nothing folded away
/// but the domains of an instrument that nobody answered: those are counted.
///
/// It is made of what commands and pages show, so the console and a site's page can both print it.
package struct CasebookModel: Sendable {
    struct Row: Sendable {
        let label: String
        let item: String
        /// Several where people do not agree.
        let values: [String]
        let isConflict: Bool
        /// Who entered what stands there, and when; `″` where it is the same as in the row above.
        var entered: String
        let findings: [String]
    }

    struct Group: Sendable {
        let label: String
        let rows: [Row]
    }

    struct Sheet: Sendable {
        let participant: String
        let name: String
        let label: String
        /// Locked, void, in conflict.
        let states: String
        /// That saves of it are in quarantine.
        let quarantined: [String]
        /// What was found on values of another record alone.
        let topFindings: [String]
        let groups: [Group]
        let derived: [String]
        let signatures: [String]
        /// What is open besides the values that differ: an edit that a lock or a void stands against.
        let conflicts: [String]
        let queries: [String]
    }

    let site: String
    let study: String
    let printed: String
    let back: String
    let sheets: [Sheet]
    let isEmpty: Bool
    /// Those that are about the participant as such.
    let queries: [String]
    let hasQueries: Bool

    /// - Parameters:
    ///   - views: the visits and log lines in their order, each with its history.
    ///   - queries: all of the participant.
    ///   - conflicts: those that are open.
    ///   - printed: the moment, ISO 8601.
    ///   - back: where the page goes back to.
    package init(
        _ views: [VisitView], queries: [QueryView], conflicts: [ConflictView], site: SiteCode,
        study: StudyDefinition, words: Words, printed: String, back: String
    ) {
        let paper = CasebookPaper(views, study: study, words: words)
        sheets = views.map { view in
            paper.sheet(
                view, queries.filter { $0.thread.event == view.header.eventName },
                conflicts.filter { $0.visit.record == view.header.record })
        }
        let names = Set(views.map(\.header.eventName))
        self.queries = queries.filter { !names.contains($0.thread.event) }.map(paper.query)
        (isEmpty, hasQueries) = (sheets.isEmpty, !self.queries.isEmpty)
        (self.site, self.back) = (site.text, back)
        self.study = "\(study.oid), \(words("version")) \(study.version)"
        self.printed = words.time(printed)
    }
}

/// A casebook has thousands of rows: each answers by name, so that none is reflected.
extension CasebookModel.Row: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "label": label
        case "item": item
        case "values": values
        case "isConflict": isConflict
        case "entered": entered
        case "findings": findings
        default: nil
        }
    }
}

/// Writes the parts of a casebook in one language.
private struct CasebookPaper {
    let study: StudyDefinition
    let words: Words
    private let instruments: [Instrument]
    /// Who entered what stands there, and when, by sheet and item.
    private let entered: [String: [String: String]]
    /// What is found, by sheet and the item that it stands beside; by `nil` what stands at the top.
    private let found: [String: [String?: [Finding]]]

    /// The items of an instrument that is shown by its domains.
    private struct Instrument {
        let rule: InstrumentTotalRule
        let items: [String]
    }

    init(_ views: [VisitView], study: StudyDefinition, words: Words) {
        (self.study, self.words) = (study, words)
        entered = Dictionary(views.map { ($0.header.eventName, Self.entered($0, words)) }) {
            first, _ in
            first
        }
        found = Dictionary(
            views.map { ($0.header.eventName, Dictionary(grouping: $0.checks, by: $0.place)) }
        ) { first, _ in first }
        instruments = study.ruleBook.totals.map { rule in
            Instrument(rule: rule, items: study.items(of: rule.group).map(\.oid))
        }
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
        ]
        return CasebookModel.Sheet(
            participant: view.header.participant, name: view.header.eventName,
            label: label?[words.language] ?? "", states: states.compactMap(\.self).joined(separator: ", "),
            quarantined: view.quarantined > 0 ? [words("keptHere", n: view.quarantined)] : [],
            topFindings: findings(of: view, at: nil), groups: groups(view),
            derived: view.derived.map { derived in
                let label = study.derivedItem(derived.item)?.label[words.language] ?? derived.item
                let known = derived.value.isEmpty ? words("notKnown") : words.value(derived.value, of: nil)
                return "\(label): \(known)"
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
                return "\(state) (\(page.makers(of: version, stamp)))"
            }
            let values = version.values.filter { study.item($0.item) != nil }.map { value in
                let item = study.item(value.item)
                return "\(item?.label[words.language] ?? value.item): \(words.value(value.value, of: item))"
            }
            return (values + ["(\(stamp(version.stamp)))"]).joined(separator: " ")
        }
        return "\(words("conflict.\(conflict.kind.rawValue)")): " + words.either(sides)
    }

    private func groups(_ view: VisitView) -> [CasebookModel.Group] {
        var groups: [(label: String, rows: [CasebookModel.Row])] = []
        let disputed = Set(view.items.filter { $0.state == .conflict }.map(\.item))
        var byItem: [String: Int] = [:]
        for (index, instrument) in instruments.enumerated() where disputed.isDisjoint(with: instrument.items)
        {
            for item in instrument.items { byItem[item] = byItem[item] ?? index }
        }
        var shown: Set<Int> = []
        for item in view.items {
            let form = study.item(item.item).flatMap { study.form($0.form) }
            let label = form?.label[words.language] ?? words("otherItems")
            if groups.last?.label != label { groups.append((label, [])) }
            guard let index = byItem[item.item] else {
                groups[groups.count - 1].rows.append(row(item, view))
                continue
            }
            // All of an instrument, in the place of its first item.
            if shown.insert(index).inserted {
                groups[groups.count - 1].rows += rows(of: instruments[index], view)
            }
        }
        return groups.map { CasebookModel.Group(label: $0.label, rows: authorOnce($0.rows)) }
    }

    /// One row a domain: `2 · urgent: yes · damage: no`; those without any answer are only counted.
    private func rows(of instrument: Instrument, _ view: VisitView) -> [CasebookModel.Row] {
        let rule = instrument.rule
        let items = Dictionary(view.items.map { ($0.item, $0) }) { first, _ in first }
        var (rows, unanswered): ([CasebookModel.Row], Int) = ([], 0)
        var listed: Set<String> = []
        let mark = words.language == .zh ? "：" : ": "
        for domain in rule.domains {
            let score = domain.score.oid
            let others = [(domain.urgent.oid, "urgent"), (score + ".damage", "damage")]
            listed.formUnion([score] + others.map { $0.0 })
            let parts = ([score] + others.map { $0.0 }).compactMap { items[$0] }
            let given = parts.filter { $0.state != .empty }
            guard !given.isEmpty else {
                unanswered += 1
                continue
            }
            let answers = others.compactMap { oid, name -> String? in
                guard let held = items[oid], let value = held.value, held.state != .empty else { return nil }
                return words(name) + mark + words.value(value, of: study.item(oid))
            }
            let value = words.value(items[score]?.value ?? .empty, of: domain.score)
            let authors = given.map { author(of: $0, view) }
            rows.append(
                CasebookModel.Row(
                    label: domain.label(words.language), item: score,
                    values: [([value] + answers).joined(separator: " · ")], isConflict: false,
                    entered: authors.first { !$0.isEmpty } ?? "",
                    findings: parts.flatMap { findings(of: view, at: $0.item) }))
        }
        let rest = instrument.items.filter { !listed.contains($0) }
        rows += rest.compactMap { items[$0].map { row($0, view) } }
        if unanswered > 0 {
            rows.append(
                CasebookModel.Row(
                    label: words("domainsUnanswered", n: unanswered), item: "", values: [], isConflict: false,
                    entered: "", findings: unansweredFindings(rule, items, view)))
        }
        return rows
    }

    /// What is found on domains that are only counted.
    private func unansweredFindings(
        _ rule: InstrumentTotalRule, _ items: [String: ItemView], _ view: VisitView
    ) -> [String] {
        rule.domains.flatMap { domain -> [String] in
            let own = [domain.score.oid, domain.urgent.oid, domain.score.oid + ".damage"].compactMap {
                items[$0]
            }
            guard own.allSatisfy({ $0.state == .empty }) else { return [] }
            return own.flatMap { findings(of: view, at: $0.item) }
        }
    }

    /// Who entered a row is said once for those below it that were entered in the same save.
    private func authorOnce(_ rows: [CasebookModel.Row]) -> [CasebookModel.Row] {
        var (told, last) = (rows, "")
        for index in told.indices where !told[index].entered.isEmpty {
            if told[index].entered == last { told[index].entered = "″" } else { last = told[index].entered }
        }
        return told
    }

    private func row(_ item: ItemView, _ view: VisitView) -> CasebookModel.Row {
        let definition = study.item(item.item)
        let isConflict = item.state == .conflict
        let versions = item.versions.map { version in
            let value = version.values.first { $0.item == item.item }?.value ?? .empty
            return "\(words.value(value, of: definition)) (\(stamp(version.stamp)))"
        }
        return CasebookModel.Row(
            label: definition?.label[words.language] ?? item.item, item: item.item,
            values: isConflict ? versions : [words.value(item.value ?? .empty, of: definition)],
            isConflict: isConflict,
            entered: author(of: item, view), findings: findings(of: view, at: item.item))
    }

    /// Who entered what stands there; empty in conflict, where each value says whose it is.
    private func author(of item: ItemView, _ view: VisitView) -> String {
        item.state == .conflict ? "" : entered[view.header.eventName]?[item.item] ?? ""
    }

    /// The findings that stand beside an item; with `nil` those at the top of the sheet.
    private func findings(of view: VisitView, at place: String?) -> [String] {
        (found[view.header.eventName]?[place] ?? []).map { finding in
            words.asPrinted(finding.text[words.language])
                + (finding.confirmed ? " · \(words("confirmed"))" : "")
        }
    }

    func query(_ query: QueryView) -> String {
        let item = study.item(query.thread.item)?.label[words.language] ?? query.thread.item
        let messages = query.thread.inOrder.map { message in
            "\(message.author), \(words.time(message.at.iso8601)): \(message.text)"
        }
        let about = [words("query"), item].filter { !$0.isEmpty }.joined(separator: " · ")
        let status = words("query.\(query.status.rawValue)")
        return "\(about) (\(status)). " + messages.joined(separator: " / ")
    }

    /// The last save of each item that counts, or is to count: each save is put into words once. Who leaves
    /// an item empty has entered nothing; who empties it has.
    private static func entered(_ view: VisitView, _ words: Words) -> [String: String] {
        var entered: [String: String] = [:]
        for entry in view.history ?? [] where entry.counts {
            let text = stamp(entry.stamp, words)
            for change in entry.changes where change.entersOrEmpties { entered[change.item] = text }
        }
        return entered
    }

    private func stamp(_ stamp: EntryStamp) -> String { Self.stamp(stamp, words) }

    private static func stamp(_ stamp: EntryStamp, _ words: Words) -> String {
        "\(stamp.author), \(stamp.device), \(words.time(stamp.at))"
    }
}
