import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

struct ConflictsModel: Sendable {
    struct Row: Sendable {
        let id: String
        let href: String
        let participant: String
        let visit: String
        let item: String
        let kind: String
        let site: String
        /// The values that stand against each other.
        let values: [String]
        /// Set where one click can take the same side of several.
        let isValue: Bool
    }

    let rows: [Row]
    let isEmpty: Bool
    /// What an empty list says.
    let nothing: String
    let find: String
    let sites: [Choice]
    let kinds: [Choice]
    let paging: Paging
    let mayResolve: Bool
}

/// One choice of a list, in a form.
struct Choice: Sendable {
    let value: String
    let label: String
    let isChosen: Bool
}

struct ConflictModel: Sendable {
    /// One of the values that stand against each other.
    struct Side: Sendable {
        let entry: String
        let values: [LabelledValue]
        let who: String
        let whenMade: String
        let received: String
        let reason: String?
        /// What would be computed, planned and found if it were taken.
        let effects: [String]
        let hasEffects: Bool
        let canTake: Bool
    }

    struct LabelledValue: Sendable {
        /// `nil` where there is only one.
        let label: String?
        let text: String
        let differs: Bool
        /// A text of several words, with those marked that another version lacks.
        var parts: [WordDifference.Part] = []
        var hasParts = false
    }

    /// Where another value is entered: as the item takes it.
    struct Field: Sendable {
        let item: String
        let label: String
        let unit: String
        let isText: Bool
        let isArea: Bool
        let isSelect: Bool
        let isDate: Bool
        let inputMode: String
        let options: [Choice]
        /// Why there is no value.
        let missing: [Choice]
        let hint: String?
    }

    let id: String
    let kind: String
    let meaning: String
    /// For how long it has been open; empty if it is decided.
    let open: String
    /// What stood there before anyone saved one of the values.
    let before: [String]
    let visitHref: String
    let participant: String
    let visit: String
    let item: String
    let sides: [Side]
    let fields: [Field]
    let canSet: Bool
    let mayResolve: Bool
    let isResolved: Bool
    let resolution: String
    let history: [HistoryModel]
    let neighbours: [ConflictModel.LabelledValue]
    let canAsk: Bool
    let askAction: String
}

extension Console {
    func conflicts(_ visit: Visit) async throws -> PageResponse {
        let words = visit.words
        let open = try await openConflicts(visit.visitor)
        let (site, kind) = (visit.filter("site"), visit.filter("kind"))
        let found = open.filter {
            (site.isEmpty || $0.visit.site.text == site) && (kind.isEmpty || $0.kind.rawValue == kind)
                && visit.finds([$0.visit.participant, $0.visit.site.text, name(of: $0, visit)] + $0.items)
        }
        let rows = found.dropFirst(visit.start).prefix(Paging.rows).map { row($0, visit) }
        let model = ConflictsModel(
            rows: rows, isEmpty: rows.isEmpty, nothing: words(open.isEmpty ? "noConflicts" : "nothingFound"),
            find: visit.filter("find"),
            sites: choices(Set(open.map(\.visit.site.text)).sorted(), chosen: site) { $0 },
            kinds: choices(ConflictKind.allCases.map(\.rawValue), chosen: kind) { words("conflict.\($0)") },
            paging: visit.paging(rows.count, of: found.count),
            mayResolve: visit.visitor.may(.resolve))
        return try await page(visit, .conflicts, title: words("conflicts"), model)
    }

    func choices(_ values: [String], chosen: String, label: (String) -> String) -> [Choice] {
        values.map { Choice(value: $0, label: label($0), isChosen: $0 == chosen) }
    }

    private func row(_ conflict: ConflictView, _ visit: Visit) -> ConflictsModel.Row {
        ConflictsModel.Row(
            id: conflict.id.hex, href: "/conflicts/\(conflict.id.hex)",
            participant: conflict.visit.participant, visit: conflict.visit.eventName,
            item: name(of: conflict, visit), kind: visit.words("conflict.\(conflict.kind.rawValue)"),
            site: conflict.visit.site.text,
            values: conflict.versions.map { text(of: $0.values, visit) },
            isValue: conflict.kind == .concurrentEdit)
    }

