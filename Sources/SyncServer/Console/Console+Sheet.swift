import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

struct SheetModel: Sendable {
    struct Group: Sendable {
        let label: String
        let items: [Item]
    }

    struct Item: Sendable {
        let label: String
        let oid: String
        let value: String
        /// Both values, where people do not agree.
        let versions: [Version]
        let isConflict: Bool
        let findings: [Finding]
        /// Of this item alone.
        let history: [HistoryModel]
        let hasHistory: Bool
        let saves: String
    }

    struct Version: Sendable {
        let text: String
        let who: String
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

    let participant: String
    let participantHref: String
    let states: [String]
    let groups: [Group]
    let derived: [Derived]
    let hasDerived: Bool
    let conflicts: [String]
    let signatures: [String]
    let history: [HistoryModel]
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
}

extension Console {
    /// A visit or log line of the casebook, with the history of every item behind it.
    func sheet(_ visit: Visit) async throws -> PageResponse {
        let (words, book) = (visit.words, try await centre.book())
        let participant = try await participant(in: book, visit)
        let sheet = try await book.sheet(participant, visit.value("sheet"))
        let view = try await book.view(of: sheet, withHistory: true)
        let model = model(of: view, sheet, visit)
        let title = "\(participant.name) · \(view.header.eventName)"
        var notice: Shell.Notice?
        if view.quarantined > 0 {
            notice = Shell.Notice(.attention, words("keptHere", n: view.quarantined))
        }
        return try await page(
            visit, .visit, title: title, model, notice: visit.visitor.session.notice ?? notice)
    }

    private func model(of view: VisitView, _ sheet: CaseBook.Sheet, _ visit: Visit) -> SheetModel {
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
            states: [view.locked ? words("locked") : nil, view.voided ? words("void") : nil].compactMap(
                \.self),
            groups: groups(of: view, visit),
            derived: view.derived.map { derived in
                let known = derived.value.isEmpty ? words("notKnown") : words.value(derived.value, of: nil)
                return SheetModel.Derived(
                    label: study.derivedItem(derived.item)?.label[words.language] ?? derived.item,
                    text: known + (derived.reason.map { " · \(words.reason($0))" } ?? ""))
            }, hasDerived: !view.derived.isEmpty, conflicts: view.conflicts.map(\.hex),
            signatures: signatures,
            history: (view.history ?? []).reversed().map { HistoryModel($0, study: study, words: words) },
            queryAction: "\(own)/queries", mayQuery: visit.visitor.may(.query),
            stateAction: "\(own)/state", mayDecide: visit.visitor.may(.lock),
            isLocked: view.locked, isVoid: view.voided, canDecide: view.conflicts.isEmpty,
            shown: view.base,
            askable: view.items.compactMap { item in
                study.item(item.item).map {
                    Choice(value: $0.oid, label: $0.label[words.language], isChosen: false)
                }
            })
    }

    private func groups(of view: VisitView, _ visit: Visit) -> [SheetModel.Group] {
        let study = visit.study
        var groups: [(label: String, items: [SheetModel.Item])] = []
        for item in view.items {
            let form = study.item(item.item).flatMap { study.form($0.form) }
            let label = form?.label[visit.words.language] ?? visit.words("otherItems")
            if groups.last?.label != label { groups.append((label, [])) }
            groups[groups.count - 1].items.append(self.item(item, view, visit))
        }
        return groups.map { SheetModel.Group(label: $0.label, items: $0.items) }
    }

    private func item(_ item: ItemView, _ view: VisitView, _ visit: Visit) -> SheetModel.Item {
        let (words, definition) = (visit.words, visit.study.item(item.item))
        let history = HistoryModel.entries(
            of: item.item, in: view.history ?? [], study: visit.study, words: words)
        return SheetModel.Item(
            label: definition?.label[words.language] ?? item.item, oid: item.item,
            value: item.state == .agreed || item.value?.missingReason != nil
                ? words.value(item.value ?? .empty, of: definition) : "",
            versions: item.versions.map { version in
                let value = version.values.first { $0.item == item.item }?.value ?? .empty
                return SheetModel.Version(
                    text: words.value(value, of: definition), who: who(version.stamp, words))
            }, isConflict: item.state == .conflict,
            findings: view.checks.filter { $0.items.first == item.item }.map { finding in
                SheetModel.Finding(
                    message: finding.text[words.language], why: finding.check.why(in: words.language),
                    mark: finding.confirmed ? "agreed" : "attention", confirmed: finding.confirmed)
            }, history: history, hasHistory: !history.isEmpty, saves: words("saves", n: history.count))
    }
}
