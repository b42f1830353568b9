import SyncClient
import TrialModel
import TrialPages

struct ConflictListModel: Sendable {
    struct Row: Sendable {
        let href: String
        let participant: String
        let visit: String
        let item: String
        let kind: String
        let values: [String]
    }

    let list: Listed<Row>?
}

/// As the template `conflict` shows it, which the console has too.
struct ConflictModel: Sendable {
    struct Side: Sendable {
        let entry: String
        let values: [LabelledValue]
        let who: String
        let whenMade: String
        let received: String
        let reason: String?
        let effects: [String]
        let canTake: Bool
    }

    struct LabelledValue: Sendable {
        let label: String?
        let text: String
        let differs: Bool
    }

    struct Field: Sendable {
        let item: String
        let label: String
        let unit: String
    }

    let id: String
    let kind: String
    let meaning: String
    let visitHref: String
    let participant: String
    let visit: String
    let sides: [Side]
    let fields: [Field]
    let canSet: Bool
    let mayResolve: Bool
    let isResolved: Bool
    let resolution: String
    let history: [HistoryModel]
    let neighbours: [LabelledValue]
    let canAsk: Bool
    let askAction: String
}

extension SitePages {
    func conflicts(_ desk: Desk) async throws -> PageResponse {
        let rows = try await desk.store.conflicts().map { conflict in
            ConflictListModel.Row(
                href: "/conflicts/\(conflict.id.hex)", participant: conflict.visit.participant,
                visit: conflict.visit.eventName, item: name(of: conflict, desk),
                kind: desk.words("conflict.\(conflict.kind.rawValue)"),
                values: conflict.versions.map { text(differing(in: $0, of: conflict), desk) })
        }
        return try await page(
            desk, .siteConflicts, title: desk.words("conflicts"), ConflictListModel(list: Listed(rows)))
    }

    private func name(of conflict: ConflictView, _ desk: Desk) -> String {
        let labels = conflict.items.compactMap { desk.study.item($0)?.label[desk.words.language] }
        let name = labels.prefix(3).joined(separator: ", ") + (labels.count > 3 ? " …" : "")
        return labels.isEmpty ? desk.words("conflict.\(conflict.kind.rawValue)") : name
    }

    /// What a version says of the items in which the versions differ.
    private func differing(in version: VersionView, of conflict: ConflictView) -> [ItemValue] {
        version.values.filter { value in
            conflict.versions.contains { other in
                let theirs = other.values.first { $0.item == value.item }?.value ?? .empty
                return !theirs.agrees(with: value.value)
            }
        }
    }

    private func text(_ values: [ItemValue], _ desk: Desk) -> String {
        guard !values.isEmpty else { return desk.words("empty") }
        return values.map { value in
            let item = desk.study.item(value.item)
            let text = desk.words.value(value.value, of: item)
            guard values.count > 1 else { return text }
            return "\(item?.label[desk.words.language] ?? value.item): \(text)"
        }.joined(separator: "; ")
    }

    func conflict(_ desk: Desk) async throws -> PageResponse {
        let (words, store) = (desk.words, desk.store)
        let (shown, entry) = try await store.conflictAndParticipant(desk.visit.value("id"))
        let isOpen = shown.resolution == nil
        let foretold = isOpen && shown.kind == .concurrentEdit ? try await store.foretell(shown.id.hex) : []
        let sheet = shown.visit.eventName
        let path = entry.map { Self.path($0.id, sheet) } ?? "/participants"
        let view =
            sheet.isEmpty
            ? nil
            : try await store.visit(entry?.name ?? shown.visit.participant, sheet, withHistory: true)
        let isValue = shown.kind == .concurrentEdit
        let mayResolve = store.role.may(.resolve) && isOpen && isValue
        let model = ConflictModel(
            id: shown.id.hex, kind: words("conflict.\(shown.kind.rawValue)"),
            meaning: words("conflict.\(shown.kind.rawValue).meaning")
                + (mayResolve || !isOpen ? "" : " " + words("whoResolves")),
            visitHref: path, participant: shown.visit.participant, visit: sheet,
            sides: shown.versions.map { side($0, in: shown, foretold, canTake: mayResolve, desk) },
            fields: isValue ? shown.items.compactMap { field($0, desk) } : [],
            canSet: isValue && isOpen, mayResolve: mayResolve, isResolved: !isOpen,
            resolution: shown.resolution.map { resolution($0, desk) } ?? "",
            history: (view?.history ?? []).reversed().map { history($0, desk) },
            neighbours: neighbours(view, shown, desk), canAsk: isOpen && entry != nil && !sheet.isEmpty,
            askAction: "\(path)/ask")
        let title = "\(name(of: shown, desk)) · \(shown.visit.participant) \(sheet)"
        return try await page(desk, .conflict, title: title, model)
    }