    func name(of conflict: ConflictView, _ visit: Visit) -> String {
        let labels = conflict.items.compactMap { visit.study.item($0)?.label[visit.words.language] }
        return labels.isEmpty
            ? visit.words("conflict.\(conflict.kind.rawValue)") : labels.joined(separator: ", ")
    }

    func text(of values: [ItemValue], _ visit: Visit) -> String {
        let items = values.filter { !$0.value.isEmpty }
        guard !items.isEmpty else { return visit.words("empty") }
        return items.map { value in
            let item = visit.study.item(value.item)
            let text = visit.words.value(value.value, of: item)
            guard items.count > 1 else { return text }
            return "\(item?.label[visit.words.language] ?? value.item): \(text)"
        }.joined(separator: "; ")
    }

    // MARK: One conflict

    func conflict(_ visit: Visit) async throws -> PageResponse {
        let (shown, record) = try await centre.book().conflictAndRecord(visit.value("id"))
        guard visit.visitor.sees(shown.visit.site) else { throw Problem.unknownPage }
        let model = try await model(of: shown, on: record, visit)
        return try await page(
            visit, .conflict, title: "\(model.item), \(shown.visit.participant) \(shown.visit.eventName)",
            model)
    }

    private func model(
        of shown: ConflictView, on record: RecordKey, _ visit: Visit
    ) async throws -> ConflictModel {
        let (words, book) = (visit.words, try await centre.book())
        let open = shown.resolution == nil ? try await book.openConflict(shown.id.hex) : nil
        var sides: [ConflictModel.Side] = []
        for version in shown.versions {
            let effects = try await effects(of: version.values, open, book, visit)
            sides.append(
                ConflictModel.Side(
                    entry: version.stamp.entry, values: values(of: version, in: shown, visit),
                    who: who(version.stamp, words), whenMade: words.time(version.stamp.at),
                    received: version.stamp.receivedAt.map(words.time) ?? words("notYetReceived"),
                    reason: version.stamp.reason.isEmpty ? nil : version.stamp.reason,
                    effects: effects, hasEffects: !effects.isEmpty,
                    canTake: open != nil && shown.kind != .duplicateNumber))
        }
        guard let enrolment = record.participant else { throw Problem.unknownPage }
        let participant = try await book.participant(enrolment)
        let sheet = shown.visit.eventName
        let path = "/participants/\(participant.id.hex)" + (sheet.isEmpty ? "" : "/\(urlEscaped(sheet))")
        let own = sheet.isEmpty ? nil : try await book.sheet(participant, sheet)
        let view: VisitView? =
            if let own { try await book.view(of: own, withHistory: true) } else { nil }
        let isValue = shown.kind == .concurrentEdit
        return ConflictModel(
            id: shown.id.hex, kind: words("conflict.\(shown.kind.rawValue)"),
            meaning: words("conflict.\(shown.kind.rawValue).meaning"),
            open: open == nil ? "" : openSince(shown, words),
            before: try await before(open, book, visit), visitHref: path,
            participant: shown.visit.participant, visit: sheet, item: name(of: shown, visit), sides: sides,
            fields: isValue ? shown.items.compactMap { field($0, visit) } : [],
            canSet: isValue && shown.resolution == nil,
            mayResolve: visit.visitor.may(.resolve) && shown.kind != .duplicateNumber,
            isResolved: shown.resolution != nil,
            resolution: shown.resolution.map { decided in
                words(
                    "resolvedBy",
                    [
                        "who": decided.stamp.author, "when": words.time(decided.stamp.at),
                        "value": text(of: decided.values, visit), "reason": decided.stamp.reason,
                    ])
            } ?? "",
            history: (view?.history ?? []).map { HistoryModel($0, study: visit.study, words: words) },
            neighbours: neighbours(of: shown, in: view, visit),
            canAsk: visit.visitor.may(.query) && !sheet.isEmpty && open != nil, askAction: "\(path)/queries")
    }

