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
        let page = ConflictPage(conflict, study: visit.study, words: visit.words)
        return ConflictsModel.Row(
            id: conflict.id.hex, href: "/conflicts/\(conflict.id.hex)",
            participant: conflict.visit.participant, visit: conflict.visit.eventName,
            item: page.name, kind: visit.words("conflict.\(conflict.kind.rawValue)"),
            site: conflict.visit.site.text,
            values: conflict.versions.map { page.text(of: $0) },
            isValue: conflict.kind == .concurrentEdit)
    }

    func name(of conflict: ConflictView, _ visit: Visit) -> String {
        ConflictPage(conflict, study: visit.study, words: visit.words).name
    }

    // MARK: One conflict

    func conflict(_ visit: Visit) async throws -> PageResponse {
        let (shown, record) = try await centre.book().conflictAndRecord(visit.value("id"))
        guard visit.visitor.sees(shown.visit.site) else { throw Problem.unknownPage }
        let page = ConflictPage(shown, study: visit.study, words: visit.words)
        let setting = try await setting(of: page, on: record, visit)
        return try await self.page(
            visit, .conflict, title: "\(page.name), \(page.place)", page.model(setting))
    }

    private func setting(
        of page: ConflictPage, on record: RecordKey, _ visit: Visit
    ) async throws -> ConflictPage.Setting {
        let (shown, book) = (page.shown, try await centre.book())
        guard let enrolment = record.participant else { throw Problem.unknownPage }
        let participant = try await book.participant(enrolment)
        let sheet = shown.visit.eventName
        let path = "/participants/\(participant.id.hex)" + (sheet.isEmpty ? "" : "/\(urlEscaped(sheet))")
        var setting = ConflictPage.Setting(now: centre.environment.now())
        (setting.visitHref, setting.askAction) = (path, "\(path)/queries")
        if shown.resolution == nil {
            let open = try await book.openConflict(shown.id.hex)
            for version in shown.versions {
                setting.effects[version.stamp.entry] = try await effects(
                    of: version.values, open, book, page)
            }
            if shown.kind == .concurrentEdit { setting.before = try await book.ancestors(of: open) }
            setting.canTake = shown.kind != .duplicateNumber
            setting.canAsk = visit.visitor.may(.query) && !sheet.isEmpty
        }
        if !sheet.isEmpty {
            let own = try await book.sheet(participant, sheet)
            let view = try await book.view(of: own, withHistory: true)
            setting.history = (view.history ?? []).map {
                HistoryModel($0, study: visit.study, words: visit.words)
            }
            setting.view = view
        }
        setting.mayResolve = visit.visitor.may(.resolve) && shown.kind != .duplicateNumber
        return setting
    }

    func who(_ stamp: EntryStamp, _ words: Words) -> String {
        "\(stamp.author) · \(words("role.\(stamp.role)")) · \(stamp.device)"
    }

    /// What agreeing on these values would do, in sentences.
    func effects(
        of values: [ItemValue], _ open: CaseBook.OpenConflict, _ book: CaseBook, _ page: ConflictPage
    ) async throws -> [String] {
        guard let outcome = try await book.outcome(of: open, taking: values, today: try centre.today)
        else { return [] }
        return page.effects(
            derived: outcome.derived, plans: outcome.schedule.drugs, findings: outcome.checks,
            voided: outcome.voidedSignatures.map(\.user))
    }
}
