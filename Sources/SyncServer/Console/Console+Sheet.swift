import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

struct SheetModel: Sendable {
    struct Group: Sendable {
        let label: String
        let items: [Item]
        /// Those of a register in conflict of which all sides say the same, and how many they are.
        let same: [Item]
        let hasSame: Bool
        let sameNote: String
    }

    struct Item: Sendable {
        let label: String
        let oid: String
        let value: String
        /// Both values, where people do not agree.
        let versions: [ShownValue.Version]
        let isConflict: Bool
        /// Where it is decided; `nil` if all agree.
        let conflictHref: String?
        let findings: [Finding]
        /// Of this item alone.
        let history: [HistoryModel]
        let hasHistory: Bool
        let saves: String
    }

    struct Finding: Sendable {
        let message: String
        let why: String
        let mark: String
        let confirmed: Bool
    }

    struct Derived: Sendable {
        let label: String
        let text: String
    }

    struct Conflict: Sendable {
        let href: String
        /// What it is about.
        let name: String
        let kind: String
    }

    let participant: String
    let participantHref: String
    let states: [Mark]
    /// What was found on values of another record alone.
    let topFindings: [Finding]
    let groups: [Group]
    let derived: [Derived]
    let hasDerived: Bool
    let conflicts: [Conflict]
    /// What the way to a conflict is called, for who may decide it and for who may not.
    let look: String
    let signatures: [String]
    let history: [HistoryModel]
    let hasHistory: Bool
    let queryAction: String
    let mayQuery: Bool
    let stateAction: String
    let mayDecide: Bool
    let isLocked: Bool
    let isVoid: Bool
    let canDecide: Bool
    /// What was shown: what is decided covers no more.
    let shown: String
    let askable: [Choice]
    /// Whether a decision comes back that lacked something, with the reason that was typed.
    let isDeciding: Bool
    let reason: String
}

extension Console {
    /// A visit or log line of the casebook, with the history of every item behind it.
    ///
    /// - Parameter notice: why a form of it comes back.
    func sheet(_ visit: Visit, notice: Shell.Notice? = nil) async throws -> PageResponse {
        let (words, book) = (visit.words, try await centre.book())
        let participant = try await participant(in: book, visit)
        let sheet = try await book.sheet(participant, visit.value("sheet"))
        let view = try await book.view(of: sheet, withHistory: true)
        let conflicts = try await seen(by: visit.visitor).conflicts
            .filter { $0.conflict.record == sheet.key }.map(\.shown)
        let model = model(of: view, sheet, conflicts, visit)
        let title = "\(participant.name) · \(view.header.eventName)"
        var kept: Shell.Notice?
        if view.quarantined > 0 {
            kept = Shell.Notice(.attention, words("keptHere", n: view.quarantined))
        }
        return try await page(
            visit, .visit, title: title, model, notice: notice ?? visit.visitor.session.notice ?? kept,
            status: notice.status)
    }

    private func model(
        of view: VisitView, _ sheet: CaseBook.Sheet, _ conflicts: [ConflictView], _ visit: Visit
    ) -> SheetModel {
        let (words, study) = (visit.words, visit.study)
        let path = "/participants/\(sheet.participant.id.hex)"
        let own = "\(path)/\(urlEscaped(view.header.eventName))"
        let signatures = view.signatures.map { signature in
            words(
                signature.isValid ? "signedBy" : "signedByVoid",
                [
                    "user": signature.user, "meaning": signature.meaning, "at": words.time(signature.at),
                ])
        }
        return SheetModel(
            participant: view.header.participant, participantHref: path,
            states: marks(of: view, words), topFindings: findings(of: view, at: nil, words),
            groups: groups(of: view, conflicts, visit),
            derived: view.derived.map { derived in
                let known = derived.value.isEmpty ? words("notKnown") : words.value(derived.value, of: nil)
                return SheetModel.Derived(
                    label: study.derivedItem(derived.item)?.label[words.language] ?? derived.item,
                    text: known + (derived.reason.map { " · \(words.reason($0, in: study))" } ?? ""))
            }, hasDerived: !view.derived.isEmpty,
            conflicts: conflicts.map { conflict in
                SheetModel.Conflict(
                    href: "/conflicts/\(conflict.id.hex)", name: name(of: conflict, visit),
                    kind: words(conflict.kind.word))
            }, look: words(visit.visitor.may(.resolve) ? "decideIt" : "lookAtBoth"), signatures: signatures,
            history: (view.history ?? []).reversed().map { HistoryModel($0, study: study, words: words) },
            hasHistory: !(view.history ?? []).isEmpty,
            queryAction: "\(own)/queries", mayQuery: visit.visitor.may(.query),
            stateAction: "\(own)/state", mayDecide: visit.visitor.may(.lock),
            isLocked: view.locked, isVoid: view.voided, canDecide: view.conflicts.isEmpty,
            shown: view.base,
            askable: view.items.compactMap { item in
                study.item(item.item).map {
                    Choice(value: $0.oid, label: $0.label[words.language], isChosen: false)
                }
            }, isDeciding: visit.route == .decideRecord, reason: visit.request.form["reason"] ?? "")
    }

