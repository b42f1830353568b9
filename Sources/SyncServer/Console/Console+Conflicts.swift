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
        let canTake: Bool
    }

    struct LabelledValue: Sendable {
        /// `nil` where there is only one.
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

    private func name(of conflict: ConflictView, _ visit: Visit) -> String {
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
            sides.append(
                ConflictModel.Side(
                    entry: version.stamp.entry, values: values(of: version, in: shown, visit),
                    who: who(version.stamp, words), whenMade: words.time(version.stamp.at),
                    received: version.stamp.receivedAt.map(words.time) ?? words("notYetReceived"),
                    reason: version.stamp.reason.isEmpty ? nil : version.stamp.reason,
                    effects: try await effects(of: version, open, book, visit),
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
            meaning: words("conflict.\(shown.kind.rawValue).meaning"), visitHref: path,
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
        version.values.map { value in
            let item = visit.study.item(value.item)
            let others = shown.versions.map { other in
                other.values.first { $0.item == value.item }?.value ?? .empty
            }
            return ConflictModel.LabelledValue(
                label: shown.items.count > 1 ? item?.label[visit.words.language] ?? value.item : nil,
                text: visit.words.value(value.value, of: item),
                differs: others.contains { !$0.agrees(with: value.value) })
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

    private func field(_ oid: String, _ visit: Visit) -> ConflictModel.Field? {
        visit.study.item(oid).map {
            ConflictModel.Field(item: oid, label: $0.label[visit.words.language], unit: $0.unit ?? "")
        }
    }

    func who(_ stamp: EntryStamp, _ words: Words) -> String {
        "\(stamp.author) · \(words("role.\(stamp.role)")) · \(stamp.device)"
    }

    /// What taking a side would do, in sentences.
    private func effects(
        of version: VersionView, _ open: CaseBook.OpenConflict?, _ book: CaseBook, _ visit: Visit
    ) async throws -> [String] {
        guard let open,
            let outcome = try await book.outcome(of: open, taking: version.values, today: try centre.today)
        else { return [] }
        let words = visit.words
        var sentences = outcome.derived.map { derived in
            let item = visit.study.derivedItem(derived.item)
            let label = item?.label[words.language] ?? derived.item
            let text = derived.value.isEmpty ? words("notKnown") : words.value(derived.value, of: nil)
            return "\(label): \(text)"
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

    // MARK: Deciding

    func resolve(_ visit: Visit) async throws -> PageResponse {
        let form = visit.request.form
        let choice = form["choice"] ?? ""
        let set = form.named("item.").filter { !$0.value.isEmpty }.map { "\($0.name)=\($0.value)" }
        guard !choice.isEmpty else {
            throw Problem(.usage, visit.words("chooseFirst"), remedy: visit.words("chooseRemedy"))
        }
        try await checkSite(visit.value("id"), visit)
        let decided = try await centre.resolve(
            visit.value("id"), take: choice == "set" ? nil : choice, set: choice == "set" ? set : [],
            reason: form["reason"] ?? "", by: try actor(visit))
        return done(visit, visit.words("resolved"), at: "/conflicts/\(decided.id.hex)")
    }

    /// Takes the same side of several conflicts: of the first named, or of the last.
    func resolveMany(_ visit: Visit) async throws -> PageResponse {
        let form = visit.request.form
        let ids = form.values("id")
        guard !ids.isEmpty, ids.count <= 200, let author = form["author"], !author.isEmpty else {
            throw Problem(.usage, visit.words("tickFirst"), remedy: visit.words("tickRemedy"))
        }
        let actor = try actor(visit)
        let open = try await openConflicts(visit.visitor)
        var count = 0
        var refusal: Problem?
        for shown in open where ids.contains(shown.id.hex) {
            let sides = shown.versions.filter { $0.stamp.author == author }
            guard sides.count == 1 else { continue }
            do {
                _ = try await centre.resolve(
                    shown.id.hex, take: sides[0].stamp.entry, set: [], reason: form["reason"] ?? "", by: actor
                )
                count += 1
            } catch let problem as Problem {
                // Each is decided by itself: what was decided before stays, and is told.
                guard count > 0 else { throw problem }
                refusal = problem
                break
            }
        }
        let text = visit.words("resolvedMany", n: count, ["all": String(ids.count)])
        let why = refusal.map { " " + visit.words("resolvedUntil", ["why": $0.message]) } ?? ""
        return done(visit, text + why, at: "/conflicts")
    }

    private func checkSite(_ id: String, _ visit: Visit) async throws {
        guard visit.visitor.sees(try await centre.conflict(id).visit.site) else { throw Problem.unknownPage }
    }
}