    private func values(
        of version: VersionView, in shown: ConflictView, _ visit: Visit
    ) -> [ConflictModel.LabelledValue] {
        version.values.map { value -> ConflictModel.LabelledValue in
            let item = visit.study.item(value.item)
            let others = shown.versions.map { other in
                other.values.first { $0.item == value.item }?.value ?? .empty
            }
            let other = others.first { !$0.agrees(with: value.value) }
            var labelled = ConflictModel.LabelledValue(
                label: shown.items.count > 1 ? item?.label[visit.words.language] ?? value.item : nil,
                text: visit.words.value(value.value, of: item), differs: other != nil)
            if case .text(let text) = value.value, case .text(let against)? = other {
                labelled.parts = WordDifference.parts(of: text, against: against)
                labelled.hasParts = true
            }
            return labelled
        }
    }

    /// For how long people have not agreed: since the second of the values was received.
    private func openSince(_ shown: ConflictView, _ words: Words) -> String {
        let received = shown.versions.compactMap(\.stamp.receivedAt).sorted()
        guard let since = received.dropFirst().first, let moment = OffsetDateTime(since) else { return "" }
        let days = Int(max(0, centre.environment.now() / 1_000 - moment.secondsSince1970) / 86_400)
        return words(days == 0 ? "openToday" : "openDays", n: days, ["time": words.time(since)])
    }

    private func before(
        _ open: CaseBook.OpenConflict?, _ book: CaseBook, _ visit: Visit
    ) async throws -> [String] {
        guard let open, open.conflict.kind == .concurrentEdit else { return [] }
        let versions = try await book.ancestors(of: open)
        guard !versions.isEmpty else { return [visit.words("beforeNothing")] }
        return versions.map { version in
            visit.words(
                "beforeBoth",
                [
                    "value": text(of: version.values, visit), "who": who(version.stamp, visit.words),
                    "at": visit.words.time(version.stamp.at),
                ])
        }
    }

    private func neighbours(
        of shown: ConflictView, in view: VisitView?, _ visit: Visit
    ) -> [ConflictModel.LabelledValue] {
        (view?.items ?? []).filter { $0.state != .empty && !shown.items.contains($0.item) }.map { item in
            let definition = visit.study.item(item.item)
            return ConflictModel.LabelledValue(
                label: definition?.label[visit.words.language] ?? item.item,
                text: visit.words.value(of: item, definition), differs: item.state == .conflict)
        }
    }

    func who(_ stamp: EntryStamp, _ words: Words) -> String {
        "\(stamp.author) · \(words("role.\(stamp.role)")) · \(stamp.device)"
    }

    /// What agreeing on these values would do, in sentences.
    func effects(
        of values: [ItemValue], _ open: CaseBook.OpenConflict?, _ book: CaseBook, _ visit: Visit
    ) async throws -> [String] {
        guard let open,
            let outcome = try await book.outcome(of: open, taking: values, today: try centre.today)
        else { return [] }
        let words = visit.words
        var sentences = outcome.derived.filter { !$0.value.isEmpty }.map { derived in
            let item = visit.study.derivedItem(derived.item)
            let label = item?.label[words.language] ?? derived.item
            return "\(label): \(words.value(derived.value, of: nil))"
        }
        for plan in outcome.schedule.drugs {
            guard let segments = plan.segments.value, !segments.isEmpty else { continue }
            let steps = segments.map { "\(words("dayNumber", n: $0.fromDay)): \($0.dose)" }.joined(
                separator: " → ")
            sentences.append(
                words(
                    "plan",
                    [
                        "drug": visit.study.rule(plan.drug.rule)?.label[words.language] ?? plan.drug.rule,
                        "steps": steps,
                    ]))
        }
        let items = Set(open.shown.items)
        sentences += outcome.checks.filter { !items.isDisjoint(with: $0.items) }.map {
            $0.text[words.language]
        }
        sentences += outcome.voidedSignatures.map { words("signatureVoided", ["user": $0.user]) }
        return sentences
    }
}
