package import TrialModel

/// One participant's whole casebook for paper: every visit and log line with every item, nothing folded away.
///
/// It is made of what commands and pages show, so the console and a site's page can both print it.
package struct CasebookModel: Sendable {
    struct Row: Sendable {
        let label: String
        let item: String
        /// Several where people do not agree.
        let values: [String]
        let isConflict: Bool
        /// Who entered what stands there, and when.
        let entered: String
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
        let paper = CasebookPaper(study: study, words: words)
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

/// Writes the parts of a casebook in one language.
private struct CasebookPaper {
    let study: StudyDefinition
    let words: Words

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
            groups: groups(view),
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
        let sides = conflict.versions.map { version in
            let values = version.values.filter { study.item($0.item) != nil }.map { value in
                let item = study.item(value.item)
                return "\(item?.label[words.language] ?? value.item): \(words.value(value.value, of: item))"
            }
            return (values + ["(\(stamp(version.stamp)))"]).joined(separator: " ")
        }
        return "\(words("conflict.\(conflict.kind.rawValue)")): " + sides.joined(separator: " | ")
    }

    private func groups(_ view: VisitView) -> [CasebookModel.Group] {
        var groups: [(label: String, rows: [CasebookModel.Row])] = []
        for item in view.items {
            let form = study.item(item.item).flatMap { study.form($0.form) }
            let label = form?.label[words.language] ?? words("otherItems")
            if groups.last?.label != label { groups.append((label, [])) }
            groups[groups.count - 1].rows.append(row(item, view))
        }
        return groups.map { CasebookModel.Group(label: $0.label, rows: $0.rows) }
    }

    private func row(_ item: ItemView, _ view: VisitView) -> CasebookModel.Row {
        let definition = study.item(item.item)
        let isConflict = item.state == .conflict
        let versions = item.versions.map { version in
            let value = version.values.first { $0.item == item.item }?.value ?? .empty
            return "\(words.value(value, of: definition)) (\(stamp(version.stamp)))"
        }
        let last = view.history?.last { entry in
            ["applied", "pending"].contains(entry.verdict)
                && entry.changes.contains { $0.item == item.item }
        }
        return CasebookModel.Row(
            label: definition?.label[words.language] ?? item.item, item: item.item,
            values: isConflict ? versions : [words.value(item.value ?? .empty, of: definition)],
            isConflict: isConflict,
            entered: isConflict || item.state == .empty ? "" : last.map { stamp($0.stamp) } ?? "",
            findings: view.checks.filter { $0.items.first == item.item }.map { finding in
                finding.text[words.language] + (finding.confirmed ? " · \(words("confirmed"))" : "")
            })
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

    private func stamp(_ stamp: EntryStamp) -> String {
        "\(stamp.author), \(stamp.device), \(words.time(stamp.at))"
    }
}