    private func groups(
        of view: VisitView, _ conflicts: [ConflictView], _ visit: Visit
    ) -> [SheetModel.Group] {
        let study = visit.study
        var groups: [(label: String, items: [ItemView])] = []
        for item in view.items {
            let form = study.item(item.item).flatMap { study.form($0.form) }
            let label = form?.label[visit.words.language] ?? visit.words("otherItems")
            if groups.last?.label != label { groups.append((label, [])) }
            groups[groups.count - 1].items.append(item)
        }
        func items(_ shown: [ItemView]) -> [SheetModel.Item] {
            shown.map { item in
                let conflict = conflicts.first {
                    $0.kind == .concurrentEdit && $0.items.contains(item.item)
                }
                return self.item(item, view, conflict, visit)
            }
        }
        return groups.map { group in
            // Of a register in conflict with many items only those take two cells in which the sides differ.
            let same = items(group.items.filter(\.isSameOnAllSides))
            return SheetModel.Group(
                label: group.label, items: items(group.items.filter { !$0.isSameOnAllSides }), same: same,
                hasSame: !same.isEmpty, sameNote: visit.words("sameItems", n: same.count))
        }
    }

    private func item(
        _ item: ItemView, _ view: VisitView, _ conflict: ConflictView?, _ visit: Visit
    ) -> SheetModel.Item {
        let (words, definition) = (visit.words, visit.study.item(item.item))
        let history = HistoryModel.entries(
            of: item.item, in: view.history ?? [], study: visit.study, words: words)
        let isConflict = item.state == .conflict && !item.isSameOnAllSides
        let value = item.state == .conflict ? item.sides.first : item.value
        return SheetModel.Item(
            label: definition?.label[words.language] ?? item.item, oid: item.item,
            value: isConflict || (item.state == .empty && value?.missingReason == nil)
                ? "" : words.value(value ?? .empty, of: definition),
            versions: ShownValue(item, of: definition, words).versions, isConflict: isConflict,
            conflictHref: isConflict ? conflict.map { "/conflicts/\($0.id.hex)" } : nil,
            findings: findings(of: view, at: item.item, words), history: history,
            hasHistory: !history.isEmpty, saves: words("saves", n: history.count))
    }

    /// The findings that stand beside an item; with `nil` those at the top of the sheet.
    private func findings(of view: VisitView, at place: String?, _ words: Words) -> [SheetModel.Finding] {
        view.findings(at: place).map { finding in
            SheetModel.Finding(
                message: words.asPrinted(finding.text[words.language]),
                why: finding.check.why(in: words.language),
                mark: finding.confirmed ? "agreed" : "attention", confirmed: finding.confirmed)
        }
    }
}

extension ItemView {
    /// What each side of a conflict has for it.
    fileprivate var sides: [Value] {
        versions.map { version in version.values.first { $0.item == item }?.value ?? .empty }
    }

    /// Whether its register is in conflict, but no side has another value for it.
    fileprivate var isSameOnAllSides: Bool {
        guard state == .conflict, let first = sides.first else { return false }
        return sides.allSatisfy { $0.agrees(with: first) }
    }
}