    private func side(
        _ version: VersionView, in shown: ConflictView, _ foretold: [SiteStore.Foretold], canTake: Bool,
        _ desk: Desk
    ) -> ConflictModel.Side {
        let words = desk.words
        let values = version.values.map { value in
            let others = shown.versions.map { other in
                other.values.first { $0.item == value.item }?.value ?? .empty
            }
            let item = desk.study.item(value.item)
            return ConflictModel.LabelledValue(
                label: shown.items.count > 1 ? item?.label[words.language] : nil,
                text: words.value(value.value, of: item),
                differs: others.contains { !$0.agrees(with: value.value) })
        }
        let outcome = foretold.first { $0.entry == version.stamp.entry }
        return ConflictModel.Side(
            entry: version.stamp.entry, values: values, who: FormBuilder.who(version.stamp, words),
            whenMade: words.time(version.stamp.at),
            received: version.stamp.receivedAt.map { words.time($0) } ?? words("notYetReceived"),
            reason: version.stamp.reason.isEmpty ? nil : version.stamp.reason,
            effects: outcome.map { effects($0, shown, desk) } ?? [], canTake: canTake)
    }

    /// What taking a side would do, in sentences.
    private func effects(_ outcome: SiteStore.Foretold, _ shown: ConflictView, _ desk: Desk) -> [String] {
        let words = desk.words
        let derived = outcome.derived.map { derived in
            let label = desk.study.derivedItem(derived.item)?.label[words.language] ?? derived.item
            return "\(label): "
                + (derived.value.isEmpty ? words("notKnown") : words.value(derived.value, of: nil))
        }
        let found = outcome.findings.filter { !Set(shown.items).isDisjoint(with: $0.items) }
            .map { $0.text[words.language] }
        return derived + found + outcome.voidedSignatures.map { words("signatureVoided", ["user": $0]) }
    }

    private func resolution(_ resolution: ConflictView.Resolution, _ desk: Desk) -> String {
        desk.words(
            "resolvedBy",
            [
                "who": resolution.stamp.author, "when": desk.words.time(resolution.stamp.at),
                "value": text(resolution.values, desk), "reason": resolution.stamp.reason,
            ])
    }

    private func neighbours(
        _ view: VisitView?, _ shown: ConflictView, _ desk: Desk
    ) -> [ConflictModel.LabelledValue] {
        (view?.items ?? []).filter { $0.state != .empty && !shown.items.contains($0.item) }.map { item in
            let definition = desk.study.item(item.item)
            return ConflictModel.LabelledValue(
                label: definition?.label[desk.words.language] ?? item.item,
                text: desk.words.value(of: item, definition), differs: item.state == .conflict)
        }
    }

    private func field(_ oid: String, _ desk: Desk) -> ConflictModel.Field? {
        desk.study.item(oid).map {
            ConflictModel.Field(item: oid, label: $0.label[desk.words.language], unit: $0.unit ?? "")
        }
    }

    func resolve(_ desk: Desk) async throws -> PageResponse {
        let choice = desk.form["choice"] ?? ""
        guard !choice.isEmpty else {
            throw Problem(
                .usage, desk.words("chooseFirst"), remedy: desk.words("chooseRemedy"), in: desk.words.language
            )
        }
        let set = desk.form.named("item.").filter { !$0.value.isEmpty }.map { "\($0.name)=\($0.value)" }
        let id = desk.visit.value("id")
        _ = try await desk.store.resolve(
            id, take: choice == "set" ? nil : choice, set: choice == "set" ? set : [],
            reason: desk.form["reason"] ?? "")
        return done(desk, desk.words("resolvedHere"), at: "/conflicts")
    }
}
